#include "fs/unknown_selection.h"

#include <algorithm>

namespace neurofs {
namespace {

// Bytes that a view has of one of the stored field, at most: complex128 as text, of int8.
constexpr uint64_t kMostGrowth = 64;

Index longest(const FieldSpec& spec) {
  const uint64_t neuron = std::max<uint64_t>(spec.neuron_size(), 1);
  const uint64_t rows = static_cast<uint64_t>(INT64_MAX) / kMostGrowth / neuron;
  return std::clamp<Index>(static_cast<Index>(rows), 1, NeuronOrder::kMostTaken);
}

class Unknown final : public NeuronOrder {
 public:
  Unknown(const OrderName& name, const FieldSpec& spec)
      : NeuronOrder(name, to_string(name), spec.neuron_count(), longest(spec)) {}

  Index at(Index /*position*/) const override { return 0; }
  std::optional<Index> position_of(Index /*neuron*/) const override { return std::nullopt; }
  void fill(Index /*first*/, std::span<Index> neurons) const override {
    std::fill(neurons.begin(), neurons.end(), 0);
  }
};

}  // namespace

std::shared_ptr<const NeuronOrder> unknown_selection(const OrderName& name, const FieldSpec& spec) {
  return std::make_shared<const Unknown>(name, spec);
}

}  // namespace neurofs
