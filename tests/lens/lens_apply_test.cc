// Values through lenses: what each step does to the edges of a type. Functions are compared with SciPy
// in lens_interop_test.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <vector>

#include "core/base/bytes.h"
#include "core/lens/lens.h"

namespace neurofs {
namespace {

using T = DataType;
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <typename To, typename From>
std::vector<To> apply(std::string_view text, T source, const std::vector<From>& values) {
  const auto lens = Lens::parse(text, source, {});
  EXPECT_TRUE(lens.ok()) << lens.status().to_string();
  if (!lens.ok()) return {};
  EXPECT_EQ(item_size(source), sizeof(From));
  EXPECT_EQ(item_size(lens->result()), sizeof(To)) << text;
  std::vector<To> out(values.size());
  lens->apply(reinterpret_cast<std::byte*>(out.data()),
              reinterpret_cast<const std::byte*>(values.data()), values.size());
  return out;
}

using F = std::vector<float>;

void expect_same(const F& got, const F& want) {
  ASSERT_EQ(got.size(), want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(want[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << i;
    } else {
      EXPECT_EQ(std::signbit(got[i]), std::signbit(want[i])) << i;
      EXPECT_EQ(got[i], want[i]) << i;
    }
  }
}

TEST(LensApply, ArithmeticKeepsNanAndSignedZero) {
  const F x = {-kInf, -2.5f, -0.0f, 0.0f, 0.5f, 1.5f, kInf, kNan};
  expect_same(apply<float>("relu", T::kFloat32, x), {0, 0, 0, 0, 0.5f, 1.5f, kInf, kNan});
  expect_same(apply<float>("leaky_relu=0.5", T::kFloat32, x),
              {-kInf, -1.25f, -0.0f, 0, 0.5f, 1.5f, kInf, kNan});
  expect_same(apply<float>("abs", T::kFloat32, x), {kInf, 2.5f, 0, 0, 0.5f, 1.5f, kInf, kNan});
  expect_same(apply<float>("round", T::kFloat32, x), {-kInf, -2, -0.0f, 0, 0, 2, kInf, kNan});
  expect_same(apply<float>("clip=-1:1", T::kFloat32, x), {-1, -1, -0.0f, 0, 0.5f, 1, 1, kNan});
  expect_same(apply<float>("threshold=0.5", T::kFloat32, x), {0, 0, 0, 0, 0, 1.5f, kInf, kNan});
  expect_same(apply<float>("scale=2,offset=1", T::kFloat32, x),
              {-kInf, -4, 1, 1, 2, 4, kInf, kNan});
}

TEST(LensApply, IntegersStayExact) {
  using I8 = std::vector<int8_t>;
  EXPECT_EQ(apply<int8_t>("abs", T::kInt8, I8{-128, -1, 5}), (I8{-128, 1, 5}));
  EXPECT_EQ(apply<int8_t>("abs,relu", T::kInt8, I8{-128, -1, 5}), (I8{0, 1, 5}));
  EXPECT_EQ(apply<int8_t>("clip=-1.5:inf", T::kInt8, I8{-128, 0, 127}), (I8{-1, 0, 127}));
  EXPECT_EQ(apply<int8_t>("threshold=-0.5", T::kInt8, I8{-1, 0, 1}), (I8{0, 0, 1}));
  EXPECT_EQ(apply<int8_t>("threshold=-1.5", T::kInt8, I8{-2, -1, 1}), (I8{0, -1, 1}));
  EXPECT_EQ(apply<int8_t>("threshold=-128.5", T::kInt8, I8{-128, 127}), (I8{-128, 127}));
  EXPECT_EQ(apply<int8_t>("threshold=-128", T::kInt8, I8{-128, -127}), (I8{0, -127}));
  EXPECT_EQ(apply<int8_t>("threshold=1000", T::kInt8, I8{-128, 127}), (I8{0, 0}));
  using U64 = std::vector<uint64_t>;
  const U64 big = {0, (1ull << 53) + 1, ~0ull};
  EXPECT_EQ(apply<uint64_t>("abs,relu,round,clip=0:inf,threshold=-1", T::kUint64, big), big);
  EXPECT_EQ(apply<int64_t>("i64_sat", T::kUint64, big),
            (std::vector<int64_t>{0, (1ll << 53) + 1, INT64_MAX}));
  EXPECT_EQ(apply<int64_t>("i64", T::kUint64, big), (std::vector<int64_t>{0, (1ll << 53) + 1, -1}));
}

TEST(LensApply, OutOfRangeGoesToTheNearestEnd) {
  const F x = {-kInf, -1e10f, -129, -1.9f, 0.9f, 128, 1e10f, kInf, kNan};
  using I8 = std::vector<int8_t>;
  EXPECT_EQ(apply<int8_t>("i8", T::kFloat32, x), (I8{-128, -128, -128, -1, 0, 127, 127, 127, 0}));
  EXPECT_EQ(apply<int8_t>("i8_sat", T::kFloat32, x), apply<int8_t>("i8", T::kFloat32, x));
  EXPECT_EQ(apply<uint8_t>("u8", T::kFloat32, x),
            (std::vector<uint8_t>{0, 0, 0, 0, 0, 128, 255, 255, 0}));
  EXPECT_EQ(apply<int32_t>("i32", T::kFloat32, x)[6], INT32_MAX);
  EXPECT_EQ(apply<uint64_t>("u64", T::kFloat32, F{kInf, 0x1p64f, 0x1.fffffep63f}),
            (std::vector<uint64_t>{~0ull, ~0ull, 0xffffff0000000000ull}));
  expect_same(apply<float>("f16_sat,f32", T::kFloat32, x),
              {-65504, -65504, -129, -1.9003906f, 0.89990234f, 128, 65504, 65504, kNan});
  expect_same(apply<float>("f8_e4m3fn,f32", T::kFloat32, F{464, 465, -kInf, kNan, 0.001f}),
              {448, kNan, kNan, kNan, 0x1p-9f * 1});
  expect_same(apply<float>("f8_e4m3fn_sat,f32", T::kFloat32, F{464, 465, -kInf, kNan}),
              {448, 448, -448, kNan});
  EXPECT_EQ(apply<int8_t>("i8_sat", T::kInt32, std::vector<int32_t>{-1000, 7, 1000}),
            (I8{-128, 7, 127}));
  EXPECT_EQ(apply<int8_t>("i8", T::kInt32, std::vector<int32_t>{-1000, 7, 1000}), (I8{24, 7, -24}));
}

TEST(LensApply, RoundsOnceFromDoubleToHalf) {
  // Just above the middle of 1 and the next half; by way of float it would be the middle.
  const std::vector<double> x = {1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-11, 1 + 0x1p-11 - 0x1p-40};
  EXPECT_EQ(apply<uint16_t>("f16", T::kFloat64, x),
            (std::vector<uint16_t>{0x3c01, 0x3c00, 0x3c00}));
}

TEST(LensApply, RoundsAtCastsAndAtTheEndOnly) {
  const std::vector<uint16_t> one = {0x3c00};  // 1.0 as float16; scaled to 1.0004, nearest half 1
  expect_same(apply<float>("scale=1.0004,f32", T::kFloat16, one), {1.0004f});
  expect_same(apply<float>("scale=1.0004,f16,f32", T::kFloat16, one), {1});
}

TEST(LensApply, ComplexNumbers) {
  const F x = {3, -4, kInf, kNan};
  const auto as_complex = [](const F& f) {
    std::vector<double> pairs(f.size() / 2);
    std::memcpy(pairs.data(), f.data(), f.size() * sizeof(float));
    return pairs;
  };
  expect_same(apply<float>("abs", T::kComplex64, as_complex(x)), {5, kInf});
  expect_same(apply<float>("f32", T::kComplex64, as_complex(x)), {3, kInf});
  EXPECT_EQ(apply<uint8_t>("bool", T::kComplex64, as_complex({0, 1, 0, 0})),
            (std::vector<uint8_t>{1, 0}));
  EXPECT_EQ(apply<double>("scale=2,offset=1", T::kComplex64, as_complex(F{3, -4})),
            as_complex(F{7, -8}));
}

TEST(LensApply, FunctionsAtTheEnds) {
  const F x = {-kInf, -200, 0, 200, kInf, kNan};
  expect_same(apply<float>("sigmoid", T::kFloat32, x), {0, 0, 0.5f, 1, 1, kNan});
  expect_same(apply<float>("tanh", T::kFloat32, x), {-1, -1, 0, 1, 1, kNan});
  expect_same(apply<float>("gelu", T::kFloat32, x), {-0.0f, -0.0f, 0, 200, kInf, kNan});
  expect_same(apply<float>("gelu_tanh", T::kFloat32, x), {-0.0f, -0.0f, 0, 200, kInf, kNan});
  expect_same(apply<float>("silu", T::kFloat32, x), {-0.0f, -0.0f, 0, 200, kInf, kNan});
  expect_same(apply<float>("exp", T::kFloat32, x), {0, 0, 1, kInf, kInf, kNan});
  expect_same(apply<float>("log1p", T::kFloat32, F{-2, -1, -0.0f, 0, kInf, kNan}),
              {kNan, -kInf, -0.0f, 0, kInf, kNan});
  expect_same(apply<float>("softplus", T::kFloat32, F{-kInf, 0, 200, kInf, kNan}),
              {0, 0.69314718f, 200, kInf, kNan});
}

TEST(LensCopy, StridesOfBothSides) {
  const auto lens = *Lens::parse("scale=2,i16", T::kInt8, {});
  const std::vector<int8_t> x = {1, 2, 3, 4, 5, 6};
  std::vector<int16_t> out(6, -1);
  // The rows reversed, the columns of the result transposed.
  lens.copy(reinterpret_cast<std::byte*>(out.data()), {2, 4},
            reinterpret_cast<const std::byte*>(x.data() + 3), {-3, 1}, {2, 3});
  EXPECT_EQ(out, (std::vector<int16_t>{8, 2, 10, 4, 12, 6}));
  lens.copy(reinterpret_cast<std::byte*>(out.data()), {6, 2},
            reinterpret_cast<const std::byte*>(x.data() + 2), {0, 0}, {2, 3});
  EXPECT_EQ(out, std::vector<int16_t>(6, 6));
  lens.copy(nullptr, {6, 2}, nullptr, {3, 1}, {0, 3});
  lens.copy(reinterpret_cast<std::byte*>(out.data()), {},
            reinterpret_cast<const std::byte*>(x.data()), {}, {});
  EXPECT_EQ(out[0], 2);
}

// A read cuts a field where it likes, so an element's bits may not depend on its neighbours' number.
TEST(LensApply, BitsDoNotDependOnTheCount) {
  for (const std::string_view name :
       {"gelu", "gelu_tanh", "exp", "tanh", "sigmoid", "silu", "softplus", "log1p", "relu",
        "threshold=0.5", "leaky_relu=0.1", "clip=-1:1", "scale=-2", "f16", "bf16", "f32",
        "abs,f16_sat"}) {
    for (const DataType type : {DataType::kFloat16, DataType::kBfloat16}) {
      const Lens lens = *Lens::parse(name, type, nlohmann::json::object());
      const size_t item = item_size(lens.result());
      std::vector<uint16_t> in(65536);
      std::iota(in.begin(), in.end(), uint16_t{0});
      ByteVector whole(in.size() * item);
      ByteVector pieces(in.size() * item);
      const auto* from = reinterpret_cast<const std::byte*>(in.data());
      lens.apply(whole.data(), from, in.size());
      for (size_t i = 0, count = 1; i < in.size(); i += count, count = count % 61 + 1) {
        count = std::min(count, in.size() - i);
        lens.apply(pieces.data() + i * item, from + i * 2, count);
      }
      const auto differs = std::mismatch(whole.begin(), whole.end(), pieces.begin()).first;
      EXPECT_TRUE(differs == whole.end()) << name << " of " << zarr_name(type) << " "
                                          << static_cast<size_t>(differs - whole.begin()) / item;
    }
  }
}

}  // namespace
}  // namespace neurofs
