// ExpertContest: which of several eviction orders would miss least, by miniature simulations.
//
// Purpose: every read of a block whose hash falls into a sample also goes to a miniature of each expert, a simulated
// cache of names alone that is as much smaller as the sample is (Waldspurger et al., "Cache modeling and optimization
// using miniature simulations", ATC 2017). The sample is 2^-k of all hashes, so that a miniature has 1024 to 2048
// entries, and 512 after the cache has shrunk; all of them while the cache has fewer. Misses are counted over two spans that fade, about 5 and 18 times
// as many reads as the cache has entries.
//
//   better(present): the expert with the fewest misses in the short span, if they are at least 1 % fewer, and
//     what they differ by is no chance: of the reads that one of the two had and the other missed, it had more by
//     three standard deviations (McNemar's test), and
//     it is ahead in the long span too, or far ahead in the short one (10 %): what comes round in a loop favours one
//     expert after the other
//
// Thread-safety: none. Pure; no call allocates. Errors: the constructor throws std::bad_alloc.
#pragma once

#include <array>
#include <memory>
#include <span>

#include "core/cache/eviction_order.h"
#include "core/cache/simulated_cache.h"

namespace neurofs {

class ExpertContest {
 public:
  static constexpr size_t kMostExperts = 5;

  ExpertContest(std::span<const OrderFactory> experts, uint32_t capacity);

  // A read, while the cache holds so many entries. True when it is time to ask for a better one.
  bool observe(uint64_t hash, uint32_t held);
  // So many entries fit; known from the first victim on.
  void set_limit(uint32_t entries);
  // The expert to change to, `present` if none. What was counted fades by this.
  size_t better(size_t present);

 private:
  using Scores = std::array<double, kMostExperts>;
  // Faded counts of sampled reads.
  struct Span {
    double fade;  // at each look
    Scores misses;
  };

  bool sampled(uint64_t hash) const;
  void sample(uint64_t hash);
  void halve_sample();
  bool clearly_better(size_t expert, size_t present) const;

  const size_t experts_;
  std::array<std::unique_ptr<SimulatedCache>, kMostExperts> minis_;
  Span short_;
  Span long_;
  std::array<Scores, kMostExperts> wins_{};  // [i][j]: i had it and j missed, in the short span
  uint32_t limit_ = 0;                       // 0 until the first victim
  uint64_t reads_ = 0;                       // since the last look
  unsigned sample_shift_ = 0;
};

}  // namespace neurofs
