#include "fs/field_files.h"

#include "core/base/checked.h"
#include "core/engine/row_cursor.h"
#include "core/field/field_lens.h"

namespace neurofs {
namespace {

std::vector<LayoutSlot> layouts(DataType type, const Dims& shape) {
  std::vector<LayoutSlot> slots;
  for (const NamedView& view : all_views()) {
    auto layout = view.view->layout(type, shape);
    if (layout.ok()) {
      slots.push_back({std::move(layout).value(), {}});
    } else {
      slots.push_back({nullptr, layout.status()});
    }
  }
  return slots;
}

ByteVector shown_fill(const FieldSpec& spec, const Lens& lens) {
  ByteVector fill(item_size(lens.result()));
  lens.apply(fill.data(), spec.fill.data(), 1);
  return fill;
}

Dims shown_shape(const FieldSpec& spec, const NeuronOrder* order) {
  return order != nullptr ? ordered_shape(spec, *order) : spec.shape;
}

size_t shown_neuron_axes(const FieldSpec& spec, const NeuronOrder* order) {
  return order == nullptr || order->keeps_shape() ? spec.neuron_axes : 1;
}

}  // namespace

FieldFiles::FieldFiles(const FieldSpec& the_spec) : FieldFiles(the_spec, Lens(the_spec.dtype)) {}

FieldFiles::FieldFiles(const FieldSpec& the_spec, const Lens& the_lens,
                       std::shared_ptr<const NeuronOrder> the_order, unsigned the_twin)
    : spec(the_spec),
      lens(the_lens),
      order(std::move(the_order)),
      shape(shown_shape(spec, order.get())),
      neuron_axes(shown_neuron_axes(spec, order.get())),
      neuron_shape(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(neuron_axes)),
      fill(shown_fill(the_spec, the_lens)),
      buckets(neuron_axes == 0 ? 0
              : order          ? order->size()
                               : the_spec.neuron_count()),
      neuron_size(the_spec.neuron_size() / item_size(the_spec.dtype) *
                  item_size(the_lens.result())),
      has_neurons(neuron_axes > 0),
      whole(layouts(the_lens.result(), shape)),
      neuron(layouts(the_lens.result(), the_spec.feature_shape())),
      twin(the_twin) {}

FieldFiles::FieldFiles(const FieldFiles& other, const Lens& the_lens,
                       std::shared_ptr<const NeuronOrder> the_order, unsigned the_twin)
    : FieldFiles(other.spec, the_lens, std::move(the_order), the_twin) {
  field = other.field;
  if (field) reader.emplace(field, whole_region(shape), lens, order);
  modified_ns = other.modified_ns;
}

Status check_shown(const FieldSpec& spec, const Lens& lens, const NeuronOrder* order) {
  NF_TRY(check_lens(spec, lens));
  if (order == nullptr) return {};
  NF_ASSIGN(const Index elements, element_count(ordered_shape(spec, *order)));
  Index size = 0;
  if (checked_mul<Index>(elements, static_cast<Index>(item_size(lens.result())), &size)) return {};
  return overflow("the whole field in this order passes 2^63 - 1 bytes");
}

}  // namespace neurofs
