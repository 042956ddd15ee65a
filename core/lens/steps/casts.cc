// Casts: a type's name, and with _sat the cast that stays in the type's range.
// Source: NumPy's astype; ml_dtypes for bf16 and f8; OCP 8-bit floating point, "saturating mode".
#include "core/lens/lens_step.h"

namespace neurofs {
namespace {

LensStepKind cast(std::string_view canonical, LensOp op, DataType type) {
  return {.canonical = canonical, .lower = [op, type](const LensStepRequest&) -> Result<LensStep> {
            return LensStep{.op = op, .type = type};
          }};
}

// The short name, Zarr's and, where there is one, another of NumPy's.
class CastNames {
 public:
  CastNames(std::string_view short_name, DataType type, std::string_view other = {}) {
    const LensStepKind kind = cast(short_name, LensOp::kCast, type);
    const std::string help = "cast to " + std::string(zarr_name(type)) + ", as NumPy's astype";
    const Registration<LensStepRegistry> brief(std::string(short_name), help, kind);
    const Registration<LensStepRegistry> full(std::string(zarr_name(type)), help, kind);
    if (!other.empty()) {
      const Registration<LensStepRegistry> alias(std::string(other), help, kind);
    }
  }
};

class SaturatingNames {
 public:
  SaturatingNames(std::string_view short_name, DataType type) {
    const std::string help =
        "cast to " + std::string(zarr_name(type)) + ", what is out of range to the nearest end";
    const LensStepKind kind = cast(short_name, LensOp::kCastSaturating, type);
    const Registration<LensStepRegistry> brief(std::string(short_name), help, kind);
    const Registration<LensStepRegistry> full(std::string(zarr_name(type)) + "_sat", help, kind);
  }
};

const CastNames kBool("bool", DataType::kBool);
const CastNames kInt8("i8", DataType::kInt8, "byte");
const CastNames kInt16("i16", DataType::kInt16);
const CastNames kInt32("i32", DataType::kInt32);
const CastNames kInt64("i64", DataType::kInt64, "int");
const CastNames kUint8("u8", DataType::kUint8, "ubyte");
const CastNames kUint16("u16", DataType::kUint16);
const CastNames kUint32("u32", DataType::kUint32);
const CastNames kUint64("u64", DataType::kUint64, "uint");
const CastNames kFloat16("f16", DataType::kFloat16, "half");
const CastNames kBfloat16("bf16", DataType::kBfloat16);
const CastNames kFloat32("f32", DataType::kFloat32, "single");
const CastNames kFloat64("f64", DataType::kFloat64, "double");
const CastNames kComplex64("c64", DataType::kComplex64);
const CastNames kComplex128("c128", DataType::kComplex128);
const CastNames kE4m3fn("f8_e4m3fn", DataType::kFloat8E4m3fn, "f8_e4m3");
const CastNames kE5m2("f8_e5m2", DataType::kFloat8E5m2);

const SaturatingNames kInt8Sat("i8_sat", DataType::kInt8);
const SaturatingNames kInt16Sat("i16_sat", DataType::kInt16);
const SaturatingNames kInt32Sat("i32_sat", DataType::kInt32);
const SaturatingNames kInt64Sat("i64_sat", DataType::kInt64);
const SaturatingNames kUint8Sat("u8_sat", DataType::kUint8);
const SaturatingNames kUint16Sat("u16_sat", DataType::kUint16);
const SaturatingNames kUint32Sat("u32_sat", DataType::kUint32);
const SaturatingNames kUint64Sat("u64_sat", DataType::kUint64);
const SaturatingNames kFloat16Sat("f16_sat", DataType::kFloat16);
const SaturatingNames kBfloat16Sat("bf16_sat", DataType::kBfloat16);
const SaturatingNames kFloat32Sat("f32_sat", DataType::kFloat32);
const SaturatingNames kE4m3fnSat("f8_e4m3fn_sat", DataType::kFloat8E4m3fn);
const SaturatingNames kE5m2Sat("f8_e5m2_sat", DataType::kFloat8E5m2);

}  // namespace
}  // namespace neurofs
