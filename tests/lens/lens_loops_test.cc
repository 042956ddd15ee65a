// The loops of every instruction set against element_program.h, one element at a time, over random bytes;
// and boxes of any strides against dense runs.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "core/geometry/strided_copy.h"
#include "core/lens/element_program.h"
#include "core/lens/lens_run.h"
#include "tests/lens/lens_testing.h"

namespace neurofs {
namespace {

using nlohmann::json;

const char* const kCasts[] = {"bool",      "i8",       "i16",     "i32",           "i64",
                              "u8",        "u16",      "u32",     "u64",           "f16",
                              "bf16",      "f32",      "f64",     "c64",           "c128",
                              "f8_e4m3fn", "f8_e5m2",  "i8_sat",  "i16_sat",       "i32_sat",
                              "i64_sat",   "u8_sat",   "u16_sat", "u32_sat",       "u64_sat",
                              "f16_sat",   "bf16_sat", "f32_sat", "f8_e4m3fn_sat", "f8_e5m2_sat"};
const char* const kArithmetic[] = {"relu",
                                   "abs",
                                   "round",
                                   "clip=0:3.5",
                                   "threshold=-0.5",
                                   "scale=0.3",
                                   "offset=-2",
                                   "leaky_relu=0.1",
                                   "zscore",
                                   "abs,relu,f16,scale=3,i8",
                                   "f8_e4m3fn,f64,f16,c64,abs,bool,scale=2",
                                   "u8_sat,i16,f16_sat"};
const char* const kFunctions[] = {"sigmoid", "tanh",     "gelu", "gelu_tanh",
                                  "silu",    "softplus", "exp",  "log1p"};

ByteVector random_bytes(size_t size, std::mt19937_64* random) {
  ByteVector bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>((*random)());
  return bytes;
}

// Random bits, and every second element a random number of a common size.
ByteVector random_elements(DataType type, size_t count, std::mt19937_64* random) {
  ByteVector bytes = random_bytes(count * item_size(type), random);
  std::normal_distribution<double> normal(0, 40);
  const auto lens = Lens::parse(zarr_name(type), DataType::kFloat64, {});
  for (size_t i = 0; i < count; i += 2) {
    const double value = normal(*random);
    lens->apply(bytes.data() + i * item_size(type), reinterpret_cast<const std::byte*>(&value), 1);
  }
  return bytes;
}

// One element at a time.
ByteVector reference(const LensProgram& program, const ByteVector& in) {
  const size_t count = in.size() / item_size(program.source);
  ByteVector out(count * item_size(program.result));
  for (size_t i = 0; i < count; ++i) {
    element::run_program(program, out.data() + i * item_size(program.result),
                         in.data() + i * item_size(program.source));
  }
  return out;
}

void expect_near(const std::string& label, DataType type, const ByteVector& got,
                 const ByteVector& want, double ulps) {
  ASSERT_EQ(got.size(), want.size());
  const DataType part = test::part_type(type);
  const auto a = test::as_doubles(got, part);
  const auto b = test::as_doubles(want, part);
  const size_t size = item_size(part);
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(got.data() + i * size, want.data() + i * size, size) == 0) continue;
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    ASSERT_LE(std::fabs(a[i] - b[i]), ulps * test::ulp(b[i], part))
        << label << ": element " << i << " is " << a[i] << ", not " << b[i];
  }
}

void check(std::string_view name, DataType source, double ulps, std::mt19937_64* random) {
  const json attributes = {{"neurofs.stats", {{"mean", 0.3}, {"std", 1.7}}}};
  const auto lens = Lens::parse(name, source, attributes);
  if (!lens.ok()) return;  // not for complex numbers
  const ByteVector in = random_elements(source, 2500, random);
  const ByteVector want = reference(lens->program(), in);
  for (const auto& [level, loops] : test::simd_levels()) {
    ByteVector out(want.size());
    run_lens(*loops, lens->program(), out.data(), in.data(), 2500);
    expect_near(std::string(zarr_name(source)) + " " + std::string(name) + " " + level,
                lens->result(), out, want, ulps);
    // Parts of any length at any address give the same bits.
    ByteVector part(want.size() + 1);
    for (const size_t count : {0, 1, 7, 33, 1025}) {
      const ByteVector shifted = [&] {
        ByteVector bytes(1);
        bytes.insert(bytes.end(), in.begin(), in.end());
        return bytes;
      }();
      run_lens(*loops, lens->program(), part.data() + 1, shifted.data() + 1, count);
      const size_t size = count * item_size(lens->result());
      expect_near("unaligned", lens->result(),
                  ByteVector(part.begin() + 1, part.begin() + 1 + size),
                  ByteVector(out.begin(), out.begin() + size), ulps);
    }
  }
}

