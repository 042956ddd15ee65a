#include "core/device/cuda/cuda_device.h"

#include <cstring>

#include "core/device/cuda/cuda_direct_file.h"

namespace neurofs::cuda {
namespace {

// Where an allocation that holds an address begins: of the driver, which the runtime finds for us.
Result<DevicePointer> allocation_base(DevicePointer address) {
  using AddressRange = int (*)(DevicePointer * base, size_t * size, DevicePointer address);
  void* const found = driver_function("cuMemGetAddressRange");
  if (found == nullptr) return unsupported("export: this driver has no cuMemGetAddressRange");
  DevicePointer base = 0;
  size_t size = 0;
  if (reinterpret_cast<AddressRange>(found)(&base, &size, address) != 0) {
    return unsupported("export: the driver does not know the memory's allocation");
  }
  return base;
}

}  // namespace

Result<uint64_t> CudaDevice::free_bytes() {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  size_t free = 0;
  size_t total = 0;
  NF_TRY(check("cudaMemGetInfo", cudaMemGetInfo(&free, &total)));
  return uint64_t{free};
}

Result<DeviceMemory> CudaDevice::allocate(uint64_t bytes) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  if (bytes == 0) return invalid_argument("device memory of 0 bytes");
  // What can never fit need not be asked: the runtime takes some sizes for a wrong argument.
  if (bytes > info_.total_bytes) {
    return no_memory("GPU " + std::to_string(info_.id) + ": " + std::to_string(bytes) +
                     " bytes asked of " + std::to_string(info_.total_bytes));
  }
  void* data = nullptr;
  NF_TRY(check("cudaMalloc", cudaMalloc(&data, bytes)));
  return DeviceMemory(shared_from_this(), reinterpret_cast<DevicePointer>(data), bytes);
}

void CudaDevice::free(DevicePointer address) noexcept {
  // Also when the device is lost: its context may live, and the memory with it.
  const CudaEntry entry(shared_->health);
  (void)check("cudaFree", cudaFree(reinterpret_cast<void*>(address)));
}

Result<std::unique_ptr<DeviceStream>> CudaDevice::make_stream() {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  cudaStream_t stream = nullptr;
  NF_TRY(check("cudaStreamCreate", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)));
  return std::unique_ptr<DeviceStream>(
      std::make_unique<CudaStream>(shared_from_this(), shared_, stream));
}

Result<std::unique_ptr<DeviceEvent>> CudaDevice::make_event() {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  cudaEvent_t event = nullptr;
  NF_TRY(check("cudaEventCreate", cudaEventCreateWithFlags(&event, cudaEventDisableTiming)));
  return std::unique_ptr<DeviceEvent>(
      std::make_unique<CudaEvent>(shared_from_this(), shared_, event));
}

// A range that cannot be pinned is no fault of the device: copies from it work, slower.
Status CudaDevice::pin_host(std::byte* host, uint64_t size) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  const cudaError_t error = cudaHostRegister(host, size, cudaHostRegisterPortable);
  if (error == cudaSuccess) return {};
  (void)cudaGetLastError();
  return invalid_argument(describe("cudaHostRegister", error));
}

void CudaDevice::unpin_host(std::byte* host) noexcept {
  const CudaEntry entry(shared_->health);
  if (cudaHostUnregister(host) != cudaSuccess) (void)cudaGetLastError();
}

Result<DeviceExport> CudaDevice::export_memory(const DeviceMemory& memory) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  cudaIpcMemHandle_t handle;
  const cudaError_t error = cudaIpcGetMemHandle(&handle, reinterpret_cast<void*>(memory.address()));
  if (error == cudaErrorNotSupported || error == cudaErrorInvalidValue) {
    (void)cudaGetLastError();
    return unsupported(describe("cudaIpcGetMemHandle", error));
  }
  NF_TRY(check("cudaIpcGetMemHandle", error));
  NF_ASSIGN(const DevicePointer base, allocation_base(memory.address()));
  DeviceExport result;
  result.handle.resize(sizeof handle);
  std::memcpy(result.handle.data(), &handle, sizeof handle);
  result.offset = memory.address() - base;
  return result;
}

// The library works with the device of the thread that calls it.
Result<std::string> CudaDevice::direct_way() {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  NF_ASSIGN(const CuFile* library, CuFile::get());
  return library->way();
}

Result<std::unique_ptr<DirectFile>> CudaDevice::open_direct(int fd) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  return CudaDirectFile::open(shared_from_this(), shared_, fd);
}

}  // namespace neurofs::cuda
