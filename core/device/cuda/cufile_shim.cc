#include "core/device/cuda/cufile_shim.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace neurofs::cuda {
namespace {

constexpr const char* kLibrary = "libcufile.so.0";
constexpr const char* kKernelModule = "/proc/driver/nvidia-fs";
constexpr uint64_t kMostBytes = uint64_t{1} << 30;  // of one call

// Of CUfileOpError and CUfileFileHandleType.
constexpr int kNoDriver = 5001;
constexpr int kCudaError = 5011;
constexpr int kDriverIsOpen = 5026;
constexpr int kFileDescriptor = 1;

std::string describe(const char* call, const CuFileError& error) {
  std::string text = std::string(call) + ": error " + std::to_string(error.code) + " of cufile.h";
  if (error.code == kNoDriver) {
    text += ": the kernel module nvidia-fs is not loaded, and cufile.json allows no other way";
  }
  if (error.code == kCudaError) text += ", CUDA's error " + std::to_string(error.cuda_error);
  return text;
}

template <typename Function>
bool find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(::dlsym(library, name));
  return *function != nullptr;
}

}  // namespace

const Result<CuFile*>& CuFile::get() {
  static const Result<CuFile*> loaded = load();
  return loaded;
}

Result<CuFile*> CuFile::load() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return unsupported(std::string("GPUDirect Storage: ") + ::dlerror());
  Functions found;
  if (!find(library, "cuFileDriverOpen", &found.driver_open) ||
      !find(library, "cuFileHandleRegister", &found.handle_register) ||
      !find(library, "cuFileHandleDeregister", &found.handle_deregister) ||
      !find(library, "cuFileRead", &found.read)) {
    return unsupported(std::string("GPUDirect Storage: ") + kLibrary + " lacks a function");
  }
  const CuFileError opened = found.driver_open();
  if (opened.code != 0 && opened.code != kDriverIsOpen) {
    return unsupported(describe("cuFileDriverOpen", opened));
  }
  const bool module = ::access(kKernelModule, F_OK) == 0;
  return new CuFile(found, module ? "libcufile with nvidia-fs"
                                  : "libcufile without nvidia-fs, perhaps by way of RAM");
}

Result<CuFileHandle> CuFile::add(int fd) {
  const std::lock_guard lock(mutex_);
  Registered& file = files_[fd];
  if (file.uses == 0) {
    CuFileDescription described{};
    described.type = kFileDescriptor;
    described.file.fd = fd;
    const CuFileError error = functions_.handle_register(&file.handle, &described);
    if (error.code != 0) {
      files_.erase(fd);
      return unsupported(describe("cuFileHandleRegister", error));
    }
  }
  ++file.uses;
  return file.handle;
}

void CuFile::remove(int fd) {
  const std::lock_guard lock(mutex_);
  const auto it = files_.find(fd);
  if (it == files_.end() || --it->second.uses > 0) return;
  functions_.handle_deregister(it->second.handle);
  files_.erase(it);
}

Result<uint64_t> CuFile::read(CuFileHandle file, DevicePointer to, uint64_t offset,
                              uint64_t size) const {
  ssize_t n = 0;
  do {
    n = functions_.read(file, reinterpret_cast<void*>(to), std::min(size, kMostBytes),
                        static_cast<off_t>(offset), 0);
  } while (n == -1 && errno == EINTR);
  if (n >= 0) return static_cast<uint64_t>(n);
  if (n == -1) return io_error("cuFileRead: " + std::string(std::strerror(errno)));
  return io_error(describe("cuFileRead", {static_cast<int>(-n), 0}));
}

}  // namespace neurofs::cuda
