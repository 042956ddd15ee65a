// RecentReads: the latest reads that no walk foresaw, among which new walks are found.
//
// Purpose: three of them at equal distances, whatever lies between, may be the start of a stride; two
// that touch, of a sequence. Bounded: kReads of them. Thread-safety: none. Units: blocks.
// Cost: one pass over the reads, each with one look-up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/prefetch/grid_steps.h"

namespace neurofs {

class RecentReads {
 public:
  static constexpr size_t kReads = 64;

  enum class Evidence : uint8_t {
    kNone,
    kPair,         // one block, beside the read just before
    kContinues,    // several blocks, from where a recent read ended
    kStride,       // the third at equal distances
    kLikelyStride  // and the distance is a small or a natural one
  };
  struct Found {
    Evidence evidence = Evidence::kNone;
    int64_t step = 0;       // of kContinues: the blocks of the earlier read
    bool repeated = false;  // the block was read among the recent ones: nothing is to be learned
  };
  // What a read of `count` blocks at `block`, not yet added, makes with those before it.
  Found find(int64_t block, uint64_t count, const GridSteps& grid) const;
  void add(int64_t block, uint64_t count);

 private:
  static constexpr size_t kHeads = 256;  // the top 8 bits of a hash
  static constexpr uint8_t kEnd = kReads;
  struct Read {
    uint64_t count = 0;
    uint64_t time = 0;
    uint8_t next = kEnd;  // in the chain of its hash
  };

  static size_t head(int64_t block);
  // Whether there is a read of `count` blocks at `block` before `time`.
  bool has_before(int64_t block, uint64_t count, uint64_t time) const;
  void unlink(uint8_t place);

  // Apart from the rest, since most are looked at no further.
  std::array<int64_t, kReads> blocks_{};
  std::array<Read, kReads> reads_{};
  std::array<uint8_t, kHeads> heads_ = filled();
  uint64_t time_ = 0;

  static constexpr std::array<uint8_t, kHeads> filled() {
    std::array<uint8_t, kHeads> heads{};
    heads.fill(kEnd);
    return heads;
  }
};

}  // namespace neurofs
