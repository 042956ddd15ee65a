// scan_on_gpu: rows reduced where they lie, or brought through device memory in parts.

#include <algorithm>
#include <cstring>

#include "core/engine/device_reader.h"
#include "core/engine/field_state.h"
#include "core/engine/neuron_locator.h"
#include "core/engine/scan_setup.h"

namespace neurofs {
namespace {

// Of one call: a multiple of the kernel's tile, so that several give the bits of one.
constexpr size_t kRowsAtOnce = 256 * kReduceTile;
constexpr uint64_t kMostBytes = uint64_t{16} << 20;  // of rows that are brought at once

// The results in device memory, and the calls that add to them.
class DeviceScan {
 public:
  static Result<std::unique_ptr<DeviceScan>> begin(DeviceTier::Gpu& gpu, const ReduceRows& rows) {
    std::unique_ptr<DeviceScan> scan(new DeviceScan(rows));
    NF_ASSIGN(scan->stream_, gpu.device->make_stream());
    NF_ASSIGN(scan->memory_, gpu.device->allocate(std::max<uint64_t>(scan->bytes(), 1)));
    const uint64_t column = rows.row_elements * sizeof(double);
    scan->rows_.min = scan->memory_.address();
    scan->rows_.max = scan->rows_.min + column;
    scan->rows_.sum = scan->rows_.max + column;
    scan->rows_.counts = scan->rows_.sum + column;
    return scan;
  }
  ~DeviceScan() {
    if (stream_ != nullptr) static_cast<void>(stream_->wait());
  }
  DeviceScan(const DeviceScan&) = delete;
  DeviceScan& operator=(const DeviceScan&) = delete;

  // All calls but the last: multiples of the tile.
  Status add(std::span<const DevicePointer> rows, const LensProgram& lens) {
    rows_.rows = rows;
    rows_.lens = lens;
    NF_TRY(stream_->reduce(rows_));
    rows_.go_on = true;
    result_.rows += rows.size();
    return {};
  }
  Status wait() { return stream_->wait(); }

  Result<ScanResult> finish() {
    if (!rows_.go_on) NF_TRY(add({}, rows_.lens));  // what nothing was added to
    ByteVector all(bytes());
    NF_TRY(stream_->copy_to_host(all.data(), memory_.address(), all.size()));
    NF_TRY(wait());
    const std::byte* at = all.data();
    for (auto* column : {&result_.min, &result_.max, &result_.sum}) {
      column->resize(rows_.row_elements);
      std::memcpy(column->data(), at, rows_.row_elements * sizeof(double));
      at += rows_.row_elements * sizeof(double);
    }
    if (rows_.bins > 0) {
      result_.counts.resize(rows_.bins);
      std::memcpy(result_.counts.data(), at, rows_.bins * sizeof(uint64_t));
    }
    return std::move(result_);
  }

 private:
  explicit DeviceScan(const ReduceRows& rows) : rows_(rows) {}
  uint64_t bytes() const {
    return rows_.row_elements * 3 * sizeof(double) + rows_.bins * sizeof(uint64_t);
  }

  ReduceRows rows_;
  DeviceMemory memory_;
  // Of its own: bringing rows takes lanes meanwhile.
  std::unique_ptr<DeviceStream> stream_;
  ScanResult result_;
};

// The addresses of the rows of blocks that are resident, block after block.
class ResidentRows {
 public:
  ResidentRows(const FieldState& field, DeviceShare& share, const NeuronLocator& locator)
      : field_(field),
        generation_(field.generation()),
        share_(share),
        locator_(locator),
        use_(share.begin_use()),
        blocks_(share.list(generation_.id)) {}
  // Appends rows until there are `most`; false at the end.
  bool fill(std::vector<DevicePointer>* rows, size_t most) {
    const uint64_t size = field_.spec().neuron_size();
    const auto count = static_cast<uint64_t>(field_.spec().neuron_count());
    for (; next_ < blocks_.size() && rows->size() < most; ++next_) {
      const BlockKey key = generation_.key(blocks_[next_]);
      DevicePointer at = 0;
      if (share_.find({&key, 1}, {&at, 1}, use_) == 0) continue;  // evicted since it was listed
      const uint64_t first = blocks_[next_] * locator_.rows_per_block();
      const uint64_t end = std::min(first + locator_.rows_per_block(), count);
      for (uint64_t n = first; n < end; ++n) rows->push_back(at + (n - first) * size);
    }
    return next_ < blocks_.size();
  }

