// Chunks written by zarr-python, numcodecs and tensorstore, every codec and data type, and ours
// read back by them. The writers run in NEUROFS_TEST_PYTHON, through codec_interop.py.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/codec/codec_chain.h"

namespace neurofs {
namespace {

namespace fs = std::filesystem;

ByteVector read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ByteVector bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

struct Case {
  CodecChain chain;
  Dims shape;
  size_t item;
};

Case load_case(const fs::path& folder) {
  const auto json = nlohmann::json::parse(std::ifstream(folder / "codecs.json"));
  ChunkSpec spec;
  for (const auto& n : json["shape"]) spec.shape.push_back(n.get<Index>());
  spec.dtype = *parse_data_type(json["dtype"].get<std::string>());
  auto chain = CodecChain::parse(json["codecs"], spec);
  EXPECT_TRUE(chain.ok()) << folder << " " << json << " " << chain.status().to_string();
  return {chain.ok() ? *chain : CodecChain(), spec.shape, item_size(spec.dtype)};
}

// The elements of `raw` (C order of the array) in the chain's stored order, one by one.
ByteVector in_stored_order(const ByteVector& raw, const Case& c) {
  ByteVector stored(raw.size());
  const Dims& axes = c.chain.stored_axes();
  const Dims strides = c_order_strides(c.shape);
  Dims index(c.shape.size());
  for (size_t at = 0; at < raw.size(); at += c.item) {
    Index from = 0;
    for (size_t i = 0; i < axes.size(); ++i) from += index[i] * strides[size_t(axes[i])];
    std::memcpy(stored.data() + at, raw.data() + size_t(from) * c.item, c.item);
    for (size_t i = axes.size(); i-- > 0 && ++index[i] == c.shape[size_t(axes[i])];) index[i] = 0;
  }
  return stored;
}

class CodecInterop : public testing::Test {
 protected:
  void SetUp() override {
    const char* python = std::getenv("NEUROFS_TEST_PYTHON");
    if (!python) GTEST_SKIP() << "NEUROFS_TEST_PYTHON names no Python with zarr and tensorstore";
    python_ = python;
    root_ = fs::path(testing::TempDir()) / ("codec_interop_" + std::to_string(::getpid()));
  }
  void TearDown() override {
    if (!root_.empty()) fs::remove_all(root_);
  }
  int run(const std::string& command) const {
    const std::string line =
        "'" + python_ + "' '" CODEC_INTEROP_SCRIPT "' " + command + " '" + root_.string() + "'";
    return std::system(line.c_str());
  }

  std::string python_;
  fs::path root_;
};

TEST_F(CodecInterop, EveryCodecAndDataTypeBothWays) {
  ASSERT_EQ(run("write"), 0);
  size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(root_)) {
    const Case c = load_case(entry.path());
    const ByteVector stored = in_stored_order(read_file(entry.path() / "raw"), c);
    ByteVector decoded(c.chain.decoded_size());
    const Status status = c.chain.decode(read_file(entry.path() / "encoded"), decoded);
    EXPECT_TRUE(status.ok()) << entry.path() << " " << status.to_string();
    EXPECT_EQ(decoded, stored) << entry.path();
    const auto ours = c.chain.encode(stored);
    ASSERT_TRUE(ours.ok()) << entry.path() << " " << ours.status().to_string();
    std::ofstream(entry.path() / "ours", std::ios::binary)
        .write(reinterpret_cast<const char*>(ours->data()),
               static_cast<std::streamsize>(ours->size()));
    ++cases;
  }
  EXPECT_GT(cases, 800u);
  EXPECT_EQ(run("check"), 0);
}

}  // namespace
}  // namespace neurofs
