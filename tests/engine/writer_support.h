// A field being written beside a dense array that says what it must hold, and a way to show both to
// Python. For the writer's and importer's tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "core/engine/field_sink.h"
#include "core/engine/field_writer.h"
#include "core/field/zarr3_metadata.h"
#include "core/geometry/strided_copy.h"
#include "core/storage/memory_store.h"

namespace neurofs::writer_test {

inline uint64_t test_seed() {
  const char* given = std::getenv("NEUROFS_TEST_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "NEUROFS_TEST_SEED=" << seed << '\n';
  return seed;
}

// A directory that goes away with the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "neurofs-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Every object below `prefix` ("" for all) as a file.
inline void dump(MemoryStore& store, const std::string& prefix, const std::filesystem::path& to) {
  std::filesystem::create_directories(to);
  const auto entries = store.list(prefix, 1'000'000);
  for (const ListEntry& entry : *entries) {
    const std::string key = prefix.empty() ? entry.name : prefix + "/" + entry.name;
    if (entry.is_prefix) {
      dump(store, key, to / entry.name);
    } else {
      const ByteVector bytes = store.bytes(key);
      std::ofstream(to / entry.name, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    }
  }
}

// The elements of `region` of C-order `dense`, and the way back.
inline void copy_region(const Dims& shape, const Region& region, size_t item, std::byte* dense,
                        std::byte* packed, bool into_dense) {
  const Dims strides = c_order_strides(shape, static_cast<Index>(item));
  const Dims packed_strides = c_order_strides(region.full_shape(), static_cast<Index>(item));
  Dims stepped;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    stepped.push_back(strides[axis] * region.axes[axis].step);
    dense += strides[axis] * region.axes[axis].start;
  }
  if (into_dense) {
    strided_copy(dense, stepped, packed, packed_strides, region.full_shape(), item);
  } else {
    strided_copy(packed, packed_strides, dense, stepped, region.full_shape(), item);
  }
}

class DenseField {
 public:
  explicit DenseField(const CreateOptions& options) : store_(std::make_shared<MemoryStore>()) {
    const Status created = create_field(*store_, "", options);
    EXPECT_TRUE(created.ok()) << created.to_string();
    const ByteVector text = store_->bytes("zarr.json");
    const auto document =
        nlohmann::json::parse(reinterpret_cast<const char*>(text.data()),
                              reinterpret_cast<const char*>(text.data() + text.size()));
    sink_ = std::make_unique<FieldSink>(store_, "", *parse_zarr3_array(document));
    dense_.resize(sink_->spec().size());
    const auto item = static_cast<Index>(item_size(options.dtype));
    strided_copy(dense_.data(), {item}, sink_->spec().fill.data(), {0},
                 {static_cast<Index>(dense_.size()) / item}, static_cast<size_t>(item));
  }

  Status write(const Region& region, ByteVector data) {
    NF_TRY(sink_->write(region, data));
    copy_region(spec().shape, region, item_size(spec().dtype), dense_.data(), data.data(), true);
    return {};
  }
  const FieldSpec& spec() const { return sink_->spec(); }
  const ByteVector& dense() const { return dense_; }
  MemoryStore& store() { return *store_; }
  std::shared_ptr<MemoryStore> shared_store() { return store_; }

 private:
  std::shared_ptr<MemoryStore> store_;
  std::unique_ptr<FieldSink> sink_;
  ByteVector dense_;
};

}  // namespace neurofs::writer_test
