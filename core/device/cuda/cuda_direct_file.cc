#include "core/device/cuda/cuda_direct_file.h"

#include <string>

namespace neurofs::cuda {

Result<std::unique_ptr<DirectFile>> CudaDirectFile::open(std::shared_ptr<Device> device,
                                                         std::shared_ptr<CudaShared> shared,
                                                         int fd) {
  NF_ASSIGN(CuFile * library, CuFile::get());
  NF_ASSIGN(const CuFileHandle file, library->add(fd));
  return std::unique_ptr<DirectFile>(
      new CudaDirectFile(std::move(device), std::move(shared), *library, fd, file));
}

Status CudaDirectFile::read(DevicePointer to, uint64_t offset, uint64_t size) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  for (uint64_t done = 0; done < size;) {
    NF_ASSIGN(const uint64_t n, library_.read(file_, to + done, offset + done, size - done));
    if (n == 0) {
      return corrupt("cuFileRead: the file ends " + std::to_string(size - done) +
                     " bytes before the range does");
    }
    done += n;
  }
  return {};
}

}  // namespace neurofs::cuda
