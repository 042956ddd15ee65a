#include "core/engine/device_reader.h"

#include <algorithm>
#include <unordered_set>

#include "core/base/checked.h"
#include "core/cache/arena.h"
#include "core/engine/device_gather.h"
#include "core/engine/neuron_locator.h"
#include "core/engine/read_plan.h"

namespace neurofs {
namespace {

std::shared_ptr<FieldState> state_of(const std::shared_ptr<Field>& field) {
  return std::static_pointer_cast<FieldState>(field);
}

Status check_lens(const Field& field, const Lens& lens) {
  if (lens.source() == field.spec().dtype) return {};
  return invalid_argument("a lens over " + std::string(zarr_name(lens.source())) +
                          " does not fit the field's " +
                          std::string(zarr_name(field.spec().dtype)));
}

Status check_size(const DeviceBuffer& out, uint64_t size) {
  if (out.size == size) return {};
  return invalid_argument("the read has " + std::to_string(size) + " bytes, the device buffer " +
                          std::to_string(out.size));
}

// How many blocks a read may leave in the tier: more than half of it would only push out what is there.
uint64_t most_kept(const DeviceTier::Gpu& gpu, const FieldState& field) {
  return gpu.share->capacity() / 2 / slot_size_for(field.block_size());
}

// Of a region, one for each of its blocks; counts no further than `most`.
uint64_t count_pieces(const FieldState& field, const Region& region, const Dims& shape,
                      uint64_t most) {
  const Box whole{Dims(shape.size(), 0), shape};
  uint64_t count = 0;
  PieceCursor cursor(field.grid(), region, whole, item_size(field.spec().dtype));
  for (; !cursor.done() && count < most; cursor.next()) ++count;
  return count;
}

bool rows_fit_tier(const DeviceTier::Gpu& gpu, const FieldState& field,
                   const NeuronLocator& locator, std::span<const Index> neurons) {
  const uint64_t most = most_kept(gpu, field);
  if (field.grid().block_count() <= most) return true;
  if (!locator.applies()) {  // several blocks a neuron, as many for each
    const Region first = neuron_region(field.spec(), neurons.front());
    const Dims shape = first.full_shape();
    const uint64_t each = count_pieces(field, first, shape, most + 1);
    return neurons.size() <= most / std::max<uint64_t>(each, 1);
  }
  if (neurons.size() <= most) return true;
  std::unordered_set<uint64_t> blocks;
  for (size_t i = 0; i < neurons.size() && blocks.size() <= most; ++i) {
    blocks.insert(locator.locate(neurons[i]).block);
  }
  return blocks.size() <= most;
}

bool region_fits_tier(const DeviceTier::Gpu& gpu, const FieldState& field, const Region& region,
                      const Dims& shape) {
  const uint64_t most = most_kept(gpu, field);
  return field.grid().block_count() <= most || count_pieces(field, region, shape, most + 1) <= most;
}

Status add_region(DeviceGather& gather, const FieldState& field, const Region& region,
                  const Dims& shape, size_t item, uint64_t to) {
  const Box whole{Dims(shape.size(), 0), shape};
  for (PieceCursor cursor(field.grid(), region, whole, item); !cursor.done(); cursor.next()) {
    const Piece& p = cursor.piece();
    NF_TRY(gather.add(p.block, p.src_offset, static_cast<Index>(to) + p.dst_offset, p.shape));
  }
  return {};
}

Status check_neurons(const Field& field, std::span<const Index> neurons) {
  const Index count = field.spec().neuron_count();
  const auto beyond = std::find_if(neurons.begin(), neurons.end(),
                                   [count](Index n) { return n < 0 || n >= count; });
  if (beyond == neurons.end()) return {};
  return invalid_argument("neuron " + std::to_string(*beyond) + " of " + field.stored().url() +
                          ", which has " + std::to_string(count));
}

// Runs `add` until the field did not change meanwhile.
template <typename Add>
Result<DeviceBatch> gather_steadily(const std::shared_ptr<FieldState>& field, DeviceTier::Gpu& gpu,
                                    const DeviceGather::Target& target, const Add& add) {
  DeviceBatch batch;
  const Status done = field->read_steadily([&]() -> Status {
    NF_TRY(batch.wait());
    NF_ASSIGN(const auto gather,
              DeviceGather::begin(field, field->engine_state().opened_tier(), gpu, target));
    NF_TRY(add(*gather));
    NF_ASSIGN(batch, gather->finish());
    return {};
  });
  NF_TRY(done);
  return batch;
}

}  // namespace

Result<DeviceBatch> read_rows_to_device(const std::shared_ptr<Field>& any,
                                        std::span<const Index> neurons, const DeviceBuffer& out,
                                        const Lens& lens) {
  const auto field = state_of(any);
  NF_TRY(check_lens(*field, lens));
  NF_TRY(check_neurons(*field, neurons));
  const FieldSpec& spec = field->spec();
  const uint64_t elements = spec.neuron_size() / item_size(spec.dtype);
  const size_t item = item_size(lens.result());
  uint64_t row = 0;
  uint64_t size = 0;
  if (!checked_mul<uint64_t>(elements, item, &row) ||
      !checked_mul<uint64_t>(row, neurons.size(), &size)) {
    return overflow("a batch of " + std::to_string(neurons.size()) + " neurons is too large");
  }
  NF_TRY(check_size(out, size));
  if (size == 0) return DeviceBatch();
  NF_ASSIGN(DeviceTier::Gpu * gpu, field->engine_state().open_gpu(out.gpu));

  DeviceGather::Target target;
  target.out = out.address;
  target.lens = &lens.program();
  const NeuronLocator locator(spec, field->grid());
  target.keep = rows_fit_tier(*gpu, *field, locator, neurons);
  if (!locator.applies()) {
    const Region first = neuron_region(spec, neurons.front());
    const Dims shape = first.full_shape();
    target.from_strides = source_strides(field->grid(), first);
    target.to_strides = c_order_strides(shape, static_cast<Index>(item));
    return gather_steadily(field, *gpu, target, [&](DeviceGather& gather) -> Status {
      for (size_t i = 0; i < neurons.size(); ++i) {
        const Region region = neuron_region(spec, neurons[i]);
        NF_TRY(add_region(gather, *field, region, shape, item, i * row));
      }
      return {};
    });
  }
  target.row_elements = elements;
  target.from_strides = {static_cast<Index>(item_size(spec.dtype))};
  target.to_strides = {static_cast<Index>(item)};
  const Dims shape = {static_cast<Index>(elements)};
  return gather_steadily(field, *gpu, target, [&](DeviceGather& gather) -> Status {
    for (size_t i = 0; i < neurons.size(); ++i) {
      const NeuronLocator::Place place = locator.locate(neurons[i]);
      NF_TRY(gather.add(place.block, place.offset, static_cast<Index>(i * row), shape));
    }
    return {};
  });
}

Result<DeviceBatch> read_region_to_device(const std::shared_ptr<Field>& any, const Region& region,
                                          const DeviceBuffer& out, const Lens& lens) {
  const auto field = state_of(any);
  NF_TRY(check_lens(*field, lens));
  const size_t item = item_size(lens.result());
  const Dims shape = region.full_shape();
  NF_ASSIGN(const Index elements, element_count(shape));
  uint64_t size = 0;
  if (!checked_mul<uint64_t>(static_cast<uint64_t>(elements), item, &size)) {
    return overflow("the region is too large after the lens");
  }
  NF_TRY(check_size(out, size));
  if (size == 0) return DeviceBatch();
  NF_ASSIGN(DeviceTier::Gpu * gpu, field->engine_state().open_gpu(out.gpu));

  DeviceGather::Target target;
  target.out = out.address;
  target.lens = &lens.program();
  target.keep = region_fits_tier(*gpu, *field, region, shape);
  target.from_strides = source_strides(field->grid(), region);
  target.to_strides = c_order_strides(shape, static_cast<Index>(item));
  return gather_steadily(field, *gpu, target, [&](DeviceGather& gather) {
    return add_region(gather, *field, region, shape, item, 0);
  });
}

}  // namespace neurofs
