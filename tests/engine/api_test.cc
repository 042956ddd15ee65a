#include <unistd.h>

#include <filesystem>
#include <random>

#include "core/engine/neurofs.h"
#include "tests/engine/engine_fixture.h"

namespace neurofs {
namespace {

class ApiTest : public EngineFixture {};

TEST_F(ApiTest, GetIsASpanOfTheNeuron) {
  make({10, 6, 8}, {4, 6, 8}, {8, 6, 8});
  const TieredMemory memory(field);
  for (Index n : {0, 1, 30, 59, 30}) {
    const auto neuron = memory.get(n);
    ASSERT_TRUE(neuron.ok()) << neuron.status().to_string();
    const auto values = neuron->as<uint32_t>();
    ASSERT_EQ(values.size(), 8u);
    for (size_t f = 0; f < 8; ++f) EXPECT_EQ(values[f], static_cast<uint32_t>(n) * 8 + f);
  }
  EXPECT_EQ(memory.get(60).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(memory.get(-1).status().code(), Code::kInvalidArgument);
}

TEST_F(ApiTest, BatchGetTakesAnyOrderAndRepeats) {
  for (const bool written : {true, false}) {
    make({5000, 3}, {256, 3}, {1024, 3}, nullptr, 128 << 10, written);
    const TieredMemory memory(field);
    std::mt19937_64 random(5);
    for (int round = 0; round < 20; ++round) {
      std::vector<Index> neurons(1 + random() % 3000);
      for (Index& n : neurons) n = static_cast<Index>(random() % 5000);
      std::vector<uint32_t> out(neurons.size() * 3);
      ASSERT_TRUE(memory.batch_get(neurons, std::as_writable_bytes(std::span(out))).ok());
      for (size_t i = 0; i < neurons.size(); ++i) {
        for (size_t f = 0; f < 3; ++f) {
          ASSERT_EQ(out[i * 3 + f], dense[static_cast<size_t>(neurons[i]) * 3 + f]);
        }
      }
    }
  }
}

TEST_F(ApiTest, ABatchWithANeuronOutOfRangeNamesIt) {
  make({10, 4}, {10, 4}, {10, 4});
  const TieredMemory memory(field);
  for (const Index wrong : {Index{10}, Index{-3}, INT64_MIN}) {
    const std::vector<Index> neurons{1, wrong, 2};
    ByteVector out(3 * 16);
    const Status status = memory.batch_get(neurons, out);
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_NE(status.message().find(std::to_string(wrong)), std::string::npos);
  }
}

TEST_F(ApiTest, NeuronsSpreadOverChunksAreCopied) {
  make({20, 100}, {8, 30}, {16, 60});
  const TieredMemory memory(field);
  const auto neuron = memory.get(13);
  ASSERT_TRUE(neuron.ok());
  for (size_t f = 0; f < 100; ++f) EXPECT_EQ(neuron->as<uint32_t>()[f], 1300 + f);
  const std::vector<Index> neurons{3, 19, 3};
  std::vector<uint32_t> out(300);
  ASSERT_TRUE(memory.batch_get(neurons, std::as_writable_bytes(std::span(out))).ok());
  EXPECT_EQ(out[100], 1900u);
  EXPECT_EQ(out[250], 350u);
}

TEST_F(ApiTest, BuffersOfAnotherSizeAreRefused) {
  make({10, 4}, {10, 4}, {10, 4});
  const TieredMemory memory(field);
  ByteVector small(3);
  const std::vector<Index> one{1};
  EXPECT_EQ(memory.batch_get(one, small).code(), Code::kInvalidArgument);
  EXPECT_EQ(memory.batch_get(whole_region({10, 4}), small).code(), Code::kInvalidArgument);
}

TEST_F(ApiTest, LazyActivationLoadsOnce) {
  make({10, 4}, {10, 4}, {10, 4});
  const TieredMemory memory(field);
  LazyActivation lazy = memory.lazy(2);
  EXPECT_FALSE(lazy.loaded());
  EXPECT_EQ(engine->ram_used(), 0u);
  const auto bytes = lazy.value();
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE(lazy.loaded());
  uint32_t first = 0;
  std::memcpy(&first, bytes->data(), 4);
  EXPECT_EQ(first, 8u);
  LazyActivation beyond = memory.lazy(10);
  EXPECT_EQ(beyond.value().status().code(), Code::kInvalidArgument);
}

TEST_F(ApiTest, HandlesThatPinEverythingSaySo) {
  make({64, 1024}, {64, 1024}, {64, 1024}, nullptr, 64 << 10);
  const TieredMemory memory(field);
  std::vector<Activation> held;
  Status status;
  for (Index n = 0; n < 64; ++n) {
    auto neuron = memory.get(n);
    if (!neuron.ok()) {
      status = neuron.status();
      break;
    }
    held.push_back(std::move(*neuron));
  }
  EXPECT_EQ(status.code(), Code::kNoMemory);
  for (size_t n = 0; n < held.size(); ++n) EXPECT_EQ(held[n].as<uint32_t>()[0], n * 1024);
  held.clear();
  EXPECT_TRUE(memory.get(40).ok());
}

TEST(MMapNeuralField, StoredBytesThatAreNoElementsAreRefused) {
  const std::string path = testing::TempDir() + "neurofs-quantised-" + std::to_string(getpid());
  std::filesystem::remove_all(path);
  CreateOptions options{.shape = {4, 8}};
  options.codecs = nlohmann::json::parse(
      R"([{"name": "cast_value", "configuration": {"data_type": "int8"}}, {"name": "bytes"}])");
  const auto made = MMapNeuralField::create(path, options);
  EXPECT_EQ(made.status().code(), Code::kUnsupported);
  EXPECT_NE(made.status().message().find("TieredMemory"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path)) << "nothing is left behind";
  {
    StoreOptions writable;
    writable.writable = writable.create = true;
    const auto store = open_store(path, writable);
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(create_field(**store, "", options).ok());
  }
  EXPECT_EQ(MMapNeuralField::open(path).status().code(), Code::kUnsupported);
  auto memory = TieredMemory::open(path, {});
  ASSERT_TRUE(memory.ok()) << memory.status().to_string();
  EXPECT_TRUE(memory->get(3).ok());
  std::filesystem::remove_all(path);
}

// Metadata alone must not make a mapped field ask for a neuron's worth of memory.
TEST(MMapNeuralField, ANeuronLargerThanMemoryIsRefused) {
  const std::string path = testing::TempDir() + "neurofs-huge-" + std::to_string(getpid());
  std::filesystem::remove_all(path);
  const auto made = MMapNeuralField::create(path, {.shape = {4, Index{1} << 44}});
  EXPECT_EQ(made.status().code(), Code::kUnsupported);
  std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace neurofs
