// Association: which block followed which two, for irregular orders that come again.
//
// Purpose: an order that no rule explains (a shuffled epoch replayed, neurons always read together) is
// learned by one pass and foretold in the next, forward or backward. Two blocks are looked at, not one,
// since an order may pass a block several times. Nothing is proposed before the table has been seen to
// be right about reads that it did not influence; a wrong memory is replaced at once where all of it is
// wrong, slowly where little is. Bounded: kLinks pairs, the least confirmed are replaced; the table begins small, and
// grows while most of it is free.
// Thread-safety: none. Units: blocks. save() gives what is worth keeping over a restart; restore() takes
// any bytes (see association_state.cc for their form).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lazy_array.h"

namespace neurofs {

// The latest reads of one reader that no walk foresaw, in a row; -1: none.
struct Trail {
  int64_t before = -1;
  int64_t last = -1;
  int64_t stray = -1;  // came after `last` where a known order had another
};

class Association {
 public:
  static constexpr size_t kLinks = 65536;

  // Proposes at most `most_ahead` blocks that were not reached yet.
  Association(int64_t block_count, uint64_t most_ahead)
      : block_count_(block_count), most_ahead_(std::min<uint64_t>(most_ahead, kMostChain)) {}

  // A read that no walk foresaw. Appends the blocks to be fetched.
  void observe(uint64_t stream, Trail* trail, int64_t block, std::vector<int64_t>* out);
  // What became of a block that was proposed here.
  void used(bool late);
  void wasted();
  bool trusted() const { return enabled() && (forward_ > kTrusted || backward_ > kTrusted); }

  std::string save() const;
  bool restore(std::string_view saved);
  size_t memory_bytes() const { return size_ * sizeof(Link); }

 private:
  // Numbers of blocks are stored plus 1, so that zeroed memory is an empty table; 0: not known.
  struct Link {
    uint64_t key = 0;  // of a pair, and in the two lowest bits how sure `next` is
    int64_t next = 0;
    int64_t before = 0;

    uint8_t sure() const { return static_cast<uint8_t>(key & 3); }
    void set_sure(uint8_t sure) { key = (key & ~uint64_t{3}) | sure; }
  };
  struct Pair {
    int64_t first = -1;
    int64_t second = -1;
  };
  static constexpr size_t kWays = 4;
  static constexpr size_t kFirstLinks = 4096;
  static constexpr size_t kGrowth = 16;
  static constexpr size_t kMostChain = 64;
  static constexpr float kTrusted = 0.5F;
  static constexpr uint8_t kSurest = 3;  // two bits

  bool enabled() const { return worth_ > 0.4F; }
  static uint64_t key_of(Pair pair);
  void grow();
  Link* ways_of(uint64_t key) const { return &links_[(key >> 2) % (size_ / kWays) * kWays]; }
  const Link* find(uint64_t key) const;
  Link& find_or_make(uint64_t key);
  // What the table says comes after the two latest reads, -1: nothing.
  int64_t after(Pair latest, bool backward) const;
  bool score(Pair latest, int64_t block);
  void learn(Pair latest, int64_t block);
  bool is_stray(Trail* trail, int64_t block);
  void note_intruder(const Trail& trail, int64_t block);
  void extend(uint64_t stream, Pair latest, std::vector<int64_t>* out);

  const int64_t block_count_;
  const uint64_t most_ahead_;
  mutable LazyArray<Link> links_;
  size_t size_ = 0;     // of links_, 0 before there is anything to learn
  size_t in_use_ = 0;   // since it has this size, about
  uint32_t turn_ = 0;   // of the way that is replaced
  float forward_ = 0;   // how often the table was right lately
  float backward_ = 0;  // how often, read backward
  float worth_ = 1;     // of what it proposed, how much was read
  uint64_t depth_ = 4;  // blocks ahead
  // What is ahead of the present reader, a ring, and its last two.
  uint64_t chain_stream_ = 0;
  std::array<int64_t, kMostChain> chain_{};
  size_t chain_first_ = 0;
  size_t chain_size_ = 0;
  Pair tip_;
};

}  // namespace neurofs
