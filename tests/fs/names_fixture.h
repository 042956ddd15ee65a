// A file system without a kernel over one field, and paths in it: for tests of names.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/storage/memory_store.h"
#include "tests/fs/fs_testing.h"

namespace neurofs::test {

inline constexpr int kRows = 1200;  // more than one bucket
inline constexpr int kFeatures = 4;

// float32, element (r, f) is r - f * 100: negative and positive ones; rows in one raw chunk.
inline float stored_value(int row, int feature) {
  return static_cast<float>(row - feature * 100);
}

inline std::string metadata(const std::string& attributes) {
  return R"({"zarr_format": 3, "node_type": "array", "data_type": "float32", "shape": [1200, 4],
             "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1200, 4]}},
             "chunk_key_encoding": {"name": "default"}, "fill_value": -3,
             "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
             "attributes": )" +
         attributes + "}";
}

inline std::shared_ptr<MemoryStore> store_of(const std::string& attributes = "{}",
                                             float shift = 0) {
  auto store = std::make_shared<MemoryStore>();
  store->plant("zarr.json", metadata(attributes));
  std::string bytes;
  for (int row = 0; row < kRows; ++row) {
    for (int f = 0; f < kFeatures; ++f) {
      const float value = stored_value(row, f) + shift;
      bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
  }
  store->plant("c/0/0", bytes);
  return store;
}

// Looks names up, and reads files, in a field of kRows rows.
class NamesFixture : public testing::Test {
 protected:
  void open(const std::string& attributes = "{}") {
    store = store_of(attributes);
    fs = file_system_over(store);
  }
  Result<Entry> find(const std::string& path) {
    NodeId node = kRootId;
    size_t from = 0;
    for (;;) {
      const size_t slash = std::min(path.find('/', from), path.size());
      auto entry = fs->lookup(node, path.substr(from, slash - from));
      if (!entry.ok() || slash == path.size()) return entry;
      node = entry->id;
      from = slash + 1;
    }
  }
  ByteVector bytes(const std::string& path, uint64_t offset = 0, size_t most = 1 << 20) {
    ByteVector out(most);
    const auto entry = find(path);
    EXPECT_TRUE(entry.ok()) << path << ": " << entry.status().to_string();
    if (!entry.ok()) return {};
    const auto got = fs->read(entry->id, offset, out, 1);
    EXPECT_TRUE(got.ok()) << path << ": " << got.status().to_string();
    out.resize(got.ok() ? *got : 0);
    return out;
  }
  template <typename T>
  std::vector<T> values(const std::string& path) {
    const ByteVector raw = bytes(path);
    std::vector<T> all(raw.size() / sizeof(T));
    std::memcpy(all.data(), raw.data(), all.size() * sizeof(T));
    return all;
  }
  std::vector<std::string> list(NodeId id) {
    std::vector<std::string> names;
    const Status status = fs->readdir(id, 0, [&](std::string_view name, const Entry&, uint64_t) {
      names.emplace_back(name);
      return true;
    });
    EXPECT_TRUE(status.ok());
    return names;
  }
  std::string text(const std::string& path) {
    const ByteVector raw = bytes(path);
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
  }

  std::shared_ptr<MemoryStore> store;
  std::unique_ptr<FileSystem> fs;
};

}  // namespace neurofs::test
