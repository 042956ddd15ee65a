// Association: which block followed which, for irregular orders that come again.
//
// Purpose: an order that no rule explains (a shuffled epoch replayed, neurons always read together) is
// learned by one pass and foretold in the next, forward or backward. Nothing is proposed before the
// table has been seen to be right about reads that it did not influence; a wrong memory is replaced at
// once where all of it is wrong, slowly where little is. Bounded: kLinks blocks, the least confirmed
// are replaced. Thread-safety: none. Units: blocks.
// save() gives what is worth keeping over a restart; restore() takes any bytes (see
// association_state.cc for their form).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/lazy_array.h"

namespace neurofs {

class Association {
 public:
  static constexpr size_t kLinks = 65536;

  explicit Association(int64_t block_count);

  // A read that no walk foresaw; `previous` is the one before it of the same reader, -1: none, or
  // one that belonged to a walk. Appends the blocks to be fetched. False: an intruder in a known
  // order, after which `previous` is still the one before.
  bool observe(uint64_t stream, int64_t previous, int64_t block, std::vector<int64_t>* out);
  // What became of a block that was proposed here.
  void used(bool late);
  void wasted();
  bool trusted() const { return enabled() && (forward_ > kTrusted || backward_ > kTrusted); }

  std::string save() const;
  bool restore(std::string_view saved);
  size_t memory_bytes() const { return made_ ? kLinks * sizeof(Link) : 0; }

 private:
  // Numbers are stored plus 1, so that zeroed memory is an empty table; 0: not known.
  struct Link {
    uint64_t key = 0;  // the block, and in the two lowest bits how sure `next` is
    int64_t next = 0;
    int64_t before = 0;

    int64_t block() const { return static_cast<int64_t>(key >> 2) - 1; }
    uint8_t sure() const { return static_cast<uint8_t>(key & 3); }
    void set_sure(uint8_t sure) { key = (key & ~uint64_t{3}) | sure; }
    void set_block(int64_t block) { key = static_cast<uint64_t>(block + 1) << 2; }
  };
  static constexpr size_t kWays = 4;
  static constexpr size_t kMostChain = 64;
  static constexpr float kTrusted = 0.5F;
  static constexpr uint8_t kSurest = 3;  // two bits

  bool enabled() const { return worth_ > 0.4F; }
  Link* bucket(int64_t block) const;
  const Link* find(int64_t block) const;
  Link& find_or_make(int64_t block);
  void score(int64_t previous, int64_t block);
  bool is_intruder(int64_t previous, int64_t block);
  void learn(int64_t previous, int64_t block);
  int64_t follow(int64_t block) const;  // -1: not known
  void extend(uint64_t stream, int64_t block, std::vector<int64_t>* out);

  const int64_t block_count_;
  mutable LazyArray<Link> links_;
  bool made_ = false;
  uint32_t turn_ = 0;           // of the way that is replaced
  float forward_ = 0;           // how often the table was right lately
  float backward_ = 0;          // how often, read backward
  float worth_ = 1;             // of what it proposed, how much was read
  uint64_t depth_ = 4;          // blocks ahead
  int64_t expected_back_ = -1;  // before the last read, as the table had it then
  // What is ahead of the present reader, a ring.
  uint64_t chain_stream_ = 0;
  std::array<int64_t, kMostChain> chain_{};
  size_t chain_first_ = 0;
  size_t chain_size_ = 0;
};

}  // namespace neurofs
