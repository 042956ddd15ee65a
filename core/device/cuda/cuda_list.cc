// The GPUs of this machine that the kernels run on, and the registration of their kind.
#include "core/device/cuda/cuda_device.h"

namespace neurofs::cuda {
namespace {

constexpr int kLeastMajor = 8;  // compute capability 8.0: what this build has code for

// From here on kernels take more than 4 KiB of parameters, which launch.h uses.
constexpr int kLargeParameters = 12010;

std::string version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// Why there are no devices, for people.
std::string reason(cudaError_t error) {
  int driver = 0;
  (void)cudaDriverGetVersion(&driver);
  if (driver == 0) return "no NVIDIA driver on this machine";
  if (error == cudaErrorInsufficientDriver) {
    return "the NVIDIA driver is too old: it knows CUDA " + version(driver) +
           ", this build needs " + std::to_string(CUDART_VERSION / 1000) + ".x";
  }
  if (error == cudaErrorNoDevice) return "no NVIDIA GPU on this machine";
  return describe("cudaGetDeviceCount", error);
}

std::string capability(const cudaDeviceProp& properties) {
  return std::to_string(properties.major) + "." + std::to_string(properties.minor);
}

}  // namespace

DeviceList list_devices() {
  DeviceList list;
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    (void)cudaGetLastError();
    list.why = reason(error == cudaSuccess ? cudaErrorNoDevice : error);
    return list;
  }
  for (int id = 0; id < count; ++id) {
    cudaDeviceProp properties{};
    const cudaError_t got = cudaGetDeviceProperties(&properties, id);
    if (got != cudaSuccess) {
      (void)cudaGetLastError();
      list.why = describe("cudaGetDeviceProperties", got);
    } else if (properties.major < kLeastMajor) {
      list.why = std::string(properties.name) + " has compute capability " +
                 capability(properties) + ", 8.0 is the least";
    } else {
      list.devices.push_back({id, properties.name, capability(properties),
                              static_cast<uint64_t>(properties.totalGlobalMem)});
    }
  }
  if (!list.devices.empty()) list.why.clear();
  return list;
}

Result<std::shared_ptr<Device>> open_device(int id) {
  const DeviceList list = list_devices();
  int driver = 0;
  (void)cudaDriverGetVersion(&driver);
  if (CUDART_VERSION >= kLargeParameters && driver < kLargeParameters && !list.devices.empty()) {
    return unsupported("the NVIDIA driver knows CUDA " + version(driver) +
                       ", the kernels of this build need 12.1; update the driver");
  }
  if (list.devices.empty()) return not_found("no GPU: " + list.why);
  for (const DeviceInfo& info : list.devices) {
    if (info.id != id) continue;
    auto shared = std::make_shared<CudaShared>(id);
    const CudaEntry entry(shared->health);
    NF_TRY(entry.status());
    NF_TRY(shared->health.check(
        "cudaDeviceGetAttribute",
        cudaDeviceGetAttribute(&shared->multiprocessors, cudaDevAttrMultiProcessorCount, id)));
    const cudaError_t image = check_kernel_image();
    if (image != cudaSuccess) {
      (void)cudaGetLastError();
      return unsupported(info.name + ": " + describe("no kernels for it in this build", image));
    }
    return std::shared_ptr<Device>(std::make_shared<CudaDevice>(info, std::move(shared)));
  }
  return not_found("no GPU with id " + std::to_string(id));
}

}  // namespace neurofs::cuda

namespace neurofs {
namespace {
const Registration<DeviceRegistry> kCuda("cuda", "NVIDIA GPUs, through the CUDA runtime",
                                         DeviceKind{cuda::list_devices, cuda::open_device});
}  // namespace
}  // namespace neurofs
