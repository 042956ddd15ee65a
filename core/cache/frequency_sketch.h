// FrequencySketch: how often a block was read lately, in a few bytes for each that a cache holds.
//
// Purpose: a count-min sketch (Cormode, Muthukrishnan 2005) of four rows of 4-bit counters, all of a block's in one
// cache line, aged as TinyLFU is (Einziger, Friedman, Manes, ACM ToS 2017): after `period` times as many reads as the
// cache has entries all counters are halved. Nothing walks over the table for that: each word of fifteen counters has
// four bits that say how often it was halved, and catches up when it is looked at; a sweep of one line a read sees to
// it that none falls sixteen behind, and a halving waits for its part of the sweep. The table grows a line at a time as a linear hash table does.
// Thread-safety: none. No call allocates. Units: 32 bytes an entry. Errors: the constructor throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "core/base/lazy_array.h"

namespace neurofs {

class FrequencySketch {
 public:
  static constexpr unsigned kMost = 15;

  FrequencySketch(uint32_t capacity, uint64_t period)
      : period_(period), lines_(lines_for(capacity)) {}

  unsigned estimate(uint64_t hash) {
    const Places places = find(hash);
    unsigned least = kMost;
    for (const Place& p : places) least = std::min(least, count(p));
    return least;
  }
  // One read, in a cache of so many entries.
  void add(uint64_t hash, uint32_t entries) {
    grow(lines_for(entries));
    if (++swept_ >= used_) swept_ = 0;
    for (uint64_t& word : lines_[swept_].words) catch_up(word);
    bool any = false;
    for (const Place& p : find(hash)) {
      if (count(p) == kMost) continue;
      *p.word += uint64_t{1} << p.shift;
      any = true;
    }
    ++sweeps_;
    if (any) ++adds_;
    if (adds_ >= std::max<uint64_t>(uint64_t{entries} * period_, 16) && sweeps_ >= used_ / 8) {
      adds_ /= 2;
      sweeps_ = 0;
      halvings_ = (halvings_ + 1) % 16;
    }
  }

 private:
  static constexpr unsigned kRows = 4;
  static constexpr unsigned kAge = 60;  // shift of a word's halvings
  struct alignas(64) Line {
    std::array<uint64_t, 8> words;
  };
  struct Place {
    uint64_t* word;
    unsigned shift;
  };
  using Places = std::array<Place, kRows>;

  static uint64_t lines_for(uint64_t entries) { return entries / 2 + 4; }
  static unsigned count(const Place& p) { return static_cast<unsigned>(*p.word >> p.shift) & 15U; }

  // Line i + 2^k begins as a copy of line i, from where its blocks come.
  void grow(uint64_t wanted) {
    for (int n = 0; n < 4 && used_ < wanted; ++n) {
      lines_[used_] = lines_[used_ - std::bit_floor(used_)];
      ++used_;
    }
  }
  Places find(uint64_t hash) {
    hash *= 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 32;
    const uint64_t high = std::bit_floor(used_);
    uint64_t at = hash & (2 * high - 1);
    if (at >= used_) at -= high;
    hash *= 0xd6e8feb86659fd93ULL;
    Places places;
    for (unsigned row = 0; row < kRows; ++row) {
      const auto part = static_cast<uint32_t>(hash >> (16 * row)) & 0xffffU;
      uint64_t& word = lines_[at].words[2 * row + part % 2];
      catch_up(word);
      places[row] = {&word, ((part >> 1) * 15 >> 15) * 4};
    }
    return places;
  }
  void catch_up(uint64_t& word) const {
    const unsigned behind = (halvings_ - static_cast<unsigned>(word >> kAge)) % 16;
    if (behind == 0) return;
    const uint64_t counters = word & ((uint64_t{1} << kAge) - 1);
    const uint64_t left = 0x1111111111111111ULL * (15U >> behind);
    word = (behind < 4 ? counters >> behind & left : 0) & ((uint64_t{1} << kAge) - 1);
    word |= uint64_t{halvings_} << kAge;
  }

  const uint64_t period_;
  LazyArray<Line> lines_;
  uint64_t used_ = 4;  // lines
  uint64_t swept_ = 0;
  uint64_t sweeps_ = 0;  // lines swept since the last halving
  uint64_t adds_ = 0;
  unsigned halvings_ = 0;  // modulo 16
};

}  // namespace neurofs
