// Names of lenses: the registered steps, canonical names, type rules, and what is said of bad names.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/lens/lens.h"
#include "core/lens/lens_step.h"

namespace neurofs {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using T = DataType;

std::string message(std::string_view text, T source = T::kFloat32, const json& attributes = {}) {
  const auto lens = Lens::parse(text, source, attributes);
  if (lens.ok()) return "parsed as " + lens->name();
  EXPECT_EQ(lens.status().code(), Code::kNotFound);
  return lens.status().message();
}

std::string name(std::string_view text, T source = T::kFloat32) {
  const auto lens = Lens::parse(text, source, {});
  return lens.ok() ? lens->name() : lens.status().to_string();
}

T result(std::string_view text, T source) {
  const auto lens = Lens::parse(text, source, {});
  EXPECT_TRUE(lens.ok()) << lens.status().to_string();
  return lens.ok() ? lens->result() : T::kBool;
}

TEST(LensSteps, AreExactlyThese) {
  std::vector<std::string> canonical;
  std::vector<std::string> aliases;
  for (const auto& [step, plugin] : LensStepRegistry::instance().all()) {
    (plugin.factory.canonical == step ? canonical : aliases).push_back(step);
    EXPECT_FALSE(plugin.description.empty()) << step;
  }
  EXPECT_THAT(
      canonical,
      ElementsAre("abs", "bf16", "bf16_sat", "bool", "c128", "c64", "clip", "exp", "f16", "f16_sat",
                  "f32", "f32_sat", "f64", "f8_e4m3fn", "f8_e4m3fn_sat", "f8_e5m2", "f8_e5m2_sat",
                  "gelu", "gelu_tanh", "i16", "i16_sat", "i32", "i32_sat", "i64", "i64_sat", "i8",
                  "i8_sat", "leaky_relu", "log1p", "offset", "relu", "round", "scale", "sigmoid",
                  "silu", "softplus", "tanh", "threshold", "u16", "u16_sat", "u32", "u32_sat",
                  "u64", "u64_sat", "u8", "u8_sat", "zscore"));
  EXPECT_THAT(
      aliases,
      ElementsAre("bfloat16", "bfloat16_sat", "byte", "complex128", "complex64", "double",
                  "f8_e4m3", "float16", "float16_sat", "float32", "float32_sat", "float64",
                  "float8_e4m3fn", "float8_e4m3fn_sat", "float8_e5m2", "float8_e5m2_sat", "half",
                  "int", "int16", "int16_sat", "int32", "int32_sat", "int64", "int64_sat", "int8",
                  "int8_sat", "single", "ubyte", "uint", "uint16", "uint16_sat", "uint32",
                  "uint32_sat", "uint64", "uint64_sat", "uint8", "uint8_sat"));
}

TEST(LensParse, OneNameForEverySpelling) {
  EXPECT_EQ(name("scale=.50"), "scale=0.5");
  EXPECT_EQ(name("scale=5e-1,float16"), "scale=0.5,f16");
  EXPECT_EQ(name("clip=-1:1e0"), "clip=-1:1");
  EXPECT_EQ(name("clip=0:inf"), "clip=0:inf");
  EXPECT_EQ(name("relu,half,int8_sat"), "relu,f16,i8_sat");
  EXPECT_EQ(name("scale=0.1"), "scale=0.1");
  EXPECT_EQ(name("scale=1e22"), "scale=1e+22");
  EXPECT_EQ(name(name("scale=1e22")), "scale=1e+22");
}

TEST(LensParse, TypesFollowNumPy) {
  EXPECT_EQ(result("relu", T::kInt8), T::kInt8);
  EXPECT_EQ(result("abs,round,clip=0:1,threshold=3", T::kUint16), T::kUint16);
  EXPECT_EQ(result("abs", T::kBool), T::kBool);
  EXPECT_EQ(result("scale=2", T::kInt8), T::kFloat64);
  EXPECT_EQ(result("offset=2", T::kBool), T::kFloat64);
  EXPECT_EQ(result("leaky_relu=2", T::kUint64), T::kFloat64);
  EXPECT_EQ(result("exp", T::kBool), T::kFloat16);
  EXPECT_EQ(result("tanh", T::kUint8), T::kFloat16);
  EXPECT_EQ(result("gelu", T::kInt16), T::kFloat32);
  EXPECT_EQ(result("silu", T::kInt32), T::kFloat64);
  for (const T type :
       {T::kFloat16, T::kBfloat16, T::kFloat32, T::kFloat64, T::kFloat8E4m3fn, T::kFloat8E5m2}) {
    EXPECT_EQ(result("exp,scale=2,relu,log1p", type), type);
  }
  EXPECT_EQ(result("abs", T::kComplex64), T::kFloat32);
  EXPECT_EQ(result("scale=2,offset=1", T::kComplex128), T::kComplex128);
  EXPECT_EQ(result("f32,relu,u8", T::kComplex128), T::kUint8);
  EXPECT_THAT(message("relu", T::kComplex64), HasSubstr("takes real numbers"));
  EXPECT_THAT(message("exp", T::kComplex64), HasSubstr("complex64"));
}

TEST(LensParse, SaysWhatIsWrong) {
  EXPECT_THAT(message("rleu"), HasSubstr("like it: relu"));
  EXPECT_THAT(message("rleu"), HasSubstr("known steps: abs, bf16"));
  EXPECT_THAT(message("f8"), HasSubstr("like it: f8_e4m3fn, f8_e4m3fn_sat, f8_e5m2"));
  EXPECT_THAT(message(""), HasSubstr("no lens step \"\""));
  EXPECT_THAT(message("relu,,f16"), HasSubstr("no lens step \"\""));
  EXPECT_THAT(message("relu="), HasSubstr("takes no value"));
  EXPECT_THAT(message("scale"), HasSubstr("scale=FACTOR"));
  EXPECT_THAT(message("scale=1:2"), HasSubstr("number of values"));
  EXPECT_THAT(message("scale=x"), HasSubstr("\"x\" is not a decimal number"));
  EXPECT_THAT(message("scale=0x1p3"), HasSubstr("not a decimal number"));
  EXPECT_THAT(message("scale=+1"), HasSubstr("not a decimal number"));
  EXPECT_THAT(message("scale= 1"), HasSubstr("not a decimal number"));
  EXPECT_THAT(message("scale=nan"), HasSubstr("not a number that"));
  EXPECT_THAT(message("scale=inf"), HasSubstr("finite"));
  EXPECT_THAT(message("scale=1e999"), HasSubstr("beyond what float64"));
  EXPECT_THAT(message("scale=1e39"), HasSubstr("beyond float32"));
  EXPECT_EQ(name("scale=1e39", T::kInt8), "scale=1e+39");
  EXPECT_THAT(message("clip=2:1"), HasSubstr("greater"));
  EXPECT_THAT(message("clip=0.2:0.8", T::kInt16), HasSubstr("no value of int16"));
  EXPECT_THAT(message("clip=300:400", T::kUint8), HasSubstr("no value of uint8"));
  EXPECT_THAT(message(std::string(256, 'x')), HasSubstr("255 bytes"));
  EXPECT_THAT(message("relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,relu,"
                      "relu,relu"),
              HasSubstr("16 steps"));
  EXPECT_THAT(message(std::string("relu\0", 5)), HasSubstr("no lens step"));
}

TEST(LensParse, ZscoreNeedsStatistics) {
  EXPECT_THAT(message("zscore"), HasSubstr("no attribute neurofs.stats"));
  const json dotted = {{"neurofs.stats", {{"mean", 2}, {"std", 4.0}}}};
  const json nested = {{"neurofs", {{"stats", {{"mean", 2}, {"std", 4.0}}}}}};
  for (const json& attributes : {dotted, nested}) {
    const auto lens = Lens::parse("zscore", T::kInt16, attributes);
    ASSERT_TRUE(lens.ok()) << lens.status().to_string();
    EXPECT_EQ(lens->result(), T::kFloat64);
    EXPECT_EQ(lens->program().steps[0].a, 2);
    EXPECT_EQ(lens->program().steps[0].b, 4);
  }
  const auto stats = [](json mean, json std) {
    return json{{"neurofs.stats", {{"mean", mean}, {"std", std}}}};
  };
  EXPECT_THAT(message("zscore", T::kFloat32, stats(1, 0)), HasSubstr("not positive"));
  EXPECT_THAT(message("zscore", T::kFloat32, stats(1, -1)), HasSubstr("not positive"));
  EXPECT_THAT(message("zscore", T::kFloat32, stats("1", 1)), HasSubstr("no number \"mean\""));
  EXPECT_THAT(message("zscore", T::kFloat32, stats(1, nullptr)), HasSubstr("no number \"std\""));
  EXPECT_THAT(message("zscore", T::kFloat32, stats(1e300, 1)), HasSubstr("beyond float32"));
  EXPECT_THAT(message("zscore", T::kFloat32, stats(1, 1e-300)), HasSubstr("beyond float32"));
  EXPECT_THAT(message("zscore", T::kComplex64, stats(1, 1)), HasSubstr("real numbers"));
  EXPECT_THAT(message("zscore", T::kFloat32, json{{"neurofs.stats", 3}}), HasSubstr("no number"));
}

// Files are told apart by the name alone, so the program must follow from it.
TEST(LensParse, EqualNamesAreEqualPrograms) {
  for (const std::string_view text : {"f16,exp,f16,log1p", "half,exp,float16,log1p",
                                      "exp,half,log1p", "scale=2,f16", "f16,f16"}) {
    const auto lens = *Lens::parse(text, T::kFloat16, {});
    const auto again = *Lens::parse(lens.name(), T::kFloat16, {});
    EXPECT_EQ(again.name(), lens.name()) << text;
    ASSERT_EQ(again.program().count, lens.program().count) << text;
    for (int i = 0; i < lens.program().count; ++i) {
      EXPECT_EQ(again.program().steps[i].op, lens.program().steps[i].op) << text;
      EXPECT_EQ(again.program().steps[i].type, lens.program().steps[i].type) << text;
    }
  }
  EXPECT_EQ(Lens::parse("f16,exp,f16,log1p", T::kFloat16, {})->program().count, 3);
  EXPECT_TRUE(Lens::parse("half", T::kFloat16, {})->is_identity());
}

TEST(LensParse, RefusesBoundsThatAreNotExact) {
  EXPECT_THAT(message("clip=0:9007199254740994", T::kInt64, {}), HasSubstr("2^53"));
  EXPECT_THAT(message("threshold=1e18", T::kUint64, {}), HasSubstr("2^53"));
  EXPECT_TRUE(Lens::parse("clip=-inf:9007199254740992", T::kInt64, {}).ok());
  EXPECT_TRUE(Lens::parse("clip=0:1e18", T::kFloat64, {}).ok());
}

}  // namespace
}  // namespace neurofs
