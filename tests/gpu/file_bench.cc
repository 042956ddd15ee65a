// From a file to the device by way of pinned RAM, and straight where it can be, beside what the disk alone
// gives.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <thread>

#include "tests/gpu/gpu_bench.h"

namespace neurofs::gpu {
namespace {

constexpr uint64_t kPart = 4u << 20;
constexpr size_t kReaders = 4;

struct File {
  explicit File(std::string name) : path(std::move(name)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
    ::unlink(path.c_str());
  }
  std::string path;
  int fd = -1;
};

Status failed(const std::string& what) {
  return io_error(what + ": " + std::strerror(errno));
}

Status write_file(File* file, const std::vector<std::byte>& bytes, uint64_t size) {
  file->fd = ::open(file->path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (file->fd < 0) return failed("create " + file->path);
  for (uint64_t at = 0; at < size; at += kPart) {
    const std::byte* part = bytes.data() + at % (bytes.size() / kPart * kPart);
    if (::pwrite(file->fd, part, kPart, static_cast<off_t>(at)) != static_cast<ssize_t>(kPart)) {
      return failed("write " + file->path);
    }
  }
  if (::fsync(file->fd) != 0) return failed("fsync");
  ::close(file->fd);
  file->fd = ::open(file->path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  return file->fd < 0 ? failed("open for direct I/O " + file->path) : Status();
}

// A reader's buffers: one is read into while the other is on its way to the device.
struct Reader {
  std::unique_ptr<DeviceStream> stream;
  std::array<std::byte*, 2> buffers{};
  std::array<std::unique_ptr<DeviceEvent>, 2> sent;
};

// Reads the whole file once with all readers; to the device when `to` is not 0.
Result<double> read_once(const File& file, uint64_t size, std::vector<Reader>& readers,
                         DevicePointer to) {
  std::atomic<uint64_t> next{0};
  std::atomic<bool> good{true};
  const auto begin = std::chrono::steady_clock::now();
  const auto work = [&](Reader& reader) -> Status {
    for (size_t turn = 0;; turn ^= 1) {
      const uint64_t at = next.fetch_add(kPart);
      if (at >= size) break;
      NF_TRY(reader.sent[turn]->wait());
      if (::pread(file.fd, reader.buffers[turn], kPart, static_cast<off_t>(at)) !=
          static_cast<ssize_t>(kPart)) {
        return failed("read");
      }
      if (to == 0) continue;
      NF_TRY(reader.stream->copy_to_device(to + at, reader.buffers[turn], kPart));
      NF_TRY(reader.stream->record(*reader.sent[turn]));
    }
    return reader.stream->wait();
  };
  std::vector<std::jthread> threads;
  for (Reader& reader : readers) {
    threads.emplace_back([&] {
      if (!work(reader).ok()) good = false;
    });
  }
  threads.clear();
  if (!good) return io_error("reading " + file.path + " failed");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(size) / taken.count() / 1e9;
}

// The same by the device itself, with as many reads on their way.
Result<double> read_directly(DirectFile& file, uint64_t size, DevicePointer to) {
  std::atomic<uint64_t> next{0};
  std::atomic<bool> good{true};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::jthread> threads;
  for (size_t reader = 0; reader < kReaders; ++reader) {
    threads.emplace_back([&] {
      for (uint64_t at = next.fetch_add(kPart); at < size; at = next.fetch_add(kPart)) {
        if (!file.read(to + at, at, kPart).ok()) good = false;
      }
    });
  }
  threads.clear();
  if (!good) return io_error("a direct read failed");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(size) / taken.count() / 1e9;
}

Result<double> best_of(int times, const std::function<Result<double>()>& measure) {
  double best = 0;
  for (int i = 0; i < times; ++i) {
    NF_ASSIGN(const double speed, measure());
    best = std::max(best, speed);
  }
  return best;
}

}  // namespace

Result<std::vector<Figure>> Bench::file_to_device(const std::string& directory) {
  // The pinned buffers are the front of host_, aligned for direct I/O.
  const auto first = reinterpret_cast<uintptr_t>(host_.data());
  std::byte* aligned = host_.data() + (4096 - first % 4096) % 4096;
  const uint64_t size = bytes_ / kPart * kPart;
  if (host_.size() < (2 * kReaders + 1) * kPart || size == 0) return std::vector<Figure>{};
  File file(directory + "/neurofs-gpu-bench");
  NF_TRY(write_file(&file, host_, size));
  std::vector<Reader> readers(kReaders);
  for (size_t r = 0; r < kReaders; ++r) {
    NF_ASSIGN(readers[r].stream, device_->make_stream());
    for (size_t b = 0; b < 2; ++b) {
      readers[r].buffers[b] = aligned + (2 * r + b) * kPart;
      NF_ASSIGN(readers[r].sent[b], device_->make_event());
    }
  }
  NF_ASSIGN(const double disk, best_of(2, [&] { return read_once(file, size, readers, 0); }));
  NF_ASSIGN(const double device,
            best_of(2, [&] { return read_once(file, size, readers, out_.address()); }));
  std::vector<Figure> figures{
      {"the disk, direct reads of 4 MiB", disk, "GB/s", {}, false, "ceiling"},
      {"file to device through RAM", device, "GB/s", {}, false, ""},
      {"file to device, of what the disk gives", device / disk, "", 0.9, false, ""}};
  const auto way = device_->direct_way();
  const auto direct = way.ok() ? device_->open_direct(file.fd) : way.status();
  if (!direct.ok()) {
    std::cerr << "not measured: file to device without RAM: " << direct.status().message() << "\n";
    return figures;
  }
  NF_ASSIGN(const double straight,
            best_of(2, [&] { return read_directly(**direct, size, out_.address()); }));
  figures.push_back({"file to device without RAM", straight, "GB/s", {}, false, *way});
  figures.push_back(
      {"file to device without RAM, of the way through it", straight / device, "", {}, false, ""});
  return figures;
}

}  // namespace neurofs::gpu
