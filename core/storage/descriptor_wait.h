// DescriptorWait: patience for who finds the process out of descriptors.
//
// Purpose: such a failure must not reach a reader (RELIABILITY R40): the file cache gives up its
// files, other reads end, and the attempt is made again. Whoever waits must hold no descriptor, so
// that those who hold some always get on. For one thread; borrows the cache.
//
//   for (DescriptorWait wait(files_);;) {
//     bool starved = false;
//     auto found = look_once(key, &starved);
//     if (!starved || !wait.again()) return found;
//   }
#pragma once

#include <chrono>
#include <thread>

#include "core/storage/fd_cache.h"

namespace neurofs {

class DescriptorWait {
 public:
  explicit DescriptorWait(FdCache& files) : files_(files) {}

  // After a pause: true when another attempt is worth while, false when it has taken too long.
  bool again() {
    const auto now = std::chrono::steady_clock::now();
    if (deadline_ == std::chrono::steady_clock::time_point()) deadline_ = now + kPatience;
    if (now >= deadline_) return false;
    files_.shrink();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  }

 private:
  static constexpr auto kPatience = std::chrono::seconds(10);
  FdCache& files_;
  std::chrono::steady_clock::time_point deadline_;  // of the first pause plus kPatience
};

}  // namespace neurofs
