#include "core/lens/lens_run.h"

#include <array>

#include "core/geometry/strided_copy.h"
#include "core/lens/element_program.h"
#include "core/lens/lens.h"

namespace neurofs {

void run_lens(const LensProgram& program, std::byte* dst, const std::byte* src, size_t count) {
  const size_t from = item_size(program.source);
  const size_t to = item_size(program.result);
  if (program.count == 0) {
    if (count > 0) __builtin_memcpy(dst, src, count * from);
    return;
  }
  for (size_t i = 0; i < count; ++i) element::run_program(program, dst + i * to, src + i * from);
}

void run_lens_box(const LensProgram& program, std::byte* dst, const Dims& dst_strides,
                  const std::byte* src, const Dims& src_strides, const Dims& shape) {
  if (program.count == 0) {
    return strided_copy(dst, dst_strides, src, src_strides, shape, item_size(program.source));
  }
  std::array<Index, kMaxRank> at{};
  for (const Index n : shape) {
    if (n == 0) return;
  }
  for (;;) {
    element::run_program(program, dst, src);
    size_t axis = shape.size();
    for (; axis > 0; --axis) {
      if (++at[axis - 1] < shape[axis - 1]) {
        dst += dst_strides[axis - 1];
        src += src_strides[axis - 1];
        break;
      }
      at[axis - 1] = 0;
      dst -= dst_strides[axis - 1] * (shape[axis - 1] - 1);
      src -= src_strides[axis - 1] * (shape[axis - 1] - 1);
    }
    if (axis == 0) return;
  }
}

void Lens::apply(std::byte* dst, const std::byte* src, size_t count) const {
  run_lens(program_, dst, src, count);
}

void Lens::copy(std::byte* dst, const Dims& dst_strides, const std::byte* src,
                const Dims& src_strides, const Dims& shape) const {
  run_lens_box(program_, dst, dst_strides, src, src_strides, shape);
}

}  // namespace neurofs
