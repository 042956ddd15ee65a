#include "tests/model/mounted_field.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace neurofs::model {
namespace {

constexpr uint64_t kPage = 4096;

// Standard output and error of a shell command; throws when it fails.
std::string shell(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen: " + command);
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), n);
  const int status = pclose(pipe);
  if (status != 0)
    throw std::runtime_error(fmt::format("{}: status {}: {}", command, status, output));
  return output;
}

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path) : fd_(open(path.c_str(), O_RDONLY)) {
    if (fd_ < 0) fail(path);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

std::string why_no_mounts() {
  if (access("/dev/fuse", R_OK | W_OK) != 0) return "/dev/fuse is not there or not ours to open";
  return "";
}

MountedDirectory::MountedDirectory(const std::filesystem::path& source,
                                   const std::filesystem::path& point, const std::string& options)
    : point_(point) {
  std::filesystem::create_directories(point);
  // The daemon keeps no pipe open: its output goes to /dev/null once it runs in the background.
  shell(
      fmt::format("{} mount {} {} {}", NEUROFS_PROGRAM, source.string(), point.string(), options));
}

MountedDirectory::~MountedDirectory() {
  try {
    shell(fmt::format("{} umount {}", NEUROFS_PROGRAM, point_.string()));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
}

ByteVector pread_file(const std::filesystem::path& path, uint64_t offset, uint64_t length) {
  const Descriptor file(path);
  ByteVector out(length);
  const ssize_t got = pread(file.get(), out.data(), length, static_cast<off_t>(offset));
  if (got < 0) fail(path);
  out.resize(static_cast<size_t>(got));
  return out;
}

ByteVector map_file(const std::filesystem::path& path, uint64_t offset, uint64_t length) {
  if (length == 0) return {};
  const Descriptor file(path);
  const uint64_t begin = offset / kPage * kPage;
  const size_t size = offset + length - begin;
  void* mapped = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), static_cast<off_t>(begin));
  if (mapped == MAP_FAILED) fail(path);
  ByteVector out(length);
  std::memcpy(out.data(), static_cast<const std::byte*>(mapped) + (offset - begin), length);
  munmap(mapped, size);
  return out;
}

}  // namespace neurofs::model
