#include "core/device/kernel_check.h"

#include <algorithm>
#include <cmath>

#include "core/base/checked.h"

namespace neurofs {
namespace {

// The bytes of `rows` rows on the wider side fit in 63 bits.
Status check_rows(const LensProgram& lens, uint64_t row_elements, uint64_t rows) {
  const uint64_t item = std::max(item_size(lens.source), item_size(lens.result));
  uint64_t bytes = 0;
  if (!checked_mul(row_elements, item, &bytes) ||
      !checked_mul(bytes, std::max<uint64_t>(rows, 1), &bytes) || bytes > INT64_MAX) {
    return overflow("device kernel: " + std::to_string(rows) + " rows of " +
                    std::to_string(row_elements) + " elements are too many bytes");
  }
  return {};
}

Status check_lens(const LensProgram& lens) {
  if (lens.count < 0 || lens.count > kMaxLensSteps) {
    return invalid_argument("device kernel: a lens of " + std::to_string(lens.count) + " steps");
  }
  return {};
}

// How far the box reaches from its first element, in bytes, must not wrap.
Status check_reach(const Dims& shape, const Dims& strides, size_t item) {
  Index reach = static_cast<Index>(item);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    Index step = 0;
    if (!checked_mul(shape[axis] - 1, strides[axis], &step))
      return overflow("device kernel: a box");
    if (step == INT64_MIN || !checked_add(reach, step < 0 ? -step : step, &reach)) {
      return overflow("device kernel: a box reaches past 63 bits");
    }
  }
  return {};
}

bool is_complex(DataType type) {
  return type == DataType::kComplex64 || type == DataType::kComplex128;
}

}  // namespace

Status check_kernel(const GatherRows& rows) {
  NF_TRY(check_lens(rows.lens));
  return check_rows(rows.lens, rows.row_elements, rows.rows.size());
}

Status check_kernel(const GatherBoxes& boxes) {
  NF_TRY(check_lens(boxes.lens));
  const size_t rank = boxes.from_strides.size();
  if (boxes.to_strides.size() != rank) {
    return invalid_argument("device kernel: strides of unlike rank");
  }
  for (const GatherBox& box : boxes.boxes) {
    if (box.shape.size() != rank) {
      return invalid_argument("device kernel: a box's rank is not its strides'");
    }
    if (std::any_of(box.shape.begin(), box.shape.end(), [](Index n) { return n < 0; })) {
      return invalid_argument("device kernel: a box with a negative size");
    }
    NF_ASSIGN(const Index count, element_count(box.shape));
    if (count == 0) continue;
    NF_TRY(check_reach(box.shape, boxes.from_strides, item_size(boxes.lens.source)));
    NF_TRY(check_reach(box.shape, boxes.to_strides, item_size(boxes.lens.result)));
  }
  return {};
}

Status check_kernel(const ReduceRows& rows) {
  NF_TRY(check_lens(rows.lens));
  if (is_complex(rows.lens.result)) {
    return invalid_argument("device kernel: complex numbers have no order to reduce by");
  }
  if (rows.bins > 0 && (!std::isfinite(rows.lo) || !std::isfinite(rows.hi) ||
                        !(rows.lo < rows.hi) || !std::isfinite(rows.hi - rows.lo))) {
    return invalid_argument("device kernel: a histogram needs finite lo < hi");
  }
  return check_rows(rows.lens, rows.row_elements, rows.rows.size());
}

Status check_kernel(const DecodeBlock& block) {
  uint64_t bytes = 0;
  if (block.item == 0 || !checked_mul<uint64_t>(block.elements, block.item, &bytes) ||
      bytes > INT64_MAX) {
    return invalid_argument("device kernel: decode of " + std::to_string(block.elements) +
                            " elements of " + std::to_string(block.item) + " bytes");
  }
  if (block.swap_unit == 0 || block.item % block.swap_unit != 0) {
    return invalid_argument("device kernel: swap unit " + std::to_string(block.swap_unit) +
                            " does not divide an item of " + std::to_string(block.item));
  }
  return {};
}

}  // namespace neurofs
