// The order of rows that a test lists.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/geometry/neuron_order.h"

namespace neurofs::test {

// Errors: as make_selection().
inline Result<std::shared_ptr<const NeuronOrder>> taken_order(const OrderName& name,
                                                              std::vector<Index> rows,
                                                              Index neurons) {
  NF_ASSIGN(auto selection, make_selection(std::move(rows), neurons));
  return selected_order(name, std::move(selection), neurons);
}

}  // namespace neurofs::test
