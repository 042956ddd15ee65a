// run_lens_box:
//   dense on both sides -> run_lens
//   otherwise           -> pieces of about 1024 elements; a side that is not dense there goes through a
//                          buffer and strided_copy, which knows all about strides
#include "core/lens/lens_run.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "core/geometry/strided_copy.h"
#include "core/lens/lens.h"
#include "core/lens/lens_loops.h"
#include "core/lens/lens_plan.h"

namespace neurofs {
namespace {

constexpr Index kPiece = 1024;  // elements
constexpr Index kTile = 32;     // of an axis that the source does not run along

bool is_dense(const Dims& strides, const Dims& shape, size_t item) {
  auto run = static_cast<Index>(item);
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] != 1 && strides[axis] != run) return false;
    run *= shape[axis];
  }
  return true;
}

// The axis along which the source's elements are nearest to each other.
size_t nearest_axis(const Dims& strides, const Dims& shape) {
  size_t best = shape.size() - 1;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const bool moves = shape[axis] > 1 && strides[axis] != 0;
    if (moves && std::abs(strides[axis]) < std::abs(strides[best])) best = axis;
  }
  return best;
}

// How far one piece reaches along each axis: along the last, then where the source is near, then outwards.
Dims piece_shape(const Dims& shape, const Dims& src_strides) {
  Dims piece(shape.size(), 1);
  const size_t last = shape.size() - 1;
  const size_t near = nearest_axis(src_strides, shape);
  piece[last] = std::min(shape[last], near == last ? kPiece : kTile);
  Index room = kPiece / piece[last];
  const auto widen = [&](size_t axis) {
    if (piece[axis] != 1 || room < 2) return;
    piece[axis] = std::min(shape[axis], room);
    room /= piece[axis];
  };
  widen(near);
  for (size_t axis = last; axis-- > 0;) widen(axis);
  return piece;
}

struct BoxSide {
  const Dims& strides;
  size_t item;
};

// One piece: at most kPiece elements.
void run_piece(const LensPlan& plan, std::byte* dst, BoxSide to, const std::byte* src, BoxSide from,
               const Dims& shape) {
  alignas(64) std::byte in[kPiece * 16];
  alignas(64) std::byte out[kPiece * 16];
  size_t count = 1;
  for (const Index n : shape) count *= static_cast<size_t>(n);
  const bool direct = is_dense(to.strides, shape, to.item);
  const std::byte* source = src;
  if (!is_dense(from.strides, shape, from.item)) {
    strided_copy(in, c_order_strides(shape, static_cast<Index>(from.item)), src, from.strides,
                 shape, from.item);
    source = in;
  }
  plan.run(direct ? dst : out, source, count);
  if (direct) return;
  strided_copy(dst, to.strides, out, c_order_strides(shape, static_cast<Index>(to.item)), shape,
               to.item);
}

void run_pieces(const LensPlan& plan, std::byte* dst, BoxSide to, const std::byte* src,
                BoxSide from, const Dims& shape) {
  const Dims piece = piece_shape(shape, from.strides);
  Dims begin(shape.size(), 0);
  Dims part(shape.size(), 1);
  for (;;) {
    Index to_offset = 0;
    Index from_offset = 0;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      part[axis] = std::min(piece[axis], shape[axis] - begin[axis]);
      to_offset += begin[axis] * to.strides[axis];
      from_offset += begin[axis] * from.strides[axis];
    }
    run_piece(plan, dst + to_offset, to, src + from_offset, from, part);
    size_t axis = shape.size();
    for (; axis > 0; --axis) {
      begin[axis - 1] += piece[axis - 1];
      if (begin[axis - 1] < shape[axis - 1]) break;
      begin[axis - 1] = 0;
    }
    if (axis == 0) return;
  }
}

// A box whose elements change.
void run_box(const LensPlan& plan, std::byte* dst, BoxSide to, const std::byte* src, BoxSide from,
             const Dims& shape) {
  size_t count = 1;
  for (const Index n : shape) count *= static_cast<size_t>(n);
  if (count == 0) return;
  if (is_dense(to.strides, shape, to.item) && is_dense(from.strides, shape, from.item)) {
    return plan.run(dst, src, count);
  }
  run_pieces(plan, dst, to, src, from, shape);
}

}  // namespace

void run_lens(const LensLoops& loops, const LensProgram& program, std::byte* dst,
              const std::byte* src, size_t count) {
  if (count == 0) return;
  if (program.count > 0) {
    const LensPlan plan(loops, program);
    if (!plan.is_copy()) return plan.run(dst, src, count);
  }
  std::memcpy(dst, src, count * item_size(program.source));
}

void run_lens(const LensProgram& program, std::byte* dst, const std::byte* src, size_t count) {
  run_lens(lens_loops(), program, dst, src, count);
}

void run_lens_box(const LensProgram& program, std::byte* dst, const Dims& dst_strides,
                  const std::byte* src, const Dims& src_strides, const Dims& shape) {
  const LensPlan plan(lens_loops(), program);
  const size_t from = item_size(program.source);
  if (program.count == 0 || plan.is_copy()) {
    return strided_copy(dst, dst_strides, src, src_strides, shape, from);
  }
  run_box(plan, dst, {dst_strides, item_size(program.result)}, src, {src_strides, from}, shape);
}

void Lens::prepare() {
  if (program_.count > 0) plan_ = std::make_shared<const LensPlan>(lens_loops(), program_);
  if (plan_ && plan_->is_copy()) plan_ = nullptr;
}

void Lens::apply(std::byte* dst, const std::byte* src, size_t count) const {
  if (count == 0) return;  // of no memory at all, perhaps
  if (plan_) return plan_->run(dst, src, count);
  std::memcpy(dst, src, count * item_size(program_.source));
}

void Lens::copy(std::byte* dst, const Dims& dst_strides, const std::byte* src,
                const Dims& src_strides, const Dims& shape) const {
  const size_t from = item_size(program_.source);
  if (!plan_) return strided_copy(dst, dst_strides, src, src_strides, shape, from);
  run_box(*plan_, dst, {dst_strides, item_size(program_.result)}, src, {src_strides, from}, shape);
}

}  // namespace neurofs
