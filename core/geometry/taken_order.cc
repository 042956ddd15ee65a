// taken_order: a table, and where each neuron stands in it.

#include <algorithm>
#include <mutex>
#include <numeric>

#include "core/geometry/neuron_order.h"
#include "core/geometry/permutation.h"

namespace neurofs {
namespace {

std::string key_of(const OrderName& name, const std::vector<Index>& table) {
  uint64_t hash = table.size();
  for (const Index neuron : table) hash = mix64(hash + static_cast<uint64_t>(neuron));
  return to_string(name) + "#" + std::to_string(hash);
}

class Taken final : public NeuronOrder {
 public:
  Taken(const OrderName& name, std::vector<Index> table, Index neurons)
      : NeuronOrder(name, key_of(name, table), neurons, static_cast<Index>(table.size())),
        table_(std::move(table)) {}

  Index at(Index position) const override {
    return table_[static_cast<size_t>(begin() + position)];
  }
  void fill(Index first, std::span<Index> neurons) const override {
    std::copy_n(table_.begin() + begin() + first, neurons.size(), neurons.begin());
  }
  std::optional<Index> position_of(Index neuron) const override {
    std::call_once(sorted_once_, [this] { sort(); });
    const auto it = std::lower_bound(sorted_.begin(), sorted_.end(), neuron,
                                     [this](uint32_t p, Index n) { return at(p) < n; });
    if (it == sorted_.end() || at(*it) != neuron) return std::nullopt;
    return *it;
  }

 private:
  // Half as much memory again, for those who ask where a neuron stands: most only read.
  void sort() const {
    sorted_.resize(static_cast<size_t>(size()));
    std::iota(sorted_.begin(), sorted_.end(), 0u);
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [this](uint32_t a, uint32_t b) { return at(a) < at(b); });
  }

  const std::vector<Index> table_;
  mutable std::once_flag sorted_once_;
  mutable std::vector<uint32_t> sorted_;  // positions, by neuron; set by sorted_once_
};

}  // namespace

Result<std::shared_ptr<const NeuronOrder>> taken_order(const OrderName& name,
                                                       std::vector<Index> table, Index neurons) {
  if (table.size() > static_cast<size_t>(NeuronOrder::kMostTaken)) {
    return invalid_argument("the selection \"" + name.selection + "\" has " +
                            std::to_string(table.size()) + " rows; " +
                            std::to_string(NeuronOrder::kMostTaken) + " is the most");
  }
  const auto bad = std::find_if(table.begin(), table.end(),
                                [neurons](Index n) { return n < 0 || n >= neurons; });
  if (bad != table.end()) {
    return invalid_argument("row " + std::to_string(bad - table.begin()) + " of the selection \"" +
                            name.selection + "\" is " + std::to_string(*bad) +
                            ", and the field's neurons are 0 to " + std::to_string(neurons - 1));
  }
  return std::shared_ptr<const NeuronOrder>(
      std::make_shared<const Taken>(name, std::move(table), neurons));
}

}  // namespace neurofs