 private:
  const FieldState& field_;
  const FieldState::Generation& generation_;  // one for the whole scan
  DeviceShare& share_;
  const NeuronLocator& locator_;
  DeviceShare::Use use_;
  const std::vector<uint64_t> blocks_;
  size_t next_ = 0;
};

Result<ScanResult> scan_resident(const FieldState& field, DeviceTier::Gpu& gpu,
                                 const ReduceRows& reduction) {
  const NeuronLocator locator(field.spec(), field.grid());
  if (!locator.is_flat()) {
    return unsupported("the blocks of " + field.stored().url() +
                       " are not runs of whole neurons; scan the whole field");
  }
  ResidentRows resident(field, *gpu.share, locator);  // ends after the scan has waited
  NF_ASSIGN(const auto scan, DeviceScan::begin(gpu, reduction));
  std::vector<DevicePointer> rows;
  for (bool more = true; more;) {
    more = resident.fill(&rows, kRowsAtOnce);
    size_t ready = rows.size() - (more ? rows.size() % kReduceTile : 0);
    if (ready == 0) continue;
    NF_TRY(scan->add(std::span(rows).first(ready), reduction.lens));
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(ready));
  }
  return scan->finish();
}

// Again when the field changed meanwhile: the blocks it had are no longer its own then.
Result<ScanResult> scan_resident_steadily(const FieldState& field, DeviceTier::Gpu& gpu,
                                          const ReduceRows& reduction) {
  ScanResult result;
  const Status done = field.read_steadily([&]() -> Status {
    NF_ASSIGN(result, scan_resident(field, gpu, reduction));
    return {};
  });
  NF_TRY(done);
  return result;
}

Result<ScanResult> scan_all(const std::shared_ptr<FieldState>& field, DeviceTier::Gpu& gpu,
                            const ReduceRows& reduction, const Lens& lens) {
  const uint64_t row = reduction.row_elements * item_size(lens.result());
  const auto count = static_cast<uint64_t>(field->spec().neuron_count());
  const uint64_t batch =
      std::max<uint64_t>(kMostBytes / std::max<uint64_t>(row, 1) / kReduceTile, 1) * kReduceTile;
  NF_ASSIGN(const DeviceMemory memory,
            gpu.device->allocate(std::max<uint64_t>(std::min(batch, count) * row, 1)));
  NF_ASSIGN(const auto scan, DeviceScan::begin(gpu, reduction));
  std::vector<Index> neurons;
  std::vector<DevicePointer> rows;
  for (uint64_t first = 0; first < count; first += batch) {
    neurons.clear();
    rows.clear();
    for (uint64_t n = first; n < std::min(first + batch, count); ++n) {
      neurons.push_back(static_cast<Index>(n));
      rows.push_back(memory.address() + (n - first) * row);
    }
    NF_TRY(scan->wait());  // the memory is free again
    const DeviceBuffer part{memory.address(), neurons.size() * row, gpu.device->info().id};
    NF_ASSIGN(auto read, read_rows_to_device(field, neurons, part, lens));
    NF_TRY(read.wait());
    NF_TRY(scan->add(rows, Lens(lens.result()).program()));
  }
  return scan->finish();
}

}  // namespace

Result<ScanResult> scan_on_gpu(const std::shared_ptr<Field>& any, const Lens& lens,
                               const ScanOptions& options) {
  NF_ASSIGN(const ReduceRows reduction, reduction_of(*any, lens, options));
  const auto field = std::static_pointer_cast<FieldState>(any);
  EngineState& engine = field->engine_state();
  NF_ASSIGN(DeviceTier::Gpu * gpu, engine.open_gpu(options.gpu));
  DeviceTier& tier = engine.opened_tier();
  auto result = options.rows == ScanOptions::Rows::kResident
                    ? scan_resident_steadily(*field, *gpu, reduction)
                    : scan_all(field, *gpu, reduction, lens);
  if (gpu->device->is_lost()) tier.note(result.status());
  return result;
}

}  // namespace neurofs
