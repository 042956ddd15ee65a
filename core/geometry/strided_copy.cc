// strided_copy:
//   dense on both sides          -> one memcpy, before anything is prepared
//   otherwise, on the stack      -> drop axes of size 1, order axes by destination stride, merge
//                                   neighbours that are contiguous on both sides
//   innermost axis dense on both -> it becomes the item (memcpy, or one load and store if small)
//   then per item size           -> rows, or tiles where the source runs along another axis
#include "core/geometry/strided_copy.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>

namespace neurofs {
namespace {

struct Axis {
  Index count;
  Index dst;  // stride in bytes
  Index src;
};

struct Plan {
  std::array<Axis, kMaxRank> axes;  // [0, rank), outermost first
  size_t rank = 0;
  size_t item = 1;  // bytes moved at once
};

// Copies `count` items of a size known to the compiler.
template <size_t Size>
struct Item {
  static constexpr bool kFixed = true;
  explicit Item(size_t) {}
  static size_t size() { return Size; }
  static void copy(std::byte* dst, const std::byte* src) { std::memcpy(dst, src, Size); }
};

struct AnyItem {
  static constexpr bool kFixed = false;
  explicit AnyItem(size_t bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_; }
  void copy(std::byte* dst, const std::byte* src) const { std::memcpy(dst, src, bytes_); }

