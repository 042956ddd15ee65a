// A field of counting numbers in a memory store, behind an engine: what the engine tests read.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "core/engine/field.h"
#include "core/engine/field_writer.h"
#include "core/storage/memory_store.h"

namespace neurofs {

class EngineFixture : public testing::Test {
 protected:
  // Element i (C order) of the field is i, as uint32; `write` false leaves it empty.
  void make(const Dims& shape, const Dims& chunks, const Dims& shards, const char* codecs = nullptr,
            uint64_t ram = uint64_t{1} << 20, bool write = true,
            const std::string& predictor = "none") {
    store = std::make_shared<MemoryStore>();
    CreateOptions create;
    create.shape = shape;
    create.dtype = DataType::kUint32;
    create.chunk_shape = chunks;
    create.shard_shape = shards;
    create.fill_value = 77;
    if (codecs != nullptr) create.codecs = nlohmann::json::parse(codecs);
    ASSERT_TRUE(create_field(*store, "", create).ok());
    stored = open_stored_field(store, "", {}).value();
    dense.resize(static_cast<size_t>(element_count(shape).value()));
    std::iota(dense.begin(), dense.end(), 0u);
    if (write) {
      auto writer = std::move(FieldWriter::open(stored)).value();
      const Status written = writer->write(whole_region(shape), std::as_bytes(std::span(dense)));
      ASSERT_TRUE(written.ok()) << written.to_string();
      stored->forget_indexes();
    } else {
      std::fill(dense.begin(), dense.end(), 77u);
    }
    EngineOptions options;
    options.ram_bytes = ram;
    options.predictor = predictor;
    auto made = Engine::create(options);
    ASSERT_TRUE(made.ok()) << made.status().to_string();
    engine = *made;
    field = engine->attach(stored).value();
  }

  std::vector<uint32_t> read(const Region& region) {
    const RegionReader reader(field, region);
    std::vector<uint32_t> out(reader.size() / 4);
    const Status status = reader.read(0, std::as_writable_bytes(std::span(out)), 1);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return out;
  }

  std::shared_ptr<MemoryStore> store;
  std::shared_ptr<StoredField> stored;
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Field> field;
  std::vector<uint32_t> dense;
};

}  // namespace neurofs
