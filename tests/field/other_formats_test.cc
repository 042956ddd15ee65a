// Zarr v2, .npy and raw files, as documents; interop_test reads what their writers write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/log.h"
#include "core/field/npy_header.h"
#include "core/field/raw_description.h"
#include "core/field/zarr2_metadata.h"
#include "tests/field/field_testing.h"

namespace neurofs {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json small_zarr2() {
  return json::parse(R"({"zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<i4",
                         "order": "C", "compressor": null, "filters": null, "fill_value": 0})");
}

Result<FieldSpec> zarr2_with(const char* member, const char* value) {
  json document = small_zarr2();
  document[member] = json::parse(value);
  return parse_zarr2_array(document, json::object());
}

TEST(Zarr2Metadata, R5_OrderEndianSeparatorFilters) {
  EXPECT_EQ(zarr2_with("order", "\"F\"").value().codecs.stored_axes(), (Dims{1, 0}));
  EXPECT_EQ(zarr2_with("dtype", "\">f4\"").value().codecs_json[0]["configuration"]["endian"],
            "big");
  EXPECT_EQ(zarr2_with("dimension_separator", "\"/\"").value().key_encoding.separator, '/');
  const auto spec = zarr2_with("filters", R"([{"id": "delta", "dtype": "<i4"},
                                              {"id": "shuffle", "elementsize": 4}])");
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  EXPECT_EQ(spec->codecs_json.size(), 3u);
  EXPECT_TRUE(zarr2_with("fill_value", "null").ok());
  EXPECT_TRUE(zarr2_with("unknown", "1").ok()) << "version 2 ignores unknown members";
}

TEST(Zarr2Metadata, FiltersThatChangeElementsComeBeforeTheBytes) {
  json document = small_zarr2();
  document["dtype"] = ">f8";
  document["filters"] = json::parse(
      R"([{"id": "fixedscaleoffset", "scale": 2, "offset": 1, "dtype": ">f8", "astype": ">i4"},
          {"id": "astype", "decode_dtype": ">i4", "encode_dtype": "<i2"},
          {"id": "delta", "dtype": "<i2"}])");
  const auto spec = parse_zarr2_array(document, json::object());
  ASSERT_TRUE(spec.ok()) << spec.status().message();
  const json& codecs = spec->codecs_json;
  ASSERT_EQ(codecs.size(), 4u);
  EXPECT_EQ(codecs[0]["configuration"]["astype"], "int32");
  EXPECT_EQ(codecs[2], json::parse(R"({"name": "bytes", "configuration": {"endian": "little"}})"));
  EXPECT_TRUE(spec->codecs.transforms_elements());
  EXPECT_EQ(spec->dtype, DataType::kFloat64);
  const auto refused = [&](const char* filters) {
    document["filters"] = json::parse(filters);
    const Status status = parse_zarr2_array(document, json::object()).status();
    EXPECT_FALSE(status.ok()) << filters;
    return status.message();
  };
  EXPECT_THAT(refused(R"([{"id": "astype", "decode_dtype": "<f8", "encode_dtype": "<f4"}])"),
              HasSubstr("decode_dtype"));
  EXPECT_THAT(refused(R"([{"id": "shuffle"}, {"id": "astype", "encode_dtype": "<f4"}])"),
              HasSubstr("after one that works on bytes"));
  EXPECT_THAT(refused(R"([{"id": "astype", "decode_dtype": ">f8", "encode_dtype": 4}])"),
              HasSubstr("encode_dtype"));
  EXPECT_THAT(refused(R"([{"id": "fixedscaleoffset", "scale": 1, "offset": 0, "astype": "<U4"}])"),
              HasSubstr("astype"));
}

TEST(Zarr2Metadata, Refusals) {
  const std::pair<const char*, const char*> cases[] = {
      {"zarr_format", "3"},
      {"shape", "[4, -6]"},
      {"chunks", "[0, 3]"},
      {"chunks", "[2]"},
      {"dtype", "[[\"a\", \"<i4\"]]"},
      {"dtype", "\"<U8\""},
      {"dtype", "\"|O\""},
      {"order", "\"K\""},
      {"compressor", R"({"id": "lzma"})"},
      {"compressor", "\"gzip\""},
      {"filters", R"([{"id": "categorize"}])"},
      {"fill_value", "\"AAAA\""},
      {"dimension_separator", "\"-\""},
  };
  for (const auto& [member, value] : cases) EXPECT_FALSE(zarr2_with(member, value).ok()) << value;
  EXPECT_THAT(zarr2_with("compressor", R"({"id": "lzma"})").status().message(), HasSubstr("lzma"));
}

TEST(Zarr2Metadata, R5_BadAttributesDoNotHarmData) {
  auto store = testing::store_with("a/.zarray", small_zarr2().dump());
  store->plant("a/.zattrs", "{\"x\": NaN}");
  auto field = open_stored_field(store, "a", {});
  ASSERT_TRUE(field.ok());
  EXPECT_EQ((*field)->spec().attributes["x"], "NaN");
  store->plant("a/.zattrs", "{\"x\": ");
  EXPECT_TRUE(open_stored_field(store, "a", {}).ok());
}

std::string npy(const std::string& header, char major = 1) {
  std::string text = std::string("\x93NUMPY") + std::string(1, major) + '\0';
  const auto size = static_cast<uint32_t>(header.size());
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i) text += static_cast<char>(size >> (8 * i) & 0xFF);
  return text + header;
}

