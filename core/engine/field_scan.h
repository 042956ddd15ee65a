// Scans: min, max, mean of each feature and one histogram, over many neurons.
//
// Purpose: a reduction where the data is. scan_on_gpu() reads resident blocks in place, at the speed of
// device memory; scan_on_cpu() gives the same numbers, bit for bit (but for lens functions), from
// whatever tier has them. Both go through the neurons in ascending order, summed as kernels.h says.
// Thread-safety: every function from any thread. Units: elements.
// Errors: kUnsupported without a GPU, for complex results, and for resident scans of fields whose blocks
// do not hold runs of whole neurons; kInvalidArgument for a histogram without finite lo < hi.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/engine/field.h"
#include "core/lens/lens.h"

namespace neurofs {

struct ScanOptions {
  // What scan_on_gpu() goes through: neurons whose blocks are in the GPU's memory now, which says
  // nothing of the others; or all of the field, brought through GPU memory in parts.
  enum class Rows : uint8_t { kResident, kField };
  Rows rows = Rows::kResident;
  int gpu = -1;       // device id; negative: the engine's first
  uint32_t bins = 0;  // of a histogram over all features together, as numpy.histogram's; 0: none
  double lo = 0;
  double hi = 0;
};

struct ScanResult {
  uint64_t rows = 0;        // neurons that were seen
  std::vector<double> min;  // of each feature, after the lens; NaN where any value is
  std::vector<double> max;
  std::vector<double> sum;
  std::vector<uint64_t> counts;  // of each bin

  double mean(size_t feature) const { return sum[feature] / static_cast<double>(rows); }
};

Result<ScanResult> scan_on_gpu(const std::shared_ptr<Field>& field, const Lens& lens,
                               const ScanOptions& options);

// `neurons`: ascending; null: all.
Result<ScanResult> scan_on_cpu(const std::shared_ptr<Field>& field, const Lens& lens,
                               const ScanOptions& options,
                               const std::vector<Index>* neurons = nullptr);

}  // namespace neurofs
