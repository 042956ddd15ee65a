#include "core/geometry/data_type.h"

#include <gtest/gtest.h>

namespace neurofs {
namespace {

TEST(DataType, EveryNameParsesBack) {
  for (int i = 0; i < kDataTypeCount; ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(*parse_data_type(zarr_name(type)), type);
    EXPECT_EQ(item_size(type) % swap_unit(type), 0u);
    if (numpy_descr(type) == "<V1") continue;  // says nothing of what the byte is
    const auto typestr = parse_typestr(numpy_descr(type));
    ASSERT_TRUE(typestr.ok()) << numpy_descr(type);
    EXPECT_EQ(typestr->type, type);
    EXPECT_FALSE(typestr->big_endian);
  }
}

TEST(DataType, NumPyShortNamesAreUnderstood) {
  EXPECT_EQ(*parse_data_type("f4"), DataType::kFloat32);
  EXPECT_EQ(*parse_data_type("u1"), DataType::kUint8);
  EXPECT_EQ(*parse_data_type("c16"), DataType::kComplex128);
  EXPECT_EQ(*parse_data_type("float"), DataType::kFloat64);
  EXPECT_EQ(*parse_data_type("f8"), DataType::kFloat64);
  EXPECT_EQ(*parse_data_type("f8_e4m3"), DataType::kFloat8E4m3fn);
  EXPECT_EQ(*parse_data_type("f8_e4m3fn"), DataType::kFloat8E4m3fn);
  EXPECT_EQ(*parse_data_type("f8_e5m2"), DataType::kFloat8E5m2);
  for (const std::string_view name :
       {"", "<f4", "f16", "V1", "V2", "float31", "object", "Float32"}) {
    EXPECT_EQ(parse_data_type(name).status().code(), Code::kUnsupported) << name;
  }
}

TEST(DataType, TypeStringsCarryTheByteOrder) {
  EXPECT_TRUE(parse_typestr(">i2")->big_endian);
  EXPECT_EQ(parse_typestr(">i2")->type, DataType::kInt16);
  EXPECT_TRUE(parse_typestr(">c8")->big_endian);
  EXPECT_FALSE(parse_typestr(">u1")->big_endian);
  EXPECT_EQ(parse_typestr("<f1")->type, DataType::kFloat8E5m2);  // as ml_dtypes saves it
  for (const std::string_view text : {"", "f4", "|f4", "=f4", "<", "<M8[ns]", "|O", "<U3", "|V2",
                                      ">V2", "<V1", "|V1", ">f1", "<f16", "<f4 "}) {
    EXPECT_EQ(parse_typestr(text).status().code(), Code::kUnsupported) << text;
  }
}

}  // namespace
}  // namespace neurofs
