// UringRing: one io_uring with its staging memory. Inside core/storage only.
//
// Thread-safety: one thread at a time, any thread. Ownership: owns ring and staging.
#pragma once

#include <liburing.h>

#include <optional>
#include <vector>

#include "core/base/result.h"
#include "core/storage/aligned_buffer.h"
#include "core/storage/read_planner.h"

namespace neurofs {

// Hands out runs of units of the staging memory: a bit per unit, set when free.
class StagingMap {
 public:
  static constexpr unsigned kUnits = 64;
  static constexpr uint64_t kUnitBytes = uint64_t{16} << 10;

  // The first of `count` (1 to 64) free units in a row, now taken; -1 when there is no such run.
  int take(unsigned count);
  void give_back(unsigned first, unsigned count);

 private:
  uint64_t free_ = ~uint64_t{0};
};

class UringRing {
 public:
  static Result<std::unique_ptr<UringRing>> create(unsigned depth, Counter& transferred);
  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  void read(std::span<FileRead> batch);
  bool fixed_buffers() const { return fixed_; }
  // After a failure of the ring itself: not to be used again.
  bool broken() const { return broken_; }

 private:
  struct Slot {
    std::optional<Transfer> transfer;
    size_t read = 0;
    int unit = -1;  // of the staging memory; -1: none
    unsigned units = 0;
  };

  UringRing(unsigned depth, Counter& transferred);
  void issue(ReadPlanner& planner, std::span<FileRead> batch);
  void submit(size_t slot);
  bool wait_and_reap();
  void finish(size_t slot);
  void abandon(std::span<FileRead> batch, int error);

  io_uring ring_ = {};
  Counter& transferred_;
  AlignedBuffer staging_;
  StagingMap map_;
  bool fixed_ = false;
  bool broken_ = false;
  int wait_error_ = 0;
  std::vector<Slot> slots_;
  std::vector<size_t> idle_;  // slots without a transfer
  size_t submitted_ = 0;      // entries that the kernel has and has not answered
};

}  // namespace neurofs
