#include "core/device/sim/sim_kernels.h"

#include <algorithm>
#include <cstring>

#include "core/device/row_reduction.h"
#include "core/lens/lens_run.h"

namespace neurofs {
namespace {

// The bytes that a box touches, relative to its first element.
struct Reach {
  Index low = 0;
  Index high = 0;  // one past the last
};

Reach reach_of(const Dims& shape, const Dims& strides, size_t item) {
  Reach reach{0, static_cast<Index>(item)};
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const Index step = (shape[axis] - 1) * strides[axis];
    (step < 0 ? reach.low : reach.high) += step;
  }
  return reach;
}

// Where the box's first element is; all that it touches is in one allocation.
Result<SimHeap::Place> resolve_box(const SimHeap& heap, DevicePointer at, const Dims& shape,
                                   const Dims& strides, size_t item) {
  const Reach reach = reach_of(shape, strides, item);
  NF_ASSIGN(SimHeap::Place place, heap.resolve(at + static_cast<uint64_t>(reach.low),
                                               static_cast<uint64_t>(reach.high - reach.low)));
  place.data -= reach.low;
  return place;
}

// What is written to `address` later, read first when the reduction goes on from it.
template <typename T>
Result<SimHeap::Place> results(const SimHeap& heap, DevicePointer address, uint64_t count) {
  return heap.resolve(address, count * sizeof(T));
}

struct ReducePlaces {
  SimHeap::Place min, max, sum, counts;
};

void load(const ReducePlaces& at, RowReduction* reduction) {
  std::vector<ReduceCell>& cells = reduction->cells();
  for (size_t i = 0; i < cells.size(); ++i) {
    std::memcpy(&cells[i].min, at.min.data + i * sizeof(double), sizeof(double));
    std::memcpy(&cells[i].max, at.max.data + i * sizeof(double), sizeof(double));
    std::memcpy(&cells[i].sum, at.sum.data + i * sizeof(double), sizeof(double));
  }
  std::vector<uint64_t>& counts = reduction->counts();
  if (!counts.empty()) std::memcpy(counts.data(), at.counts.data, counts.size() * sizeof(uint64_t));
}

void store(const ReducePlaces& at, RowReduction* reduction) {
  const std::vector<ReduceCell>& cells = reduction->cells();
  for (size_t i = 0; i < cells.size(); ++i) {
    std::memcpy(at.min.data + i * sizeof(double), &cells[i].min, sizeof(double));
    std::memcpy(at.max.data + i * sizeof(double), &cells[i].max, sizeof(double));
    std::memcpy(at.sum.data + i * sizeof(double), &cells[i].sum, sizeof(double));
  }
  const std::vector<uint64_t>& counts = reduction->counts();
  if (!counts.empty()) std::memcpy(at.counts.data, counts.data(), counts.size() * sizeof(uint64_t));
}

Result<ReducePlaces> reduce_places(const SimHeap& heap, const ReduceRows& rows) {
  ReducePlaces at;
  const uint64_t n = rows.row_elements;
  NF_ASSIGN(at.min, results<double>(heap, rows.min, n));
  NF_ASSIGN(at.max, results<double>(heap, rows.max, n));
  NF_ASSIGN(at.sum, results<double>(heap, rows.sum, n));
  if (rows.bins > 0) {
    NF_ASSIGN(at.counts, results<uint64_t>(heap, rows.counts, rows.bins));
  }
  return at;
}

}  // namespace

Status sim_gather(const SimHeap& heap, const GatherRows& rows) {
  const uint64_t from_bytes = rows.row_elements * item_size(rows.lens.source);
  const uint64_t to_bytes = rows.row_elements * item_size(rows.lens.result);
  if (rows.rows.empty() || rows.row_elements == 0) return {};
  NF_ASSIGN(const SimHeap::Place out, heap.resolve(rows.out, to_bytes * rows.rows.size()));
  for (size_t i = 0; i < rows.rows.size(); ++i) {
    NF_ASSIGN(const SimHeap::Place row, heap.resolve(rows.rows[i], from_bytes));
    run_lens(rows.lens, out.data + i * to_bytes, row.data, rows.row_elements);
  }
  return {};
}

Status sim_gather(const SimHeap& heap, const GatherBoxes& boxes) {
  for (const GatherBox& box : boxes.boxes) {
    if (std::find(box.shape.begin(), box.shape.end(), 0) != box.shape.end()) continue;
    NF_ASSIGN(const SimHeap::Place from, resolve_box(heap, box.from, box.shape, boxes.from_strides,
                                                     item_size(boxes.lens.source)));
    NF_ASSIGN(const SimHeap::Place to, resolve_box(heap, boxes.out + box.to, box.shape,
                                                   boxes.to_strides, item_size(boxes.lens.result)));
    run_lens_box(boxes.lens, to.data, boxes.to_strides, from.data, boxes.from_strides, box.shape);
  }
  return {};
}

Status sim_reduce(const SimHeap& heap, const ReduceRows& rows) {
  const uint64_t row_bytes = rows.row_elements * item_size(rows.lens.source);
  NF_ASSIGN(const ReducePlaces at, reduce_places(heap, rows));
  RowReduction reduction(rows);
  if (rows.go_on) load(at, &reduction);
  for (const DevicePointer address : rows.rows) {
    NF_ASSIGN(const SimHeap::Place row, heap.resolve(address, row_bytes));
    reduction.add(row.data);
  }
  reduction.end_tile();
  store(at, &reduction);
  return {};
}

Status sim_decode(const SimHeap& heap, const DecodeBlock& block) {
  const uint64_t n = block.elements;
  const uint64_t item = block.item;
  NF_ASSIGN(const SimHeap::Place from, heap.resolve(block.from, n * item));
  NF_ASSIGN(const SimHeap::Place to, heap.resolve(block.to, n * item));
  for (uint64_t e = 0; e < n; ++e) {
    for (uint64_t b = 0; b < item; ++b) {
      // Byte b of the element before units are reversed.
      const uint64_t unit = b / block.swap_unit * block.swap_unit;
      const uint64_t stored = unit + (block.swap_unit - 1 - (b - unit));
      to.data[e * item + b] = from.data[block.unshuffle ? stored * n + e : e * item + stored];
    }
  }
  return {};
}

}  // namespace neurofs
