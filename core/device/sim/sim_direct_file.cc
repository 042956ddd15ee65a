#include "core/device/sim/sim_direct_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace neurofs {

Result<std::unique_ptr<DirectFile>> SimDirectFile::open(std::shared_ptr<Device> device,
                                                        std::shared_ptr<SimState> state,
                                                        std::shared_ptr<SimHeap> heap, int fd) {
  const std::string same = "/proc/self/fd/" + std::to_string(fd);
  const int own = ::open(same.c_str(), O_RDONLY | O_CLOEXEC);
  if (own < 0) {
    return unsupported("simulated GPU: opening a file once more: " +
                       std::string(std::strerror(errno)));
  }
  return std::unique_ptr<DirectFile>(
      new SimDirectFile(std::move(device), std::move(state), std::move(heap), own));
}

SimDirectFile::SimDirectFile(std::shared_ptr<Device> device, std::shared_ptr<SimState> state,
                             std::shared_ptr<SimHeap> heap, int fd)
    : device_(std::move(device)), state_(std::move(state)), heap_(std::move(heap)), fd_(fd) {
  state_->count_direct_file(1);
}

SimDirectFile::~SimDirectFile() {
  ::close(fd_);
  state_->count_direct_file(-1);
}

Status SimDirectFile::read(DevicePointer to, uint64_t offset, uint64_t size) {
  NF_TRY(state_->begin_operation());
  NF_TRY(state_->begin_direct_read());
  const Result<SimHeap::Place> place = heap_->resolve(to, size);
  if (!place.ok()) return state_->lose(place.status().message());
  for (uint64_t done = 0; done < size;) {
    const ssize_t n =
        ::pread(fd_, place->data + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error("simulated GPU: a file: " + std::string(std::strerror(errno)));
    if (n == 0) {
      return corrupt("simulated GPU: the file ends " + std::to_string(size - done) +
                     " bytes before the range does");
    }
    done += static_cast<uint64_t>(n);
  }
  state_->end_direct_read(size);
  return {};
}

}  // namespace neurofs
