// CudaDirectFile: a file read into a GPU's memory through cuFile.
//
// Purpose, thread-safety, ownership, units, errors: as DirectFile. The memory is not registered with cuFile,
// which brings bytes through small buffers of its own on the GPU then: they take any alignment, and the
// address space by which others reach a GPU (BAR1) may be smaller than its memory.
#pragma once

#include "core/device/cuda/cuda_stream.h"
#include "core/device/cuda/cufile_shim.h"

namespace neurofs::cuda {

class CudaDirectFile : public DirectFile {
 public:
  static Result<std::unique_ptr<DirectFile>> open(std::shared_ptr<Device> device,
                                                  std::shared_ptr<CudaShared> shared, int fd);
  ~CudaDirectFile() override { library_.remove(fd_); }
  CudaDirectFile(const CudaDirectFile&) = delete;
  CudaDirectFile& operator=(const CudaDirectFile&) = delete;

  Status read(DevicePointer to, uint64_t offset, uint64_t size) override;

 private:
  CudaDirectFile(std::shared_ptr<Device> device, std::shared_ptr<CudaShared> shared,
                 CuFile& library, int fd, CuFileHandle file)
      : device_(std::move(device)),
        shared_(std::move(shared)),
        library_(library),
        fd_(fd),
        file_(file) {}

  const std::shared_ptr<Device> device_;
  const std::shared_ptr<CudaShared> shared_;
  CuFile& library_;
  const int fd_;
  const CuFileHandle file_;
};

}  // namespace neurofs::cuda
