#include "core/device/row_reduction.h"

#include "core/device/widen.h"
#include "core/lens/lens_run.h"

namespace neurofs {

RowReduction::RowReduction(const ReduceRows& rows)
    : lens_(rows.lens),
      lo_(rows.lo),
      hi_(rows.hi),
      step_(rows.bins > 0 ? (rows.hi - rows.lo) / rows.bins : 0),
      tile_(rows.row_elements, reduce_nothing()),
      total_(rows.row_elements, reduce_nothing()),
      counts_(rows.bins),
      transformed_(rows.row_elements * item_size(rows.lens.result)),
      values_(rows.row_elements) {}

void RowReduction::add(const std::byte* row) {
  run_lens(lens_, transformed_.data(), row, values_.size());
  widen_to_double(lens_.result, values_.data(), transformed_.data(), values_.size());
  for (size_t i = 0; i < values_.size(); ++i) reduce_add(tile_[i], values_[i]);
  const auto bins = static_cast<uint32_t>(counts_.size());
  if (bins > 0) {
    for (const double x : values_) {
      const uint32_t bin = reduce_bin(x, bins, lo_, hi_, step_);
      if (bin < bins) ++counts_[bin];
    }
  }
  if (++rows_in_tile_ == kReduceTile) end_tile();
}

void RowReduction::end_tile() {
  if (rows_in_tile_ == 0) return;
  rows_in_tile_ = 0;
  for (size_t i = 0; i < tile_.size(); ++i) {
    reduce_combine(total_[i], tile_[i]);
    total_[i].sum = reduce_canonical(total_[i].sum);
    tile_[i] = reduce_nothing();
  }
}

}  // namespace neurofs
