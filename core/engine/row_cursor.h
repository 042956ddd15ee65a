// OrderedRegion and RowCursor: the pieces of a region whose neurons stand in another order.
//
// Purpose: what PieceCursor is for a region of the field itself. The region is of the field as the order shows it: its
// leading axes are positions of the order (those of the neuron axes, in C order, or one axis where the order does not
// keep the shape), its trailing ones the feature axes. Each position is one neuron, and a piece never holds more than
// one, so pieces come one row after another; whoever fetches sorts and merges their blocks.
// Thread-safety: an OrderedRegion is immutable, a cursor belongs to one thread; what it borrows is immutable.
// Nothing is allocated. Units: elements for shapes, bytes for offsets and strides.
#pragma once

#include <array>
#include <memory>

#include "core/engine/read_plan.h"
#include "core/geometry/neuron_order.h"

namespace neurofs {

// The shape of a field in an order: (neurons..., features...), or (order.size(), features...).
Dims ordered_shape(const FieldSpec& spec, const NeuronOrder& order);

// A region of ordered_shape(), prepared. `region` must be of that shape.
struct OrderedRegion {
  OrderedRegion(const FieldSpec& spec, const Region& region,
                std::shared_ptr<const NeuronOrder> neuron_order);

  std::shared_ptr<const NeuronOrder> order;
  Region shown;        // of ordered_shape()
  size_t shown_axes;   // that count positions of the order
  Dims shown_strides;  // positions a step along each of them
  Region stored;       // of the field: one neuron's features; a cursor puts the neuron's indexes in
  Dims neuron_shape;   // of the field
};

// What a cursor goes through row by row: one neuron, and the box's part of its features.
Box box_of_row(const OrderedRegion& region, const Box& box);

class RowCursor {
 public:
  // As PieceCursor. `box` is of the shown region; pieces have the field's axes.
  RowCursor(const BlockGrid& grid, const OrderedRegion& region, const Box& box, size_t item);
  RowCursor(const RowCursor&) = delete;
  RowCursor& operator=(const RowCursor&) = delete;

  const Piece& piece() const { return pieces_.piece(); }
  bool done() const { return row_ == rows_; }
  void next() {
    pieces_.next();
    if (pieces_.done() && ++row_ < rows_) enter_row();
  }
  // Of one row; a piece's own offset says where the row begins.
  const Dims& dst_strides() const { return pieces_.dst_strides(); }

 private:
  static constexpr size_t kAhead = 32;

  void enter_row();
  Index next_neuron();
  Index position_of_row(Index row) const;

  const OrderedRegion& region_;
  const Box& box_;
  Index rows_ = 1;
  Index row_ = 0;
  Index row_bytes_;
  Region stored_;  // the row that is gone through
  Box row_box_;
  // Neurons of the next rows, as long as they are neighbours in the order.
  std::array<Index, kAhead> ahead_;
  size_t ahead_size_ = 0;
  size_t ahead_used_ = 0;
  PieceCursor pieces_;
};

}  // namespace neurofs
