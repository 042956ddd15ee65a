// RowReduction: min, max and sum of each column, and one histogram, over rows that come one by one.
//
// Purpose: the CPU executor of ReduceRows, for rows that need not all be in memory: the simulation and
// the CPU path of a scan use it, and the CUDA kernels give the same bits. Thread-safety: one thread at a
// time. Ownership: owns its results. Units: elements. Errors: none; `lens.result` is no complex type.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/device/kernels.h"
#include "core/device/reduce_math.h"

namespace neurofs {

class RowReduction {
 public:
  // Of `rows` its lens, row_elements and histogram are used, no address. The histogram is checked by
  // check_kernel().
  explicit RowReduction(const ReduceRows& rows);

  // `row` holds row_elements values of the lens's source type.
  void add(const std::byte* row);
  // Ends the open tile; the next row begins another.
  void end_tile();

  // One for each column; call end_tile() before. What earlier rows gave can be put in here to go on.
  std::vector<ReduceCell>& cells() { return total_; }
  std::vector<uint64_t>& counts() { return counts_; }

 private:
  const LensProgram lens_;
  const double lo_;
  const double hi_;
  const double step_;
  uint64_t rows_in_tile_ = 0;
  std::vector<ReduceCell> tile_;
  std::vector<ReduceCell> total_;
  std::vector<uint64_t> counts_;
  std::vector<std::byte> transformed_;  // a row after the lens
  std::vector<double> values_;          // the same as doubles
};

}  // namespace neurofs