 private:
  size_t bytes_;
};

template <typename ItemType>
void copy_row(const ItemType& item, std::byte* dst, const std::byte* src, const Axis& axis) {
  const Index size = static_cast<Index>(item.size());
  const Index n = axis.count;
  if (ItemType::kFixed && axis.dst == size) {
    if (axis.src == 0) {  // `dst` and `src` cannot overlap: read the one value once
      std::array<std::byte, 16> value{};
      item.copy(value.data(), src);
      for (Index i = 0; i < n; ++i) item.copy(dst + i * size, value.data());
      return;
    }
    for (Index i = 0; i < n; ++i) item.copy(dst + i * size, src + i * axis.src);
    return;
  }
  for (Index i = 0; i < n; ++i) item.copy(dst + i * axis.dst, src + i * axis.src);
}

// A transposed plane: the destination runs along `inner`, the source along `outer`. Squares of
// kTile x kTile keep every cache line that they touch until it is used up.
constexpr Index kTile = 32;

template <typename ItemType>
void copy_tiled(const ItemType& item, std::byte* dst, const std::byte* src, const Axis& outer,
                const Axis& inner) {
  for (Index o = 0; o < outer.count; o += kTile) {
    const Index o_end = outer.count - o < kTile ? outer.count : o + kTile;
    for (Index i = 0; i < inner.count; i += kTile) {
      const Axis part{inner.count - i < kTile ? inner.count - i : kTile, inner.dst, inner.src};
      for (Index row = o; row < o_end; ++row) {
        copy_row(item, dst + row * outer.dst + i * inner.dst, src + row * outer.src + i * inner.src,
                 part);
      }
    }
  }
}

// Calls `body(dst, src)` for every index along `axes`, in order, without multiplying in the loop.
template <typename Body>
void for_each_index(std::span<const Axis> axes, std::byte* dst, const std::byte* src,
                    const Body& body) {
  std::array<Index, kMaxRank> at;
  for (size_t a = 0; a < axes.size(); ++a) at[a] = 0;
  for (;;) {
    body(dst, src);
    size_t a = axes.size();
    for (; a > 0; --a) {
      const Axis& axis = axes[a - 1];
      if (++at[a - 1] < axis.count) {
        dst += axis.dst;
        src += axis.src;
        break;
      }
      at[a - 1] = 0;
      dst -= axis.dst * (axis.count - 1);
      src -= axis.src * (axis.count - 1);
    }
    if (a == 0) return;
  }
}

template <typename ItemType>
void run(const Plan& plan, std::byte* dst, const std::byte* src) {
  const ItemType item(plan.item);
  const std::span<const Axis> axes(plan.axes.data(), plan.rank);
  if (axes.empty()) return item.copy(dst, src);
  const Axis inner = axes.back();
  if (axes.size() > 1) {
    const Axis outer = axes[axes.size() - 2];
    const Index src_outer = std::abs(outer.src);
    if (ItemType::kFixed && src_outer != 0 && src_outer < std::abs(inner.src)) {
      for_each_index(axes.first(axes.size() - 2), dst, src, [&](std::byte* d, const std::byte* s) {
        copy_tiled(item, d, s, outer, inner);
      });
      return;
    }
  }
  for_each_index(axes.first(axes.size() - 1), dst, src,
                 [&](std::byte* d, const std::byte* s) { copy_row(item, d, s, inner); });
}

// Outermost first by destination stride, so that the destination is written front to back. A stable
// insertion sort: axes are few and nearly always in order already.
void insert_by_stride(Plan* plan, const Axis& axis) {
  size_t at = plan->rank++;
  for (; at > 0 && std::abs(plan->axes[at - 1].dst) < std::abs(axis.dst); --at) {
    plan->axes[at] = plan->axes[at - 1];
  }
  plan->axes[at] = axis;
}

void merge(Plan* plan) {
  size_t kept = 0;
  for (size_t i = 1; i < plan->rank; ++i) {
    Axis& outer = plan->axes[kept];
    const Axis& inner = plan->axes[i];
    if (outer.dst == inner.dst * inner.count && outer.src == inner.src * inner.count) {
      outer = {outer.count * inner.count, inner.dst, inner.src};
    } else {
      plan->axes[++kept] = inner;
    }
  }
  if (plan->rank > 0) plan->rank = kept + 1;
}

void promote_dense_rows(Plan* plan) {
  if (plan->rank == 0) return;
  const Axis& inner = plan->axes[plan->rank - 1];
  const Index item = static_cast<Index>(plan->item);
  if (inner.dst != item || inner.src != item) return;
  plan->item *= static_cast<size_t>(inner.count);
  --plan->rank;
}

// Where the source is contiguous along an axis that the destination's order put further out, that
// axis must be the one next to the innermost for the tiles to help.
void bring_source_axis_next_to_inner(Plan* plan) {
  if (plan->rank < 3) return;
  const size_t next = plan->rank - 2;
  size_t best = next;
  for (size_t i = 0; i < next; ++i) {
    const Index stride = std::abs(plan->axes[i].src);
    if (stride != 0 && stride < std::abs(plan->axes[best].src)) best = i;
  }
  if (std::abs(plan->axes[best].src) >= std::abs(plan->axes[next + 1].src)) return;
  for (; best < next; ++best) std::swap(plan->axes[best], plan->axes[best + 1]);
}

// True when the box is one run of bytes on both sides; `bytes` is then its length.
bool is_dense(const Dims& dst_strides, const Dims& src_strides, const Dims& shape, size_t item,
              size_t* bytes) {
  Index run = static_cast<Index>(item);
  for (size_t axis = shape.size(); axis-- > 0;) {
    if (shape[axis] == 1) continue;
    if (shape[axis] != 0 && (dst_strides[axis] != run || src_strides[axis] != run)) return false;
    run *= shape[axis];
  }
  *bytes = static_cast<size_t>(run);
  return true;
}

}  // namespace

void strided_copy(std::byte* dst, const Dims& dst_strides, const std::byte* src,
                  const Dims& src_strides, const Dims& shape, size_t item_size) {
  size_t bytes = 0;
  if (is_dense(dst_strides, src_strides, shape, item_size, &bytes)) {
    if (bytes > 0) std::memcpy(dst, src, bytes);
    return;
  }
  Plan plan;
  plan.item = item_size;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] == 0) return;
    if (shape[axis] != 1)
      insert_by_stride(&plan, {shape[axis], dst_strides[axis], src_strides[axis]});
  }
  merge(&plan);
  promote_dense_rows(&plan);
  bring_source_axis_next_to_inner(&plan);
  switch (plan.item) {
    case 1:
      return run<Item<1>>(plan, dst, src);
    case 2:
      return run<Item<2>>(plan, dst, src);
    case 4:
      return run<Item<4>>(plan, dst, src);
    case 8:
      return run<Item<8>>(plan, dst, src);
    case 16:
      return run<Item<16>>(plan, dst, src);
    default:
      return run<AnyItem>(plan, dst, src);
  }
}

}  // namespace neurofs
