// shuffled_order: at(p) and position_of(x) by the rule in neuron_order.h.

#include <algorithm>

#include "core/base/fast_div.h"
#include "core/geometry/neuron_order.h"
#include "core/geometry/permutation.h"

namespace neurofs {
namespace {

constexpr uint64_t kShortRunTweak = UINT64_MAX;

// One by one.
class Scattered {
 public:
  Scattered(const OrderName& name, uint64_t neurons) : keys_(name.seed), order_(keys_, neurons) {}
  Scattered(const Scattered&) = delete;
  Scattered& operator=(const Scattered&) = delete;

  uint64_t at(uint64_t position) const { return order_.at(position); }
  uint64_t position_of(uint64_t neuron) const { return order_.position_of(neuron); }
  static uint64_t window_end(uint64_t /*position*/) { return UINT64_MAX; }

 private:
  const PermutationKeys keys_;
  const Permutation order_;
};

// In runs. Every sum stays below 2^64: a run and a window are at most all neurons.
class InRuns {
 public:
  InRuns(const OrderName& name, uint64_t neurons)
      : keys_(name.seed),
        run_(std::clamp<uint64_t>(static_cast<uint64_t>(name.block), 1,
                                  std::max<uint64_t>(neurons, 1))),
        full_(neurons / run_.divisor()),
        short_(neurons % run_.divisor()),
        slots_(full_ + (short_ != 0 ? 1 : 0)),
        window_(std::clamp<uint64_t>(static_cast<uint64_t>(name.buffer), 1,
                                     std::max<uint64_t>(slots_, 1))),
        runs_(keys_, full_),
        short_slot_(short_ != 0 ? Permutation(keys_, full_ + 1, kShortRunTweak).at(0) : full_) {}
  InRuns(const InRuns&) = delete;
  InRuns& operator=(const InRuns&) = delete;

  uint64_t at(uint64_t position) const {
    const Window w = window_of(place_of(position).slot);
    const Place p = place_of(w.first + w.order.at(position - w.first));
    if (p.slot == short_slot_) return full_ * run_.divisor() + p.inside;
    return runs_.at(p.slot - (p.slot > short_slot_ ? 1 : 0)) * run_.divisor() + p.inside;
  }

  uint64_t position_of(uint64_t neuron) const {
    uint64_t inside = 0;
    const uint64_t run = run_.divide(neuron, &inside);
    uint64_t slot = short_slot_;
    if (run < full_) {
      slot = runs_.position_of(run);
      if (slot >= short_slot_) ++slot;
    }
    const Window w = window_of(slot);
    return w.first + w.order.position_of(start_of(slot) + inside - w.first);
  }

  uint64_t window_end(uint64_t position) const {
    uint64_t inside = 0;
    const uint64_t slot = place_of(position).slot;
    window_.divide(slot, &inside);
    return start_of(std::min(slot - inside + window_.divisor(), slots_));
  }

 private:
  struct Place {
    uint64_t slot;
    uint64_t inside;
  };
  struct Window {
    uint64_t first;
    Permutation order;
  };

  // Positions before those of a slot, while only runs have moved.
  uint64_t start_of(uint64_t slot) const {
    return slot * run_.divisor() - (slot > short_slot_ ? run_.divisor() - short_ : 0);
  }
  Place place_of(uint64_t position) const {
    Place place{};
    if (position >= short_slot_ * run_.divisor() + short_) position += run_.divisor() - short_;
    place.slot = run_.divide(position, &place.inside);
    return place;
  }
  Window window_of(uint64_t slot) const {
    uint64_t inside = 0;
    const uint64_t w = window_.divide(slot, &inside);
    const uint64_t first_slot = slot - inside;
    const uint64_t first = start_of(first_slot);
    const uint64_t end = start_of(first_slot + std::min(window_.divisor(), slots_ - first_slot));
    return {first, Permutation(keys_, end - first, w + 1)};
  }

  const PermutationKeys keys_;
  const FastDiv run_;  // neurons of a run
  const uint64_t full_;
  const uint64_t short_;  // neurons of the short run; 0: there is none
  const uint64_t slots_;
  const FastDiv window_;  // slots whose neurons change places
  const Permutation runs_;
  const uint64_t short_slot_;
};

template <typename Order>
class Shuffle final : public NeuronOrder {
 public:
  Shuffle(const OrderName& name, Index neurons)
      : NeuronOrder(name, to_string(name), neurons, neurons),
        order_(name, static_cast<uint64_t>(neurons)) {}

  Index at(Index position) const override {
    return static_cast<Index>(order_.at(static_cast<uint64_t>(begin() + position)));
  }
  std::optional<Index> position_of(Index neuron) const override {
    const auto position =
        static_cast<Index>(order_.position_of(static_cast<uint64_t>(neuron))) - begin();
    if (position < 0 || position >= size()) return std::nullopt;
    return position;
  }
  void fill(Index first, std::span<Index> neurons) const override {
    for (Index& neuron : neurons) neuron = at(first++);
  }
  Index window_end(Index position) const override {
    const uint64_t end = order_.window_end(static_cast<uint64_t>(begin() + position));
    if (end == UINT64_MAX) return std::numeric_limits<Index>::max();
    return std::min(static_cast<Index>(end) - begin(), size());
  }

 private:
  const Order order_;
};

}  // namespace

std::shared_ptr<const NeuronOrder> shuffled_order(const OrderName& name, Index neurons) {
  if (name.block == 0) return std::make_shared<const Shuffle<Scattered>>(name, neurons);
  return std::make_shared<const Shuffle<InRuns>>(name, neurons);
}

}  // namespace neurofs
