#include "core/codec/fill_value.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

using nlohmann::json;

// The bits as one hexadecimal number, most significant digit first; complex: imaginary part first.
std::string bits(const std::string& text, DataType type) {
  const auto result = parse_fill_value(json::parse(text), type);
  if (!result.ok()) return "refused";
  std::string hex;
  for (size_t i = result->size(); i-- > 0;) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>((*result)[i]));
    hex += digits;
  }
  return hex;
}

TEST(FillValue, R4_Floats) {
  EXPECT_EQ(bits("\"NaN\"", DataType::kFloat32), "7fc00000");
  EXPECT_EQ(bits("\"NaN\"", DataType::kFloat64), "7ff8000000000000");
  EXPECT_EQ(bits("\"NaN\"", DataType::kFloat16), "7e00");
  EXPECT_EQ(bits("\"NaN\"", DataType::kBfloat16), "7fc0");
  EXPECT_EQ(bits("\"-Infinity\"", DataType::kFloat32), "ff800000");
  EXPECT_EQ(bits("\"Infinity\"", DataType::kFloat16), "7c00");
  EXPECT_EQ(bits("\"0x7fc00001\"", DataType::kFloat32), "7fc00001");
  EXPECT_EQ(bits("\"0xFFF8000000000000\"", DataType::kFloat64), "fff8000000000000");
  EXPECT_EQ(bits("1.5", DataType::kFloat32), "3fc00000");
  EXPECT_EQ(bits("-0.0", DataType::kFloat32), "80000000");
  EXPECT_EQ(bits("0.1", DataType::kFloat32), "3dcccccd");
  EXPECT_EQ(bits("0.1", DataType::kFloat64), "3fb999999999999a");
  EXPECT_EQ(bits("5e-324", DataType::kFloat64), "0000000000000001");
  EXPECT_EQ(bits("1e-45", DataType::kFloat32), "00000001");
  EXPECT_EQ(bits("1", DataType::kFloat64), "3ff0000000000000");
}

TEST(FillValue, R4_HalvesRoundToNearestEven) {
  EXPECT_EQ(bits("65504", DataType::kFloat16), "7bff");
  EXPECT_EQ(bits("65519.9", DataType::kFloat16), "7bff");
  EXPECT_EQ(bits("65520", DataType::kFloat16), "refused");
  EXPECT_EQ(bits("2049", DataType::kFloat16), "6800");
  EXPECT_EQ(bits("2051", DataType::kFloat16), "6802");
  EXPECT_EQ(bits("5.960464477539063e-08", DataType::kFloat16), "0001");
  EXPECT_EQ(bits("6.1e-05", DataType::kFloat16), "03ff");
  EXPECT_EQ(bits("1.00390625", DataType::kBfloat16), "3f80");
  EXPECT_EQ(bits("3.3895e38", DataType::kBfloat16), "7f7f");
  EXPECT_EQ(bits("3.4e38", DataType::kBfloat16), "refused");
}

TEST(FillValue, Float8) {
  const DataType e4m3 = DataType::kFloat8E4m3fn;
  EXPECT_EQ(bits("\"NaN\"", e4m3), "7f");
  EXPECT_EQ(bits("\"0xff\"", e4m3), "ff");
  EXPECT_EQ(bits("1.0", e4m3), "38");
  EXPECT_EQ(bits("-448", e4m3), "fe");
  EXPECT_EQ(bits("464", e4m3), "7e");
  EXPECT_EQ(bits("465", e4m3), "refused");
  EXPECT_EQ(bits("\"Infinity\"", e4m3), "refused");
  EXPECT_EQ(bits("0.001953125", e4m3), "01");
  const DataType e5m2 = DataType::kFloat8E5m2;
  EXPECT_EQ(bits("\"NaN\"", e5m2), "7e");
  EXPECT_EQ(bits("\"-Infinity\"", e5m2), "fc");
  EXPECT_EQ(bits("57344", e5m2), "7b");
  EXPECT_EQ(bits("61440", e5m2), "refused");
  EXPECT_EQ(bits("1.52587890625e-05", e5m2), "01");
}

TEST(FillValue, R4_IntegersAndBool) {
  EXPECT_EQ(bits("-1", DataType::kInt8), "ff");
  EXPECT_EQ(bits("-128", DataType::kInt8), "80");
  EXPECT_EQ(bits("255", DataType::kUint8), "ff");
  EXPECT_EQ(bits("-9223372036854775808", DataType::kInt64), "8000000000000000");
  EXPECT_EQ(bits("18446744073709551615", DataType::kUint64), "ffffffffffffffff");
  EXPECT_EQ(bits("3.0", DataType::kInt16), "0003");
  EXPECT_EQ(bits("true", DataType::kBool), "01");
  EXPECT_EQ(bits("0", DataType::kBool), "00");
}

TEST(FillValue, R4_Complex) {
  EXPECT_EQ(bits("[1.0, \"NaN\"]", DataType::kComplex64), "7fc000003f800000");
  EXPECT_EQ(bits("[\"0x7fc00001\", -0.0]", DataType::kComplex64), "800000007fc00001");
  EXPECT_EQ(bits("[\"-Infinity\", 2]", DataType::kComplex128), "4000000000000000fff0000000000000");
}

TEST(FillValue, R4_RefusesWhatTheTypeCannotHold) {
  const std::pair<const char*, DataType> cases[] = {
      {"128", DataType::kInt8},
      {"-129", DataType::kInt8},
      {"-1", DataType::kUint64},
      {"18446744073709551616", DataType::kUint64},
      {"9223372036854775808", DataType::kInt64},
      {"1.5", DataType::kInt32},
      {"\"4\"", DataType::kInt32},
      {"null", DataType::kInt32},
      {"true", DataType::kInt32},
      {"1e39", DataType::kFloat32},
      {"\"0x7fc0\"", DataType::kFloat32},
      {"\"0x7fc0000g\"", DataType::kFloat32},
      {"\"7fc00000\"", DataType::kFloat32},
      {"\"0x-fc00000\"", DataType::kFloat32},
      {"\"nan\"", DataType::kFloat32},
      {"[1, 2]", DataType::kFloat32},
      {"1", DataType::kComplex64},
      {"[1]", DataType::kComplex64},
      {"[1, 2, 3]", DataType::kComplex64},
      {"2", DataType::kBool},
      {"\"AAAA\"", DataType::kFloat32},
  };
  for (const auto& [text, type] : cases) EXPECT_EQ(bits(text, type), "refused") << text;
  EXPECT_FALSE(parse_fill_value(nullptr, DataType::kFloat32).ok());
  EXPECT_EQ(*parse_fill_value_v2(nullptr, DataType::kFloat32), ByteVector(4));
}

}  // namespace
}  // namespace neurofs
