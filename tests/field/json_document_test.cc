#include "core/field/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

using ::testing::HasSubstr;

Result<nlohmann::json> parse(std::string_view text) {
  return parse_json_document(std::as_bytes(std::span(text)), "f/zarr.json");
}

struct BadText {
  std::string text;
  std::string message;
};

TEST(JsonDocument, R1_BadTextFailsWithFileAndOffset) {
  const std::string deep(1000000, '[');
  const BadText cases[] = {
      {"", "f/zarr.json: byte 0: the file is empty"},
      {"{\"a\": 1", "f/zarr.json: byte 7"},
      {"{\"a\": }", "f/zarr.json: byte 6"},
      {"{} x", "f/zarr.json: byte 3"},
      {"\xEF\xBB\xBF{}", "byte order mark"},
      {"{\"a\": \"\xFF\"}", "f/zarr.json: byte 7"},
      {"{\"a\": 1, \"b\": {\"a\": 2}, \"a\": 3}", "byte 24: member \"a\" appears twice"},
      {deep, "byte 64: nested deeper"},
      {"{\"a\": NaN, \"b\": }", "f/zarr.json: byte 16"},
      {"{\"a\": 1e999}", "f/zarr.json: byte"},
  };
  for (const BadText& bad : cases) {
    const auto result = parse(bad.text);
    ASSERT_FALSE(result.ok()) << bad.text.substr(0, 80);
    EXPECT_EQ(result.status().code(), Code::kCorrupt);
    EXPECT_THAT(result.status().message(), HasSubstr(bad.message));
  }
}

TEST(JsonDocument, R1_TooLarge) {
  const std::string text = "\"" + std::string(kMaxDocumentBytes, 'x') + "\"";
  EXPECT_THAT(parse(text).status().message(), HasSubstr("larger than 16 MiB"));
}

TEST(JsonDocument, DepthAtTheLimitParses) {
  EXPECT_TRUE(parse(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_FALSE(parse(std::string(65, '[') + std::string(65, ']')).ok());
  EXPECT_TRUE(parse("\"" + std::string(100, '[') + "\"").ok()) << "brackets in a string";
}

TEST(JsonDocument, R5_PythonLiteralsBecomeStrings) {
  const auto result = parse(R"({"a": [NaN, Infinity, -Infinity, -1], "b": "NaN \" NaN"})");
  ASSERT_TRUE(result.ok()) << result.status().message();
  const nlohmann::json expected = {{"a", {"NaN", "Infinity", "-Infinity", -1}},
                                   {"b", "NaN \" NaN"}};
  EXPECT_EQ(*result, expected);
}

}  // namespace
}  // namespace neurofs
