// Lenses against NumPy, ml_dtypes and functions in extended precision, at every instruction set of this
// machine. The references are made in NEUROFS_TEST_PYTHON, by lens_interop.py.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/lens/lens_testing.h"

namespace neurofs {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// The greatest errors that core/README.md states, in ulp of float32 and float64. Narrower types are
// computed in float32 and rounded once.
struct Bound {
  double float32;
  double float64;
};
const std::map<std::string, Bound> kBounds = {
    {"exp", {1.1, 1.1}},  {"log1p", {1.4, 1.4}},    {"tanh", {3.2, 2.6}}, {"sigmoid", {2.5, 2.4}},
    {"silu", {3.5, 3.0}}, {"softplus", {3.0, 3.0}}, {"gelu", {6.0, 7.5}}, {"gelu_tanh", {4, 3.2}}};

double bound_of(const std::string& lens, DataType type) {
  if (type == DataType::kFloat32) return kBounds.at(lens).float32;
  return type == DataType::kFloat64 ? kBounds.at(lens).float64 : 0.51;
}

ByteVector read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ByteVector bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

class LensInterop : public testing::Test {
 protected:
  void SetUp() override {
    const char* python = std::getenv("NEUROFS_TEST_PYTHON");
    if (!python) GTEST_SKIP() << "NEUROFS_TEST_PYTHON names no Python with numpy and ml_dtypes";
    root_ = fs::path(testing::TempDir()) / ("lens_interop_" + std::to_string(::getpid()));
    const std::string line =
        "'" + std::string(python) + "' '" LENS_INTEROP_SCRIPT "' '" + root_.string() + "'";
    ASSERT_EQ(std::system(line.c_str()), 0);
    cases_ = json::parse(std::ifstream(root_ / "cases.json"));
  }
  void TearDown() override {
    if (!root_.empty()) fs::remove_all(root_);
  }

  // The lens of a case over its values, at one instruction set.
  struct Run {
    std::string label;
    DataType result;
    ByteVector got;
  };
  Run run(const json& c, const std::pair<std::string, const LensLoops*>& level,
          const ByteVector& values) const {
    const json attributes = {{"neurofs.stats", {{"mean", 0.3}, {"std", 1.7}}}};
    const DataType source = *parse_data_type(c["source"].get<std::string>());
    const auto lens = Lens::parse(c["lens"].get<std::string>(), source, attributes);
    EXPECT_TRUE(lens.ok()) << c << lens.status().to_string();
    if (!lens.ok()) return {};
    const size_t count = values.size() / item_size(source);
    Run out{c["lens"].get<std::string>() + " over " + c["source"].get<std::string>() + " by " +
                level.first,
            lens->result(), ByteVector(count * item_size(lens->result()))};
    run_lens(*level.second, lens->program(), out.got.data(), values.data(), count);
    return out;
  }

  fs::path root_;
  json cases_;
};

bool same_bits(const std::byte* a, const std::byte* b, size_t size) {
  return std::memcmp(a, b, size) == 0;
}

// The first element that differs; NaNs are alike, and so are zeros of either sign where `any_zero`.
void expect_same(const std::string& label, DataType type, const ByteVector& got,
                 const ByteVector& want, const ByteVector& values, size_t value_size) {
  ASSERT_EQ(got.size(), want.size()) << label;
  const DataType part = test::part_type(type);
  const size_t size = item_size(part);
  const auto got_numbers = test::as_doubles(got, part);
  const auto want_numbers = test::as_doubles(want, part);
  const size_t parts = item_size(type) / size;
  for (size_t i = 0; i < got_numbers.size(); ++i) {
    if (std::isnan(got_numbers[i]) && std::isnan(want_numbers[i])) continue;
    if (same_bits(got.data() + i * size, want.data() + i * size, size)) continue;
    if (got_numbers[i] == 0 && want_numbers[i] == 0 && label.starts_with("relu")) continue;
    std::string bits;
    for (size_t b = value_size; b-- > 0;) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x",
                    std::to_integer<unsigned>(values[i / parts * value_size + b]));
      bits += digits;
    }
    FAIL() << label << ": 0x" << bits << " gives " << got_numbers[i] << ", not " << want_numbers[i];
  }
}

// The greatest error in ulp; infinity where one is infinite or NaN and the other is not.
double greatest_error(DataType type, const ByteVector& got, const ByteVector& want) {
  const auto numbers = test::as_doubles(got, type);
  std::vector<double> exact(numbers.size());
  std::vector<double> rest(numbers.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    std::memcpy(&exact[i], want.data() + 2 * i * sizeof(double), sizeof(double));
    std::memcpy(&rest[i], want.data() + (2 * i + 1) * sizeof(double), sizeof(double));
  }
  ByteVector rounded(got.size());
  Lens::parse(zarr_name(type), DataType::kFloat64, {})
      ->apply(rounded.data(), reinterpret_cast<const std::byte*>(exact.data()), exact.size());
  const auto nearest = test::as_doubles(rounded, type);
  double worst = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (std::isfinite(nearest[i]) && std::isfinite(numbers[i])) {
      const double error = std::fabs((numbers[i] - exact[i]) - rest[i]);
      worst = std::max(worst, error / test::ulp(exact[i], type));
    } else if (nearest[i] != numbers[i] && !(std::isnan(nearest[i]) && std::isnan(numbers[i]))) {
      return INFINITY;
    }
  }
  return worst;
}

TEST_F(LensInterop, CastsAndArithmeticAreNumPys) {
  size_t compared = 0;
  for (const json& c : cases_) {
    if (c["form"] != "bits") continue;
    const std::string number = std::to_string(c["number"].get<int>());
    const ByteVector values = read_file(root_ / (number + ".values"));
    const ByteVector want = read_file(root_ / (number + ".want"));
    const size_t size = item_size(*parse_data_type(c["source"].get<std::string>()));
    for (const auto& level : test::simd_levels()) {
      const Run out = run(c, level, values);
      expect_same(out.label, out.result, out.got, want, values, size);
      ++compared;
    }
  }
  EXPECT_GE(compared, 500u);
}

TEST_F(LensInterop, FunctionsStayWithinTheirError) {
  std::map<std::string, double> worst;
  for (const json& c : cases_) {
    if (c["form"] != "near") continue;
    const std::string number = std::to_string(c["number"].get<int>());
    const ByteVector values = read_file(root_ / (number + ".values"));
    const ByteVector want = read_file(root_ / (number + ".want"));
    for (const auto& level : test::simd_levels()) {
      const Run out = run(c, level, values);
      const double error = greatest_error(out.result, out.got, want);
      EXPECT_LE(error, bound_of(c["lens"].get<std::string>(), out.result)) << out.label;
      double& most = worst[c["lens"].get<std::string>() + " " + std::string(zarr_name(out.result)) +
                           " " + level.first];
      most = std::max(most, error);
    }
  }
  for (const auto& [label, error] : worst) std::cout << label << ": " << error << " ulp\n";
  EXPECT_GE(worst.size(), 8u * 6u);
}

}  // namespace
}  // namespace neurofs
