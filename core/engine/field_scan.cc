#include "core/engine/field_scan.h"

#include <algorithm>

#include "core/device/kernel_check.h"
#include "core/device/row_reduction.h"
#include "core/engine/scan_setup.h"
#include "core/engine/tiered_memory.h"

namespace neurofs {
namespace {

constexpr uint64_t kMostBytes = uint64_t{4} << 20;  // of rows in one batch

}  // namespace

Result<ReduceRows> reduction_of(const Field& field, const Lens& lens, const ScanOptions& options) {
  const FieldSpec& spec = field.spec();
  if (lens.source() != spec.dtype) {
    return invalid_argument("a lens over " + std::string(zarr_name(lens.source())) +
                            " does not fit the field's " + std::string(zarr_name(spec.dtype)));
  }
  if (lens.result() == DataType::kComplex64 || lens.result() == DataType::kComplex128) {
    return unsupported("complex numbers have no order to scan by");
  }
  ReduceRows rows;
  rows.row_elements = spec.neuron_size() / item_size(spec.dtype);
  rows.lens = lens.program();
  rows.bins = options.bins;
  rows.lo = options.lo;
  rows.hi = options.hi;
  NF_TRY(check_kernel(rows));
  return rows;
}

Result<ScanResult> scan_on_cpu(const std::shared_ptr<Field>& field, const Lens& lens,
                               const ScanOptions& options, const std::vector<Index>* neurons) {
  NF_ASSIGN(const ReduceRows rows, reduction_of(*field, lens, options));
  const TieredMemory memory(field);
  const uint64_t size = field->spec().neuron_size();
  const uint64_t count =
      neurons != nullptr ? neurons->size() : static_cast<uint64_t>(field->spec().neuron_count());
  const uint64_t batch = std::clamp<uint64_t>(kMostBytes / std::max<uint64_t>(size, 1), 1, 4096);
  RowReduction reduction(rows);
  std::vector<Index> now;
  ByteVector bytes;
  for (uint64_t first = 0; first < count; first += batch) {
    now.resize(std::min(batch, count - first));
    for (size_t i = 0; i < now.size(); ++i) {
      now[i] = neurons != nullptr ? (*neurons)[first + i] : static_cast<Index>(first + i);
    }
    bytes.resize(now.size() * size);
    NF_TRY(memory.batch_get(now, bytes));
    for (size_t i = 0; i < now.size(); ++i) reduction.add(bytes.data() + i * size);
  }
  reduction.end_tile();
  ScanResult result;
  result.rows = count;
  for (const ReduceCell& cell : reduction.cells()) {
    result.min.push_back(cell.min);
    result.max.push_back(cell.max);
    result.sum.push_back(reduce_canonical(cell.sum));
  }
  result.counts = reduction.counts();
  return result;
}

}  // namespace neurofs
