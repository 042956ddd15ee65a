// A store far away that answers the test alone: for tests of what is fetched ahead and given up.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "core/base/scope_wait.h"
#include "core/storage/memory_store.h"

namespace neurofs {

// What other threads ask for is never answered, until they give up.
class SilentFarStore final : public MemoryStore {
 public:
  bool is_far() const override { return true; }
  void read(std::span<ReadOp> batch) override {
    if (std::this_thread::get_id() == reader_) return MemoryStore::read(batch);
    ++waiting;
    ++asked;
    const bool cancelled = !pause_in_scope(std::chrono::minutes(5));
    for (ReadOp& op : batch) {
      op.outcome = ReadOp::Outcome::kError;
      op.status = {cancelled ? Code::kInterrupted : Code::kTimeout, "no answer"};
    }
    --waiting;
  }
  std::atomic<int> waiting{0};
  std::atomic<int> asked{0};

 private:
  const std::thread::id reader_ = std::this_thread::get_id();
};

}  // namespace neurofs