class LensLoopsOf : public testing::TestWithParam<int> {};

TEST_P(LensLoopsOf, AgreeWithOneElementAtATime) {
  const auto source = static_cast<DataType>(GetParam());
  std::mt19937_64 random(GetParam());
  for (const char* name : kCasts) check(name, source, 0, &random);
  // A complex number's magnitude is a sum of products, which some instruction sets fuse.
  const bool is_complex = test::part_type(source) != source;
  for (const char* name : kArithmetic) check(name, source, is_complex ? 2 : 0, &random);
  // Each side is within its own bound: with fused multiplication and without.
  for (const char* name : kFunctions) check(name, source, 10, &random);
}
INSTANTIATE_TEST_SUITE_P(EveryType, LensLoopsOf, testing::Range(0, kDataTypeCount),
                         [](const auto& type) {
                           return std::string(zarr_name(static_cast<DataType>(type.param)));
                         });

Dims random_strides(const Dims& shape, size_t item, std::mt19937_64* random, Index* offset) {
  // A dense array with its axes in any order, some reversed.
  Dims strides(shape.size(), 0);
  std::vector<size_t> order(shape.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  if ((*random)() % 2) std::shuffle(order.begin(), order.end(), *random);
  auto run = static_cast<Index>(item) * static_cast<Index>(1 + (*random)() % 2);
  *offset = 0;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = run;
    run *= shape[order[i]];
    if ((*random)() % 3 != 0) continue;
    *offset += strides[order[i]] * (shape[order[i]] - 1);
    strides[order[i]] = -strides[order[i]];
  }
  return strides;
}

TEST(LensBox, AnyStridesGiveWhatDenseElementsDo) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 400; ++round) {
    const char* const name = round % 3 == 0 ? "i8_sat" : round % 3 == 1 ? "scale=0.5" : "f32";
    const auto lens = *Lens::parse(name, DataType::kInt16, {});
    Dims shape;
    Index count = 1;
    for (size_t axis = 0, rank = random() % 5; axis < rank; ++axis) {
      shape.push_back(static_cast<Index>(1 + random() % (axis == 0 ? 90 : 12)));
      count *= shape.back();
    }
    const size_t from_item = item_size(lens.source());
    const size_t to_item = item_size(lens.result());
    Index from_offset = 0;
    Index to_offset = 0;
    Dims from = random_strides(shape, from_item, &random, &from_offset);
    const Dims to = random_strides(shape, to_item, &random, &to_offset);
    if (round % 7 == 0 && !shape.empty() && from[0] > 0) from[0] = 0;  // broadcast
    const ByteVector in = random_bytes(static_cast<size_t>(count) * from_item * 2, &random);
    ByteVector out(static_cast<size_t>(count) * to_item * 2, std::byte{0x5a});
    ByteVector want = out;
    run_lens_box(lens.program(), out.data() + to_offset, to, in.data() + from_offset, from, shape);

    ByteVector dense(static_cast<size_t>(count) * from_item);
    strided_copy(dense.data(), c_order_strides(shape, static_cast<Index>(from_item)),
                 in.data() + from_offset, from, shape, from_item);
    ByteVector through(static_cast<size_t>(count) * to_item);
    lens.apply(through.data(), dense.data(), static_cast<size_t>(count));
    strided_copy(want.data() + to_offset, to, through.data(),
                 c_order_strides(shape, static_cast<Index>(to_item)), shape, to_item);
    ASSERT_EQ(out, want) << "round " << round << " shape " << to_string(shape) << " " << name;
  }
}

}  // namespace
}  // namespace neurofs
