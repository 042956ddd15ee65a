// LensPlan: a LensProgram as the loops that run it, made once for many elements.
//
// Purpose: load, convert, compute, store, each a pass over a block of elements that stays in the nearest
// cache; the first reads the source itself and the last writes the destination itself.
// Thread-safety: plain value, run() from any thread. Pointers need no alignment; no overlap.
#pragma once

#include <array>

#include "core/lens/lens_loops.h"

namespace neurofs {

class LensPlan {
 public:
  LensPlan(const LensLoops& loops, const LensProgram& program);

  // Whether elements go through as they are (a cast to the type they have).
  bool is_copy() const { return count_ == 0; }
  // `count` elements, dense on both sides. Precondition: !is_copy().
  void run(std::byte* dst, const std::byte* src, size_t count) const;

 private:
  struct Stage {
    LensLoop loop;
    double a;
    double b;
  };
  // A step is at most a conversion, a clip, a narrowing, and a rounding (store and load).
  static constexpr size_t kMaxStages = kMaxLensSteps * 6 + 2;

  void add(LensLoop loop, double a = 0, double b = 0);
  void add_step(const LensStep& step);
  void add_cast(const LensStep& step, bool is_last);
  void move_to(LensRegister reg);
  void run_block(std::byte* dst, const std::byte* src, size_t count) const;

  const LensLoops* loops_;
  LensRegister held_;
  size_t source_size_;
  size_t result_size_;
  size_t count_ = 0;
  std::array<Stage, kMaxStages> stages_;
};

}  // namespace neurofs
