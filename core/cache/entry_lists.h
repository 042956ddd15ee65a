// EntryLists: doubly linked lists over small numbers, for eviction orders.
//
// Purpose: any number of lists over the same nodes, a node in one of them at most, all operations O(1) and
// without allocation. The front is the newest. Links are kept plus one in zeroed arrays, which the system
// provides page by page as nodes come into use; 0 means "in no list".
// Thread-safety: none. Units: 8 bytes a node that was ever linked.
// Errors: the constructor throws std::bad_alloc where address space is refused.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/lazy_array.h"

namespace neurofs {

class EntryLists {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kMostLists = 3;

  // Nodes are below `nodes`, which leaves room for the lists' anchors behind them.
  EntryLists(uint32_t nodes, uint32_t lists)
      : nodes_(nodes), next_(size_t{nodes} + lists), prev_(size_t{nodes} + lists) {
    for (uint32_t list = 0; list < lists; ++list) {
      set(next_, anchor(list), anchor(list));
      set(prev_, anchor(list), anchor(list));
    }
  }

  bool linked(uint32_t node) const { return next_[node] != 0; }
  uint32_t size(uint32_t list) const { return sizes_[list]; }
  uint32_t front(uint32_t list) const { return node_or_none(get(next_, anchor(list))); }
  uint32_t back(uint32_t list) const { return node_or_none(get(prev_, anchor(list))); }
  // The neighbour towards the front; kNone at the front.
  uint32_t newer(uint32_t node) const { return node_or_none(get(prev_, node)); }

  void push_front(uint32_t list, uint32_t node) {
    link_after(anchor(list), node);
    ++sizes_[list];
  }
  void push_back(uint32_t list, uint32_t node) {
    link_after(get(prev_, anchor(list)), node);
    ++sizes_[list];
  }
  void unlink(uint32_t list, uint32_t node) {
    set(next_, get(prev_, node), get(next_, node));
    set(prev_, get(next_, node), get(prev_, node));
    next_[node] = prev_[node] = 0;
    --sizes_[list];
  }
  uint32_t pop_back(uint32_t list) {
    const uint32_t node = back(list);
    if (node != kNone) unlink(list, node);
    return node;
  }
  void to_front(uint32_t list, uint32_t node) {
    if (front(list) == node) return;
    unlink(list, node);
    push_front(list, node);
  }
  // `by`, in no list, takes the node's place.
  void replace(uint32_t node, uint32_t by) {
    next_[by] = next_[node];
    prev_[by] = prev_[node];
    set(next_, get(prev_, node), by);
    set(prev_, get(next_, node), by);
    next_[node] = prev_[node] = 0;
  }

 private:
  using Links = LazyArray<uint32_t>;
  static uint32_t get(const Links& links, uint32_t i) { return links[i] - 1; }
  static void set(Links& links, uint32_t i, uint32_t to) { links[i] = to + 1; }
  uint32_t anchor(uint32_t list) const { return nodes_ + list; }
  uint32_t node_or_none(uint32_t i) const { return i < nodes_ ? i : kNone; }
  void link_after(uint32_t where, uint32_t node) {
    const uint32_t after = get(next_, where);
    set(next_, node, after);
    set(prev_, node, where);
    set(prev_, after, node);
    set(next_, where, node);
  }

  uint32_t nodes_;
  Links next_;
  Links prev_;
  std::array<uint32_t, kMostLists> sizes_{};
};

}  // namespace neurofs