Result<FieldSpec> parse_npy(const std::string& text) {
  return parse_npy_header(std::as_bytes(std::span(text)));
}

TEST(NpyHeader, VersionsOrdersSpellings) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }  \n";
  for (const char major : {'\x01', '\x02', '\x03'}) {
    const auto spec = parse_npy(npy(header, major));
    ASSERT_TRUE(spec.ok()) << spec.status().message();
    EXPECT_EQ(spec->shape, (Dims{3, 4}));
    EXPECT_EQ(spec->object_offset, npy(header, major).size());
  }
  EXPECT_EQ(parse_npy(npy("{\"shape\":(5,),\"fortran_order\":True,\"descr\":\">i8\"}"))->shape,
            (Dims{5}));
  EXPECT_EQ(parse_npy(npy("{'descr': '|b1', 'fortran_order': False, 'shape': ()}"))->size(), 1u);
  EXPECT_EQ(parse_npy(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2L, 3L)}"))
                ->codecs.stored_axes(),
            (Dims{1, 0}));
  EXPECT_EQ(parse_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3)}"))->size(),
            0u);
}

TEST(NpyHeader, HostileHeaders) {
  const std::string good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}");
  for (size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(parse_npy(good.substr(0, n)).ok()) << n;
  const std::string cases[] = {
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, -4)}"),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3 4)}"),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807,)}"),
      npy("{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}"),
      npy("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}"),
      npy("{'descr': '<f4', 'fortran_order': False}"),
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} {}"),
      npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}"),
      npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}"),
      npy("{'descr: '<f4'"),
      npy("", 4),
      std::string("\x93NUMPY\x02\x00\xFF\xFF\xFF\xFF", 12),
  };
  for (const std::string& text : cases) EXPECT_FALSE(parse_npy(text).ok()) << text;
}

TEST(NpyHeader, TruncatedFileIsCorrupt) {
  const std::string head = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}");
  auto store = testing::store_with("x.npy", head + std::string(47, 'x'));
  EXPECT_EQ(open_stored_field(store, "x.npy", {}).status().code(), Code::kCorrupt);
  store->plant("x.npy", head + std::string(48, 'x'));
  auto field = open_stored_field(store, "x.npy", {});
  ASSERT_TRUE(field.ok()) << field.status().message();
  EXPECT_EQ(testing::read_dense(**field).value().size(), 48u);
}

TEST(NpyHeader, BytesAfterTheArrayAreIgnoredWithAWarning) {
  const std::string head = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}");
  std::vector<std::string> warnings;
  set_log_sink([&](LogLevel, std::string_view message) { warnings.emplace_back(message); });
  const auto store = testing::store_with("x.npy", head + std::string(50, 'x'));
  auto field = open_stored_field(store, "x.npy", {});
  set_log_sink([](LogLevel, std::string_view) {});
  ASSERT_TRUE(field.ok()) << field.status().message();
  EXPECT_EQ(testing::read_dense(**field).value().size(), 48u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("2 bytes after the array"), std::string::npos) << warnings[0];
}

TEST(RawDescription, ReadsAndRefuses) {
  auto store = testing::store_with("x.bin", "??\1\0\2\0\3\0\4\0\5\0\6\0");
  store->plant("x.bin", std::string_view("??\0\1\0\2\0\3\0\4\0\5\0\6", 14));
  store->plant("x.bin.json", R"({"shape": [2, 3], "dtype": "int16", "byte_order": "big",
                                 "order": "F", "offset": 2, "attributes": {"unit": "mV"}})");
  auto field = open_stored_field(store, "x.bin", {});
  ASSERT_TRUE(field.ok()) << field.status().message();
  const ByteVector dense = testing::read_dense(**field).value();
  const std::vector<int> order = {1, 3, 5, 2, 4, 6};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(std::to_integer<int>(dense[2 * i]), order[i]);
  for (const char* bad : {R"({"shape": [2, 3]})", R"({"shape": [2, 3], "dtype": "x"})",
                          R"({"shape": [2, 3], "dtype": "int16", "ofset": 2})",
                          R"({"shape": [2, 3], "dtype": "int16", "offset": -2})",
                          R"({"shape": [2, 3], "dtype": "int16", "order": "A"})",
                          R"({"shape": [2, 3], "dtype": "int16", "trailing": "yes"})",
                          R"({"shape": [2, 4], "dtype": "int16"})", "[]", "{"}) {
    store->plant("x.bin.json", bad);
    EXPECT_FALSE(open_stored_field(store, "x.bin", {}).ok()) << bad;
  }
}

TEST(RawDescription, WhatIsLeftOverMeansAWrongShapeUnlessItIsExpected) {
  auto store = testing::store_with("x.bin", std::string(100, 'x'));
  store->plant("x.bin.json", R"({"shape": [4, 6], "dtype": "int32"})");
  const Status status = open_stored_field(store, "x.bin", {}).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_NE(status.message().find("4 bytes are left over"), std::string::npos) << status.message();
  store->plant("x.bin.json", R"({"shape": [4, 6], "dtype": "int32", "trailing": "ignore"})");
  EXPECT_TRUE(open_stored_field(store, "x.bin", {}).ok());
  store->plant("x.bin.json", R"({"shape": [4, 6], "dtype": "int32", "offset": 4})");
  EXPECT_TRUE(open_stored_field(store, "x.bin", {}).ok());
}

}  // namespace
}  // namespace neurofs
