// LensLoops: one loop for every thing that a lens does to many elements, compiled for one instruction set.
//
// Purpose: run_lens() strings these together; each is a plain loop over the functions of element_*.h that
// the compiler turns into vector code. The same source is compiled for each SimdLevel.
// Thread-safety: constant tables of pure functions. Units: elements. Pointers need no alignment; `out`
// and `in` may not overlap.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/geometry/data_type.h"
#include "core/lens/lens_program.h"

namespace neurofs {

// What an element is held in between steps: float for the types up to float32, else the type itself.
enum class LensRegister : uint8_t {
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUint8,  // also bool
  kUint16,
  kUint32,
  kUint64,
  kFloat,
  kDouble,
  kComplex64,
  kComplex128,
};
inline constexpr int kLensRegisterCount = 12;
inline constexpr int kLensOpCount = static_cast<int>(LensOp::kStandardize) + 1;

LensRegister register_of(DataType type);

// a, b: of the LensStep, where the loop is a step's.
using LensLoop = void (*)(void* out, const void* in, size_t count, double a, double b);

// Null: there is nothing to do, or no lens does it.
struct LensLoops {
  LensLoop load[kDataTypeCount];                              // stored element -> register
  LensLoop store[kDataTypeCount];                             // register -> stored element, rounded
  LensLoop convert[kLensRegisterCount][kLensRegisterCount];   // [from][to], as a cast
  LensLoop saturate[kLensRegisterCount][kLensRegisterCount];  // between integers
  LensLoop to_bool[kLensRegisterCount];
  LensLoop double_to_float_odd;  // on the way to float16
  LensLoop step[kLensOpCount][kLensRegisterCount];
};

enum class SimdLevel : uint8_t { kBaseline, kAvx2, kAvx512 };

// The loops of a level, null where this CPU or this build has none.
const LensLoops* lens_loops(SimdLevel level);
// The best level, or the one that NEUROFS_SIMD=sse2|avx2|avx512 names if the CPU has it.
const LensLoops& lens_loops();

// run_lens() with given loops.
void run_lens(const LensLoops& loops, const LensProgram& program, std::byte* dst,
              const std::byte* src, size_t count);

}  // namespace neurofs
