// UringReader: a whole batch in flight at once through io_uring.
//
// Purpose: queue depth without threads. Each batch borrows a ring from a pool; unaligned reads go
// through the ring's staging memory, registered as a fixed buffer where RLIMIT_MEMLOCK allows it.
// A single read of one piece, and a batch that finds every ring busy, use pread: cheaper by a
// system call, and with that many callers the device is busy anyway.
// Thread-safety: read() from any thread. Memory: 1 MiB of staging per ring, at most 16 rings.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/result.h"
#include "core/storage/pread_reader.h"

namespace neurofs {

class UringRing;

class UringReader : public FileReader {
 public:
  // kUnsupported, with the reason, where the system refuses io_uring (containers often do).
  // `transferred` counts the bytes that the kernel delivers; it must outlive this.
  static Result<std::unique_ptr<UringReader>> create(unsigned depth, Counter& transferred);
  ~UringReader() override;

  void read(std::span<FileRead> batch) override;

  bool fixed_buffers() const { return fixed_buffers_; }

 private:
  UringReader(unsigned depth, Counter& transferred);
  std::unique_ptr<UringRing> take_ring();
  void give_back(std::unique_ptr<UringRing> ring);

  const unsigned depth_;
  const size_t max_rings_;
  Counter& transferred_;
  PreadReader pread_;
  bool fixed_buffers_ = false;
  std::mutex mutex_;
  std::vector<std::unique_ptr<UringRing>> idle_;  // guarded by mutex_
  size_t rings_ = 0;                              // guarded by mutex_: idle and borrowed
};

}  // namespace neurofs
