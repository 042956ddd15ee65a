#include "core/lens/lens_plan.h"

#include <utility>

#include "core/lens/element_cast.h"

namespace neurofs {
namespace {

constexpr size_t kBlock = 1024;  // elements; two buffers of up to 16 KiB are on the stack
constexpr size_t kWidest = 16;   // bytes of the widest register

size_t at(LensRegister reg) {
  return static_cast<size_t>(reg);
}
size_t at(DataType type) {
  return static_cast<size_t>(type);
}

bool is_integer_register(LensRegister reg) {
  return reg <= LensRegister::kUint64;
}

// The greatest value of a floating-point type that a saturating cast stops at; 0: there is none.
double greatest(DataType type) {
  switch (type) {
    case DataType::kFloat16:
      return element::Element<DataType::kFloat16>::kMax;
    case DataType::kBfloat16:
      return element::Element<DataType::kBfloat16>::kMax;
    case DataType::kFloat32:
      return element::Element<DataType::kFloat32>::kMax;
    case DataType::kFloat8E4m3fn:
      return element::Element<DataType::kFloat8E4m3fn>::kMax;
    case DataType::kFloat8E5m2:
      return element::Element<DataType::kFloat8E5m2>::kMax;
    default:
      return 0;
  }
}

}  // namespace

LensRegister register_of(DataType type) {
  switch (type) {
    case DataType::kBool:
    case DataType::kUint8:
      return LensRegister::kUint8;
    case DataType::kInt8:
      return LensRegister::kInt8;
    case DataType::kInt16:
      return LensRegister::kInt16;
    case DataType::kInt32:
      return LensRegister::kInt32;
    case DataType::kInt64:
      return LensRegister::kInt64;
    case DataType::kUint16:
      return LensRegister::kUint16;
    case DataType::kUint32:
      return LensRegister::kUint32;
    case DataType::kUint64:
      return LensRegister::kUint64;
    case DataType::kFloat64:
      return LensRegister::kDouble;
    case DataType::kComplex64:
      return LensRegister::kComplex64;
    case DataType::kComplex128:
      return LensRegister::kComplex128;
    default:
      return LensRegister::kFloat;
  }
}

LensPlan::LensPlan(const LensLoops& loops, const LensProgram& program)
    : loops_(&loops),
      held_(register_of(program.source)),
      source_size_(item_size(program.source)),
      result_size_(item_size(program.result)) {
  add(loops.load[at(program.source)]);
  for (int i = 0; i < program.count; ++i) {
    const LensStep& step = program.steps[i];
    if (step.op == LensOp::kCast || step.op == LensOp::kCastSaturating) {
      add_cast(step, i + 1 == program.count);
    } else {
      add_step(step);
    }
  }
  add(loops.store[at(program.result)]);
}

void LensPlan::add(LensLoop loop, double a, double b) {
  if (loop != nullptr) stages_[count_++] = {loop, a, b};
}

void LensPlan::move_to(LensRegister reg) {
  add(loops_->convert[at(held_)][at(reg)]);
  held_ = reg;
}

void LensPlan::add_step(const LensStep& step) {
  const LensRegister reg = register_of(step.type);
  const bool from_complex = held_ >= LensRegister::kComplex64 && reg < LensRegister::kComplex64;
  if (!from_complex) move_to(reg);  // abs alone takes a complex number to a real one
  add(loops_->step[static_cast<size_t>(step.op)][at(held_)], step.a, step.b);
  held_ = reg;
}

void LensPlan::add_cast(const LensStep& step, bool is_last) {
  const LensRegister reg = register_of(step.type);
  const bool saturating = step.op == LensOp::kCastSaturating;
  if (step.type == DataType::kBool) {
    add(loops_->to_bool[at(held_)]);
    held_ = reg;
    return;
  }
  if (saturating && held_ == LensRegister::kComplex64) move_to(LensRegister::kFloat);
  if (saturating && held_ == LensRegister::kComplex128) move_to(LensRegister::kDouble);
  if (const double limit = greatest(step.type); saturating && limit > 0) {
    if (is_integer_register(held_)) move_to(LensRegister::kFloat);
    add(loops_->step[static_cast<size_t>(LensOp::kClip)][at(held_)], -limit, limit);
  }
  if (saturating && is_integer_register(held_) && is_integer_register(reg)) {
    add(loops_->saturate[at(held_)][at(reg)]);
    held_ = reg;
  }
  if (step.type == DataType::kFloat16 && held_ == LensRegister::kComplex128) {
    move_to(LensRegister::kDouble);
  }
  if (step.type == DataType::kFloat16 && held_ == LensRegister::kDouble) {
    add(loops_->double_to_float_odd);
    held_ = LensRegister::kFloat;
  }
  move_to(reg);
  if (is_last || loops_->store[at(step.type)] == nullptr) return;
  add(loops_->store[at(step.type)]);
  add(loops_->load[at(step.type)]);
}

void LensPlan::run_block(std::byte* dst, const std::byte* src, size_t count) const {
  alignas(64) std::byte first[kBlock * kWidest];
  alignas(64) std::byte second[kBlock * kWidest];
  std::byte* to = first;
  std::byte* next = second;
  for (size_t i = 0; i < count_; ++i) {
    const Stage& stage = stages_[i];
    stage.loop(i + 1 == count_ ? dst : to, src, count, stage.a, stage.b);
    src = to;
    std::swap(to, next);
  }
}

void LensPlan::run(std::byte* dst, const std::byte* src, size_t count) const {
  while (count > 0) {
    const size_t part = count < kBlock ? count : kBlock;
    run_block(dst, src, part);
    dst += part * result_size_;
    src += part * source_size_;
    count -= part;
  }
}

}  // namespace neurofs
