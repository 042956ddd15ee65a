#include "fs/field_variants.h"

#include "core/field/field_lens.h"

namespace neurofs {
namespace {

// Where an order begins among the steps of a lens; npos when there is none.
size_t find_order(std::string_view name) {
  for (size_t comma = name.find(','); comma != std::string_view::npos;
       comma = name.find(',', comma + 1)) {
    if (is_order_name(name.substr(comma + 1))) return comma;
  }
  return std::string_view::npos;
}

}  // namespace

Result<Lens> shown_lens(const FieldFiles& shown, bool may_be_raw, std::string_view name) {
  const size_t order = find_order(name);
  if (order != std::string_view::npos) {
    return not_found("an order is a directory of its own: @" + std::string(name.substr(0, order)) +
                     "/@" + std::string(name.substr(order + 1)));
  }
  NF_ASSIGN(const Lens lens, parse_field_lens(shown.spec, shown.lens, may_be_raw, name));
  NF_TRY(check_shown(shown.spec, lens, shown.order.get()));
  return lens;
}

Result<OrderName> shown_order_name(const FieldFiles& shown, std::string_view name) {
  if (!shown.has_neurons)
    return not_found("a field of rank 0 has no neurons that could be ordered");
  if (shown.order) {
    return not_found("a path has one order, and this one is in @" + to_string(shown.order->name()) +
                     " already");
  }
  return parse_order_name(name);
}

Result<std::shared_ptr<const NeuronOrder>> shown_order(const FieldFiles& shown,
                                                       const OrderName& name,
                                                       std::shared_ptr<const Selection> selection) {
  const Index neurons = shown.spec.neuron_count();
  auto order = selection ? selected_order(name, std::move(selection), neurons)
                         : shuffled_order(name, neurons);
  NF_TRY(check_shown(shown.spec, shown.lens, order.get()));
  return order;
}

}  // namespace neurofs
