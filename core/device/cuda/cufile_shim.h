// CuFile: NVIDIA's library for reading files into GPU memory (GPUDirect Storage), loaded when asked for.
//
// Purpose: libcufile.so.0 is on some machines and not on others, so nothing is linked against it. The few
// functions that are used are looked up by name, and their types declared here.
// Source: <cufile.h> of the CUDA Toolkit 12 and 13, whose enumerations are ints and whose structures have
// the layout below; checked against the package nvidia-cufile-cu12 1.14.1.
// Without the kernel module nvidia-fs the library may read in its compatibility mode, through memory of
// the host: right, and no faster than we are.
// Thread-safety: every method from any thread. Ownership: the library stays loaded and its driver open
// until the process ends; a file that was added twice is registered once, since the library wants it so.
// Errors: kUnsupported, with the reason, where the library is missing or refuses; kIoError for a read.
#pragma once

#include <sys/types.h>

#include <map>
#include <mutex>
#include <string>

#include "core/base/result.h"
#include "core/device/kernels.h"

namespace neurofs::cuda {

using CuFileHandle = void*;  // CUfileHandle_t

struct CuFileError {  // CUfileError_t
  int code;           // CUfileOpError
  int cuda_error;     // CUresult, where `code` says that CUDA failed
};

struct CuFileDescription {  // CUfileDescr_t
  int type;                 // CUfileFileHandleType
  union {
    int fd;
    void* handle;
  } file;
  const void* operations;  // CUfileFSOps_t; null for the kernel's file systems
};
static_assert(sizeof(CuFileError) == 8 && sizeof(CuFileDescription) == 24);

class CuFile {
 public:
  // The library with its driver open; the first call loads it, and its outcome stays.
  static const Result<CuFile*>& get();

  // "libcufile with nvidia-fs"
  const std::string& way() const { return way_; }
  // Until remove(fd), as often as it was added; the descriptor is open as long.
  Result<CuFileHandle> add(int fd);
  void remove(int fd);
  // How many bytes came, 0 at the end of the file. The memory's device must be the thread's.
  Result<uint64_t> read(CuFileHandle file, DevicePointer to, uint64_t offset, uint64_t size) const;

 private:
  struct Functions {
    CuFileError (*driver_open)() = nullptr;
    CuFileError (*handle_register)(CuFileHandle* file, CuFileDescription* described) = nullptr;
    void (*handle_deregister)(CuFileHandle file) = nullptr;
    ssize_t (*read)(CuFileHandle file, void* base, size_t size, off_t offset,
                    off_t base_offset) = nullptr;
  };
  struct Registered {
    CuFileHandle handle = nullptr;
    size_t uses = 0;
  };
  static Result<CuFile*> load();
  CuFile(const Functions& functions, std::string way)
      : functions_(functions), way_(std::move(way)) {}

  const Functions functions_;
  const std::string way_;
  std::mutex mutex_;
  std::map<int, Registered> files_;  // guarded by mutex_, by descriptor
};

}  // namespace neurofs::cuda
