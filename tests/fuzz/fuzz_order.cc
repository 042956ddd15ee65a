// LAYERS: base geometry
//
// Names of orders of neurons: any text. Whatever parses has a canonical name that parses to the same, and is an
// order that goes both ways, of fields of every size.
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/geometry/neuron_order.h"
#include "core/geometry/permutation.h"

namespace {

using neurofs::Index;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_order(const neurofs::NeuronOrder& order) {
  require(order.size() <= order.neurons());
  for (uint64_t i = 0; i < 4 && order.size() > 0; ++i) {
    const auto position =
        static_cast<Index>(neurofs::mix64(i) % static_cast<uint64_t>(order.size()));
    const Index neuron = order.at(position);
    require(neuron >= 0 && neuron < order.neurons());
    require(order.position_of(neuron) == position);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto name = neurofs::parse_order_name(text);
  if (!name.ok()) {
    require(name.status().code() == neurofs::Code::kNotFound);
    require(!name.status().message().empty() && name.status().message().size() < 1024);
    return 0;
  }
  require(neurofs::is_order_name(text));
  const auto again = neurofs::parse_order_name(to_string(*name));
  require(again.ok() && *again == *name && to_string(*again) == to_string(*name));
  if (!name->selection.empty()) return 0;
  for (const Index neurons : {Index{0}, Index{1}, Index{2}, Index{1000}, INT64_MAX}) {
    check_order(*neurofs::shuffled_order(*name, neurons));
  }
  return 0;
}
