// OrderName: what "shuffle=42,block=4096,rank=3,world=8" and "take=NAME" ask for, and back to text.
//
// Purpose: the grammar of the names of orders of neurons (core/geometry/neuron_order.h), without a field: pure
// functions, total over any bytes. One order has one canonical name: keys in the order below, those that have
// their default left out. Thread-safe. Errors: kNotFound, with what is wrong and what would be right.
//
//   shuffle=SEED    0 to 2^64 - 1; must come first
//     block=B       whole runs of B neurons are shuffled, then the neurons of every
//     buffer=K      K runs (default 16) among themselves; only with block
//   take=NAME       the selection of that name; must come first
//   rank=R,world=W  share R of W of the order, 0 <= R < W: both or neither
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/geometry/shape.h"

namespace neurofs {

struct OrderName {
  static constexpr Index kDefaultBuffer = 16;

  std::string selection;  // of take; "": a shuffle
  uint64_t seed = 0;
  Index block = 0;  // 0: neurons are shuffled one by one
  Index buffer = kDefaultBuffer;
  Index rank = 0;
  Index world = 1;

  bool operator==(const OrderName&) const = default;
};

// Whether the text means to be an order: its first key is one. Else it may be a lens.
bool is_order_name(std::string_view text);

Result<OrderName> parse_order_name(std::string_view text);
std::string to_string(const OrderName& name);

// Whether the text can name a selection: a letter or underscore, then letters, digits, '_', '-' and '.', at most 200
// bytes. No path can be said with it.
bool is_selection_name(std::string_view text);

}  // namespace neurofs
