// NeuronOrder: the neurons of a field in another order, which the order's name tells alone.
//
// Purpose: what a directory "@shuffle=42" or "@take=NAME" shows: position p of the order is neuron at(p), a number
// in C order along the neuron axes. Shuffles are arithmetic, whatever the number of neurons; a selection is a
// table. Thread-safety: immutable, shared. Pure: no I/O. Units: neurons. Cost of at() and position_of(), as
// bench_order measures: 11 to 49 ns, with block 38 to 66; fill() is the cheapest way to many.
//
// A shuffle of n neurons with `seed` (P(x, n, tweak): core/geometry/permutation.h):
//   without block: position p is neuron P(p, n, 0)
//   with block=B, buffer=K: neurons are cut into runs of B; full = n / B of them, and a short one of n % B
//     runs in order:     the short run stands at slot q = P(0, full + 1, 2^64 - 1); the other slots hold the full
//                        runs, in the order P(., full, 0)
//     neurons in order:  those of slots [w * K, (w + 1) * K) change places among themselves by P(., their number, w + 1)
//   with rank=R, world=W: positions [floor(R * n / W), floor((R + 1) * n / W)) of that, of a selection too
// So a reader who goes through a shuffle with block has K runs before him at a time.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/geometry/order_name.h"

namespace neurofs {

class NeuronOrder {
 public:
  // Rows of a selection, at most: 128 MiB of memory.
  static constexpr Index kMostTaken = Index{1} << 24;

  virtual ~NeuronOrder() = default;
  NeuronOrder(const NeuronOrder&) = delete;
  NeuronOrder& operator=(const NeuronOrder&) = delete;

  // Positions: [0, size()).
  Index size() const { return size_; }
  // Neurons of the field: values of at() are below it.
  Index neurons() const { return neurons_; }
  const OrderName& name() const { return name_; }
  // The canonical name, and for a selection a hash of its rows: orders with other keys are others.
  const std::string& key() const { return key_; }
  // Whether two orders of one field are the same in truth: a selection's key holds but a hash of its rows.
  virtual bool equals(const NeuronOrder& other) const { return key_ == other.key_; }
  // Whether every neuron has its place, so that the neuron axes stay as they are; otherwise there is one.
  bool keeps_shape() const { return name_.selection.empty() && name_.world == 1; }

  // Precondition: 0 <= position < size().
  virtual Index at(Index position) const = 0;
  // The first position of a neuron; none where the order leaves it out.
  virtual std::optional<Index> position_of(Index neuron) const = 0;
  // at() of positions first, first + 1, and so on.
  virtual void fill(Index first, std::span<Index> neurons) const = 0;
  // The end of the window of runs that `position` is in, up to which neighbouring neurons are read; the largest Index
  // where an order has no windows.
  virtual Index window_end(Index /*position*/) const { return std::numeric_limits<Index>::max(); }

 protected:
  NeuronOrder(OrderName name, std::string key, Index neurons, Index of);

  // Where the share of `name` begins in the whole order.
  Index begin() const { return begin_; }

 private:
  const OrderName name_;
  const std::string key_;
  const Index neurons_;
  Index begin_ = 0;
  Index size_ = 0;
};

// Precondition: the name came from parse_order_name(), and has no selection.
std::shared_ptr<const NeuronOrder> shuffled_order(const OrderName& name, Index neurons);

// A table of neurons that was checked once, for all orders over it.
struct Selection {
  std::vector<Index> rows;
  uint64_t hash = 0;  // of the rows
};
// Repeats are allowed. kInvalidArgument for a row that is not below `neurons`, with its place, and for more rows than
// NeuronOrder::kMostTaken. `are_unsigned`: rows from 2^63 on are negative here, and told as what they were.
Result<std::shared_ptr<const Selection>> make_selection(std::vector<Index> rows, Index neurons,
                                                        bool are_unsigned = false);

// The rows of a selection, in its order. Precondition: the name has a selection, whose rows are below `neurons`.
std::shared_ptr<const NeuronOrder> selected_order(const OrderName& name,
                                                  std::shared_ptr<const Selection> selection,
                                                  Index neurons);

}  // namespace neurofs
