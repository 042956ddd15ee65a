// The arithmetic of a reduction, element by element, for the CPU and the GPU alike.
//
// Purpose: one place that fixes what min, max, sum and a histogram are, so that every executor gives
// the same bits: min and max are NaN once a NaN was seen (numpy.min); a sum begins at +0 and its NaN is
// always the same quiet NaN; bins are numpy.histogram's. No multiplication here is followed by an
// addition that a compiler may fuse: reduce_edge rounds after each. Pure.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define NF_REDUCE_FN __host__ __device__ inline
#else
#define NF_REDUCE_FN inline
#endif

namespace neurofs {

inline constexpr uint64_t kReduceTile = 256;  // rows that are summed before their sum is added

struct ReduceCell {
  double min;
  double max;
  double sum;
};

NF_REDUCE_FN double reduce_nan() {
  return __builtin_nan("");
}

// What no value has been added to: min of it is +inf.
NF_REDUCE_FN ReduceCell reduce_nothing() {
  return {__builtin_inf(), -__builtin_inf(), 0.0};
}

// Ties, such as -0 and +0, keep what is there.
NF_REDUCE_FN void reduce_min_max(ReduceCell& cell, double low, double high) {
  if (!(cell.min <= low))
    cell.min = low != low ? reduce_nan() : (cell.min != cell.min ? cell.min : low);
  if (!(cell.max >= high)) {
    cell.max = high != high ? reduce_nan() : (cell.max != cell.max ? cell.max : high);
  }
}

// One more value of the same tile.
NF_REDUCE_FN void reduce_add(ReduceCell& cell, double x) {
  reduce_min_max(cell, x, x);
  cell.sum += x;
}

// The next tile.
NF_REDUCE_FN void reduce_combine(ReduceCell& cell, const ReduceCell& tile) {
  reduce_min_max(cell, tile.min, tile.max);
  cell.sum += tile.sum;
}

NF_REDUCE_FN double reduce_canonical(double sum) {
  return sum != sum ? reduce_nan() : sum;
}

// A product or sum that is rounded by itself, never part of a fused multiply-add.
NF_REDUCE_FN double reduce_product(double a, double b) {
#if defined(__CUDA_ARCH__)
  return __dmul_rn(a, b);
#else
  volatile double product = a * b;  // a compiler may fuse even across statements
  return product;
#endif
}

// The left edge of bin i, as numpy.linspace(lo, hi, bins + 1)[i]; step is (hi - lo) / bins.
NF_REDUCE_FN double reduce_edge(uint32_t i, uint32_t bins, double lo, double hi, double step) {
  return i == bins ? hi : reduce_product(i, step) + lo;
}

// The bin of x, or `bins` for what is not counted. As numpy.histogram does it: a guess by division,
// corrected by one where the edges say so.
NF_REDUCE_FN uint32_t reduce_bin(double x, uint32_t bins, double lo, double hi, double step) {
  if (!(x >= lo && x <= hi)) return bins;
  const double place = reduce_product((x - lo) / (hi - lo), bins);
  uint32_t i = static_cast<uint32_t>(place);
  if (i >= bins) i = bins - 1;
  if (x < reduce_edge(i, bins, lo, hi, step)) return i - 1;
  if (i + 1 < bins && x >= reduce_edge(i + 1, bins, lo, hi, step)) return i + 1;
  return i;
}

}  // namespace neurofs
