// The order of a selection: a table, and where each neuron stands in it.

#include <algorithm>
#include <mutex>
#include <numeric>

#include "core/geometry/neuron_order.h"
#include "core/geometry/permutation.h"

namespace neurofs {
namespace {

uint64_t hash_of(const std::vector<Index>& rows) {
  uint64_t hash = rows.size();
  for (const Index neuron : rows) hash = mix64(hash + static_cast<uint64_t>(neuron));
  return hash;
}

class Taken final : public NeuronOrder {
 public:
  Taken(const OrderName& name, std::shared_ptr<const Selection> selection, Index neurons)
      : NeuronOrder(name, to_string(name) + "#" + std::to_string(selection->hash), neurons,
                    static_cast<Index>(selection->rows.size())),
        selection_(std::move(selection)) {}

  Index at(Index position) const override {
    return selection_->rows[static_cast<size_t>(begin() + position)];
  }
  void fill(Index first, std::span<Index> neurons) const override {
    std::copy_n(selection_->rows.begin() + begin() + first, neurons.size(), neurons.begin());
  }
  std::optional<Index> position_of(Index neuron) const override {
    std::call_once(sorted_once_, [this] { sort(); });
    const auto it = std::lower_bound(sorted_.begin(), sorted_.end(), neuron,
                                     [this](uint32_t p, Index n) { return at(p) < n; });
    if (it == sorted_.end() || at(*it) != neuron) return std::nullopt;
    return *it;
  }
  bool equals(const NeuronOrder& other) const override {
    if (key() != other.key()) return false;
    const auto& taken = static_cast<const Taken&>(other);  // its name has a selection
    return selection_ == taken.selection_ || selection_->rows == taken.selection_->rows;
  }

 private:
  // Half as much memory again, for those who ask where a neuron stands: most only read.
  void sort() const {
    sorted_.resize(static_cast<size_t>(size()));
    std::iota(sorted_.begin(), sorted_.end(), 0u);
    std::stable_sort(sorted_.begin(), sorted_.end(),
                     [this](uint32_t a, uint32_t b) { return at(a) < at(b); });
  }

  const std::shared_ptr<const Selection> selection_;
  mutable std::once_flag sorted_once_;
  mutable std::vector<uint32_t> sorted_;  // positions, by neuron; set by sorted_once_
};

}  // namespace

Result<std::shared_ptr<const Selection>> make_selection(std::vector<Index> rows, Index neurons,
                                                        bool are_unsigned) {
  if (rows.size() > static_cast<size_t>(NeuronOrder::kMostTaken)) {
    return invalid_argument("a selection of " + std::to_string(rows.size()) +
                            " rows: " + std::to_string(NeuronOrder::kMostTaken) + " is the most");
  }
  const auto bad =
      std::find_if(rows.begin(), rows.end(), [neurons](Index n) { return n < 0 || n >= neurons; });
  if (bad != rows.end()) {
    return invalid_argument(
        "row " + std::to_string(bad - rows.begin()) + " of the selection is " +
        (are_unsigned ? std::to_string(static_cast<uint64_t>(*bad)) : std::to_string(*bad)) +
        ", which is no neuron of the field: it has " + std::to_string(neurons));
  }
  auto selection = std::make_shared<Selection>();
  selection->hash = hash_of(rows);
  selection->rows = std::move(rows);
  return std::shared_ptr<const Selection>(std::move(selection));
}

std::shared_ptr<const NeuronOrder> selected_order(const OrderName& name,
                                                  std::shared_ptr<const Selection> selection,
                                                  Index neurons) {
  return std::make_shared<const Taken>(name, std::move(selection), neurons);
}

}  // namespace neurofs
