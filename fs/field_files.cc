#include "fs/field_files.h"

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

}  // namespace

FieldFiles::FieldFiles(const FieldSpec& the_spec) : FieldFiles(the_spec, Lens(the_spec.dtype)) {}

FieldFiles::FieldFiles(const FieldSpec& the_spec, const Lens& the_lens)
    : spec(the_spec),
      lens(the_lens),
      fill(shown_fill(the_spec, the_lens)),
      buckets(the_spec.neuron_axes == 0 ? 0 : the_spec.neuron_count()),
      neuron_size(the_spec.neuron_size() / item_size(the_spec.dtype) *
                  item_size(the_lens.result())),
      has_neurons(the_spec.neuron_axes > 0),
      whole(layouts(the_lens.result(), the_spec.shape)),
      neuron(layouts(the_lens.result(), the_spec.feature_shape())) {}

FieldFiles::FieldFiles(const FieldFiles& other, const Lens& the_lens)
    : FieldFiles(other.spec, the_lens) {
  field = other.field;
  if (field) reader.emplace(field, whole_region(spec.shape), lens);
  modified_ns = other.modified_ns;
}

}  // namespace neurofs
