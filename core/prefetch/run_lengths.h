// RunLengths: how long runs of a stream with one step have been lately, and so how long the present
// one is likely to go on.
//
// Purpose: rows of a box and bursts end; a histogram of their lengths that forgets (a twentieth with
// each run) tells when it no longer pays to fetch further. Bounded: kTables histograms, found by a
// hash; two that share one judge by both. Thread-safety: none. Units: elements.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/lazy_array.h"

namespace neurofs {

class RunLengths {
 public:
  static constexpr uint64_t kUnknown = UINT64_MAX;

  // A run of `length` elements has ended.
  void note(uint64_t stream, int64_t step, uint64_t length);
  // The greatest k such that a run that has reached `length` goes on for k more elements with a
  // probability of `sure` at least; kUnknown while too little is known.
  uint64_t reach(uint64_t stream, int64_t step, uint64_t length, float sure) const;

  static constexpr size_t table_bytes() { return kTables * sizeof(Histogram); }

 private:
  static constexpr size_t kTables = 64;
  static constexpr size_t kLongest = 63;  // and longer
  using Histogram = std::array<float, kLongest + 1>;

  static size_t table(uint64_t stream, int64_t step);

  LazyArray<Histogram> runs_{kTables};
};

}  // namespace neurofs
