// Element-wise codecs against those of their writers, element by element: numcodecs, ml_dtypes and,
// where the interpreter has them, zarr-python's scale_offset and the library behind its cast_value.

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/codec/codec_chain.h"
#include "core/codec/exact_number.h"

namespace neurofs {
namespace {

using nlohmann::json;

ByteVector from_hex(const std::string& text) {
  ByteVector bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// The first element that differs, or -1; the payloads of NaNs are nobody's promise.
ptrdiff_t first_difference(const ByteVector& a, const ByteVector& b, DataType type) {
  const size_t item = item_size(type);
  if (a.size() != b.size()) return 0;
  for (size_t at = 0; at < a.size(); at += item) {
    if (std::memcmp(a.data() + at, b.data() + at, item) == 0) continue;
    const bool both_nan = load_number(a.data() + at, type).kind == ExactNumber::Kind::kNan &&
                          load_number(b.data() + at, type).kind == ExactNumber::Kind::kNan;
    if (!both_nan) return static_cast<ptrdiff_t>(at / item);
  }
  return -1;
}

// Runs the one element-wise codec of a case.
class ElementCase {
 public:
  explicit ElementCase(const json& line) : line_(line) {
    type_ = *parse_data_type(line["dtype"].get<std::string>());
    input_ = from_hex(line["input"]);
    const json& entry = line["codecs"][0];
    const auto* plugin = ArrayToArrayRegistry::instance().find(entry["name"].get<std::string>());
    if (!plugin) return;
    auto codec = plugin->factory(entry["configuration"], {{1}, type_, ByteVector(8)});
    EXPECT_TRUE(codec.ok()) << line["codecs"] << codec.status().to_string();
    if (codec.ok()) codec_ = *codec;
  }

  void check() const {
    ASSERT_TRUE(codec_) << line_["codecs"];
    const DataType stored = codec_->encoded_type();
    const size_t count = input_.size() / item_size(type_);
    ByteVector encoded(count * item_size(stored));
    const Status status = codec_->encode(input_.data(), encoded.data(), count);
    ASSERT_EQ(status.ok(), !line_["encoded"].is_null()) << what() << status.to_string();
    if (!status.ok()) return;
    const ByteVector theirs = from_hex(line_["encoded"]);
    EXPECT_EQ(first_difference(encoded, theirs, stored), -1) << what();
    ByteVector decoded(input_.size());
    const Status back = codec_->decode(theirs.data(), decoded.data(), count);
    ASSERT_EQ(back.ok(), !line_["decoded"].is_null()) << what() << back.to_string();
    if (!back.ok()) return;
    EXPECT_EQ(first_difference(decoded, from_hex(line_["decoded"]), type_), -1) << what();
  }

 private:
  std::string what() const {
    const std::string text = line_.dump();
    return text.substr(0, 2000);
  }

  json line_;
  DataType type_ = DataType::kUint8;
  ByteVector input_;
  std::shared_ptr<const ArrayToArrayCodec> codec_;
};

TEST(ElementInterop, EveryElementAsItsWriterHasIt) {
  const char* python = std::getenv("NEUROFS_TEST_PYTHON");
  if (!python) GTEST_SKIP() << "NEUROFS_TEST_PYTHON names no Python with numcodecs and ml_dtypes";
  const std::string command = "'" + std::string(python) + "' -B '" ELEMENT_INTEROP_SCRIPT "'";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  size_t cases = 0;
  char* line = nullptr;
  size_t capacity = 0;
  while (getline(&line, &capacity, pipe) > 0 && !HasFailure()) {
    ElementCase(json::parse(line)).check();
    ++cases;
  }
  std::free(line);
  const int status = pclose(pipe);
  if (!HasFailure()) {
    EXPECT_EQ(status, 0);
    EXPECT_GE(cases, 250u);
  }
}

}  // namespace
}  // namespace neurofs
