// A random field in a store (in memory, unless a test says otherwise) behind an engine with a GPU tier, and reads of it both ways.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "core/engine/device_reader.h"
#include "core/engine/field_state.h"
#include "core/engine/field_writer.h"
#include "core/engine/tiered_memory.h"
#include "core/storage/memory_store.h"
#include "tests/device/device_under_test.h"

namespace neurofs::test {

struct Stored {
  Dims shape{400, 24};
  DataType dtype = DataType::kFloat32;
  Dims chunks{16, 24};
  Dims shards{64, 24};
  const char* codecs = nullptr;
  double missing = 0.2;  // of the shards' rows
};

class DeviceFixture : public testing::Test {
 protected:
  static constexpr uint64_t kDevice = uint64_t{32} << 20;

  EngineOptions options() const {
    EngineOptions o;
    o.ram_bytes = uint64_t{1} << 20;
    o.predictor = "none";
    o.threads = 2;
    o.gpu_bytes = uint64_t{20} << 20;
    o.gpu_kind = device_kind();
    return o;
  }

  virtual std::shared_ptr<ObjectStore> new_store() { return std::make_shared<MemoryStore>(); }

  void make(const Stored& s, const EngineOptions& o) {
    memory.reset();
    store = new_store();
    CreateOptions create;
    create.shape = s.shape;
    create.dtype = s.dtype;
    create.chunk_shape = s.chunks;
    create.shard_shape = s.shards;
    if (s.codecs != nullptr) create.codecs = nlohmann::json::parse(s.codecs);
    ASSERT_TRUE(create_field(*store, "", create).ok());
    stored = open_stored_field(store, "", {}).value();
    write(s.missing);
    engine = Engine::create(o).value();
    field = engine->attach(stored).value();
    memory.emplace(field);
  }

  // Random bytes (valid as bool too) into about 1 - missing of the shards, and into `dense`.
  void write(double missing) {
    auto writer = std::move(FieldWriter::open(stored)).value();
    const Dims& shape = stored->spec().shape;
    const Index step = stored->spec().outer_chunk_shape()[0];
    for (Index at = 0; at < shape[0]; at += step) {
      if (std::bernoulli_distribution(missing)(random)) continue;
      Region region = whole_region(shape);
      region.axes[0].start = at;
      region.axes[0].count = std::min(step, shape[0] - at);
      ByteVector bytes(static_cast<size_t>(element_count(region.full_shape()).value()) *
                       item_size(stored->spec().dtype));
      const bool is_bool = stored->spec().dtype == DataType::kBool;
      for (std::byte& b : bytes) b = static_cast<std::byte>(random() & (is_bool ? 1 : 0x3f));
      ASSERT_TRUE(writer->write(region, bytes).ok());
    }
    stored->forget_indexes();
  }

  ByteVector on_cpu(const Region& region) const {
    const RegionReader reader(field, region);
    ByteVector out(reader.size());
    const Status status = reader.read(0, out, 1);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return out;
  }
  ByteVector on_cpu(std::span<const Index> neurons) const {
    ByteVector out(neurons.size() * memory->spec().neuron_size());
    const Status status = memory->batch_get(neurons, out);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return out;
  }
  static ByteVector through(const Lens& lens, const ByteVector& bytes) {
    const size_t count = bytes.size() / item_size(lens.source());
    ByteVector out(count * item_size(lens.result()));
    lens.apply(out.data(), bytes.data(), count);
    return out;
  }

  // What `What` (neurons or a region) reads into device memory of `size` bytes, back on the host.
  template <typename What>
  Result<ByteVector> on_gpu(const What& what, const Lens& lens, uint64_t size) const {
    NF_ASSIGN(const auto device, engine->gpu());
    NF_ASSIGN(const DeviceMemory out, device->allocate(std::max<uint64_t>(size, 1)));
    NF_TRY(memory->batch_get_device(what, {out.address(), size, device->info().id}, lens));
    return download(*device, out.address(), size);
  }
  static Result<ByteVector> download(Device& device, DevicePointer from, uint64_t size) {
    ByteVector bytes(size);
    NF_ASSIGN(const auto stream, device.make_stream());
    if (size > 0) NF_TRY(stream->copy_to_host(bytes.data(), from, size));
    NF_TRY(stream->wait());
    return bytes;
  }

  std::vector<Index> some_neurons(size_t count) {
    std::uniform_int_distribution<Index> pick(0, memory->spec().neuron_count() - 1);
    std::vector<Index> neurons(count);
    for (Index& n : neurons) n = pick(random);
    return neurons;
  }
  Region some_region() {
    Region region = whole_region(memory->spec().shape);
    for (AxisSlice& axis : region.axes) {
      const Index extent = axis.count;
      axis.step = static_cast<Index>(random() % 3) + 1;
      axis.start = static_cast<Index>(random() % static_cast<uint64_t>(extent));
      const Index most = (extent - axis.start + axis.step - 1) / axis.step;
      axis.count = static_cast<Index>(random() % static_cast<uint64_t>(most)) + 1;
      if (random() % 3 != 0) continue;
      axis.start += (axis.count - 1) * axis.step;
      axis.step = -axis.step;
    }
    return region;
  }

  double metric(const std::string& name) const {
    for (const auto& sample : engine->metrics().snapshot()) {
      if (sample.name == name) return sample.value;
    }
    return 0;
  }

  std::shared_ptr<ObjectStore> store;
  std::shared_ptr<StoredField> stored;
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Field> field;
  std::optional<TieredMemory> memory;
  std::mt19937 random{11};
};

}  // namespace neurofs::test
