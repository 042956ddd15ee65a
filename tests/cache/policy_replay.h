// Replays of block numbers through an eviction policy, and traces of array workloads for them.
//
// Purpose: exact miss counts. All traces are pure functions of their arguments.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/cache/block_key.h"
#include "core/cache/eviction_policy.h"

namespace neurofs {

using Trace = std::vector<uint64_t>;

inline std::unique_ptr<EvictionPolicy> make_policy(const std::string& name, uint32_t capacity) {
  return PolicyRegistry::instance().find(name)->factory(capacity);
}

// Misses of a cache of `entries` blocks whose policy was made for `capacity` (0: as many). Reads come in groups, as a
// BlockCache has them: first the hits, then all victims that the group needs, then its new blocks.
inline uint64_t misses(const std::string& name, uint32_t entries, const Trace& trace,
                       uint32_t capacity = 0, size_t group = 1) {
  const auto policy = make_policy(name, capacity == 0 ? entries : capacity);
  std::unordered_map<uint64_t, EntryId> here;
  std::vector<uint64_t> blocks(entries);
  std::vector<uint64_t> wanted;
  std::vector<EntryId> slots;
  EntryId fresh = 0;
  uint64_t count = 0;
  for (size_t first = 0; first < trace.size(); first += group) {
    wanted.clear();
    slots.clear();
    for (size_t i = first; i < std::min(first + group, trace.size()); ++i) {
      const auto it = here.find(trace[i]);
      if (it != here.end()) {
        policy->touch(it->second);
      } else if (std::find(wanted.begin(), wanted.end(), trace[i]) == wanted.end()) {
        wanted.push_back(trace[i]);
      }
    }
    while (slots.size() < wanted.size()) {
      if (fresh < entries) {
        slots.push_back(fresh++);
        continue;
      }
      slots.push_back(policy->victim());
      here.erase(blocks[slots.back()]);
    }
    for (size_t i = 0; i < wanted.size(); ++i) {
      blocks[slots[i]] = wanted[i];
      here.emplace(wanted[i], slots[i]);
      policy->insert(slots[i], hash_of(BlockKey{FieldId(0), wanted[i]}), false);
    }
    count += wanted.size();
  }
  return count;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // xorshift64* (Vigna 2016)
  uint64_t below(uint64_t n) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return (state_ * 0x2545f4914f6cdd1dULL >> 33) % n;
  }

 private:
  uint64_t state_;
};

// Block b is read about 1/b times as often as block 1, in integers alone.
inline uint64_t skewed(Random& random, uint64_t blocks) {
  return random.below(random.below(random.below(blocks) + 1) + 1);
}

inline Trace loop_trace(uint64_t blocks, int rounds) {
  Trace trace;
  for (int r = 0; r < rounds; ++r) {
    for (uint64_t b = 0; b < blocks; ++b) trace.push_back(b);
  }
  return trace;
}
inline Trace skewed_trace(uint64_t blocks, size_t reads, uint64_t seed = 11) {
  Random random(seed);
  Trace trace(reads);
  for (uint64_t& block : trace) block = skewed(random, blocks);
  return trace;
}
// A hot set, and scans of blocks that come once.
inline Trace polluted_trace(uint64_t blocks, size_t reads) {
  Random random(5);
  Trace trace;
  uint64_t fresh = blocks;
  while (trace.size() < reads) {
    for (int i = 0; i < 1500; ++i) trace.push_back(skewed(random, blocks));
    for (int i = 0; i < 1000; ++i) trace.push_back(fresh++);
  }
  return trace;
}
// Windows of 8 x 8 columns over 40 x 40, half of each in the next one.
inline Trace window_trace() {
  Trace trace;
  for (uint64_t y = 0; y + 8 <= 40; y += 4) {
    for (uint64_t x = 0; x + 8 <= 40; x += 4) {
      for (uint64_t i = 0; i < 8 * 8 * 4; ++i) {
        trace.push_back(((i / 64) * 40 + y + i / 8 % 8) * 40 + x + i % 8);
      }
    }
  }
  return trace;
}
// A viewport of 6 x 6 that wanders over 100 x 100.
inline Trace viewer_trace(int steps) {
  Random random(3);
  Trace trace;
  uint64_t y = 50;
  uint64_t x = 50;
  for (int s = 0; s < steps; ++s) {
    y = std::min<uint64_t>(94, y + random.below(3) - (y > 0 ? 1 : 0));
    x = std::min<uint64_t>(94, x + random.below(3) - (x > 0 ? 1 : 0));
    for (uint64_t i = 0; i < 36; ++i) trace.push_back((y + i / 6) * 100 + x + i % 6);
  }
  return trace;
}
inline Trace epoch_trace(uint64_t blocks, int epochs) {
  Random random(9);
  Trace trace;
  for (int e = 0; e < epochs; ++e) {
    Trace order(blocks);
    for (uint64_t i = 0; i < blocks; ++i) order[i] = i;
    for (uint64_t i = blocks - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    trace.insert(trace.end(), order.begin(), order.end());
  }
  return trace;
}
inline Trace phases_trace() {
  Trace trace = skewed_trace(3000, 30000, 21);
  for (const Trace& part : {loop_trace(1500, 12), window_trace(), skewed_trace(3000, 30000, 22)}) {
    trace.insert(trace.end(), part.begin(), part.end());
  }
  return trace;
}

}  // namespace neurofs
