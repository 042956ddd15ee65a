#include "core/device/sim/sim_export.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace neurofs {

Result<SimMapping> SimMapping::map(std::span<const std::byte> handle) {
  SimExport described;
  const std::array<char, 8> magic = described.magic;
  if (handle.size() != sizeof described) return invalid_argument("no handle of a simulated GPU");
  std::memcpy(&described, handle.data(), sizeof described);
  if (described.magic != magic || described.size == 0) {
    return invalid_argument("no handle of a simulated GPU");
  }
  const std::string path =
      "/proc/" + std::to_string(described.process) + "/fd/" + std::to_string(described.descriptor);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("open " + path + ": " + std::strerror(errno));
  void* data = ::mmap(nullptr, described.size, PROT_READ, MAP_SHARED, fd,
                      static_cast<off_t>(described.offset));
  const int error = errno;
  ::close(fd);
  if (data == MAP_FAILED) return io_error("mmap " + path + ": " + std::strerror(error));
  return SimMapping(static_cast<const std::byte*>(data), described.size);
}

SimMapping::SimMapping(SimMapping&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

SimMapping::~SimMapping() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

}  // namespace neurofs
