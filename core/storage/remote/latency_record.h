// LatencyRecord: how long requests took of late, for hedging what takes longer than nearly all of them.
//
// A histogram with buckets of a quarter of an octave, in which old samples fade: all counts are halved when there
// are 2000. Sizes are told apart, as large requests take longer. Thread-safety: any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace neurofs {

class LatencyRecord {
 public:
  void add(uint64_t bytes, std::chrono::microseconds took);
  // What 99 of 100 requests of about that size are done within; nothing while there are under 100 samples.
  std::optional<std::chrono::microseconds> p99(uint64_t bytes) const;

 private:
  static constexpr size_t kSizes = 4;
  static constexpr size_t kBuckets = 128;
  struct Histogram {
    std::array<uint32_t, kBuckets> counts = {};
    uint32_t total = 0;
  };
  static size_t size_class(uint64_t bytes);

  mutable std::mutex mutex_;
  std::array<Histogram, kSizes> sizes_;  // guarded by mutex_
};

}  // namespace neurofs
