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

}  // namespace

FieldFiles::FieldFiles(const FieldSpec& the_spec)
    : spec(the_spec),
      buckets(the_spec.neuron_axes == 0 ? 0 : the_spec.neuron_count()),
      neuron_size(the_spec.neuron_size()),
      has_neurons(the_spec.neuron_axes > 0),
      whole(layouts(the_spec.dtype, the_spec.shape)),
      neuron(layouts(the_spec.dtype, the_spec.feature_shape())) {}

}  // namespace neurofs
