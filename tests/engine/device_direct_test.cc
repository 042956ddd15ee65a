// Reads of local files straight into GPU memory: the bytes of the CPU path, and no error of their own.

#include <atomic>
#include <filesystem>
#include <mutex>
#include <optional>

#include "core/base/log.h"
#include "tests/engine/device_fixture.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

constexpr const char* kLittle = R"([{"name":"bytes","configuration":{"endian":"little"}}])";
constexpr const char* kBig = R"([{"name":"bytes","configuration":{"endian":"big"}}])";
constexpr const char* kTransposed = R"([{"name":"transpose","configuration":{"order":[1,0]}},
                                        {"name":"bytes","configuration":{"endian":"little"}}])";
constexpr const char* kTransposedBig = R"([{"name":"transpose","configuration":{"order":[1,0]}},
                                           {"name":"bytes","configuration":{"endian":"big"}}])";
constexpr const char* kShuffled = R"([{"name":"bytes","configuration":{"endian":"little"}},
    {"name":"numcodecs.shuffle","configuration":{"elementsize":4}}])";
constexpr const char* kShuffledBig = R"([{"name":"bytes","configuration":{"endian":"big"}},
    {"name":"numcodecs.shuffle","configuration":{"elementsize":8}}])";
constexpr const char* kGzip = R"([{"name":"bytes","configuration":{"endian":"little"}},
                                  {"name":"gzip","configuration":{"level":1}}])";
constexpr const char* kScaled = R"([{"name":"scale_offset","configuration":{"scale":3}},
                                    {"name":"bytes","configuration":{"endian":"little"}}])";

class DirectReads : public DeviceFixture {
 protected:
  std::shared_ptr<ObjectStore> new_store() override {
    if (in_memory) return DeviceFixture::new_store();
    directory.emplace();
    StoreOptions writable;
    writable.writable = true;
    return open_store(directory->path(), writable).value();
  }
  EngineOptions direct() const {
    EngineOptions o = options();
    o.gpu_direct = true;
    return o;
  }
  double reads() const { return metric("gpu_direct_reads_total"); }
  Result<ByteVector> rows(const std::vector<Index>& neurons) const {
    const Lens plain(memory->spec().dtype);
    return on_gpu(std::span<const Index>(neurons), plain,
                  neurons.size() * memory->spec().neuron_size());
  }
  // Through RAM, of which nothing is left.
  template <typename What>
  ByteVector expect(const What& what) const {
    const ByteVector bytes = on_cpu(what);
    engine->drop_cache();
    return bytes;
  }
  std::vector<Index> all_neurons() const {
    std::vector<Index> neurons(static_cast<size_t>(memory->spec().neuron_count()));
    std::iota(neurons.begin(), neurons.end(), Index{0});
    return neurons;
  }

  std::optional<TempDir> directory;
  bool in_memory = false;
};

TEST_F(DirectReads, RowsOfEveryTypeAndByteOrderAreTheBytesOfTheCpu) {
  NF_NEEDS_SIMULATION();
  for (int type = 0; type < kDataTypeCount; ++type) {
    for (const char* codecs : {kLittle, kBig}) {
      NF_NEEDS_DEVICES(1, kDevice);
      Stored s;
      s.dtype = static_cast<DataType>(type);
      s.codecs = codecs;
      make(s, direct());
      const auto neurons = some_neurons(150);
      const ByteVector expected = expect(neurons);
      const auto got = rows(neurons);
      ASSERT_TRUE(got.ok()) << got.status().to_string();
      ASSERT_EQ(*got, expected) << zarr_name(s.dtype) << codecs;
      EXPECT_GT(reads(), 0);
      EXPECT_EQ(metric("gpu_direct_failures_total"), 0);
      for (const Index n : neurons) EXPECT_NE(field->tier_of_neuron(n), "ram");
      // They stay on the GPU.
      const double before = reads();
      ASSERT_EQ(rows(neurons).value(), expected);
      EXPECT_EQ(reads(), before);
      EXPECT_GT(metric("gpu_hits_total"), 0);
    }
  }
}

TEST_F(DirectReads, RegionsOfEveryLayoutAreTheBytesOfTheCpu) {
  NF_NEEDS_SIMULATION();
  struct Layout {
    Stored stored;
    bool is_direct;
  };
  const std::vector<Layout> layouts = {
      {{{60, 50}, DataType::kInt16, {10, 20}, {20, 40}, kLittle, 0.2}, true},
      {{{60, 50}, DataType::kInt16, {10, 20}, {10, 20}, kBig, 0.4}, true},
      {{{60, 50}, DataType::kFloat64, {10, 20}, {20, 40}, kTransposed, 0.2}, true},
      {{{60, 50}, DataType::kComplex64, {10, 20}, {10, 20}, kTransposedBig, 0.2}, true},
      {{{60, 50}, DataType::kFloat32, {10, 20}, {20, 40}, kShuffled, 0.2}, true},
      {{{60, 50}, DataType::kFloat32, {10, 20}, {10, 20}, kShuffledBig, 0.2}, true},
      {{{60, 50}, DataType::kFloat64, {10, 20}, {10, 20}, kShuffled, 0.2}, true},
      // Swapped in units that are wider than what was shuffled: the CPU's work.
      {{{60, 50},
        DataType::kFloat32,
        {10, 20},
        {10, 20},
        R"([{"name":"bytes","configuration":{"endian":"big"}},
            {"name":"numcodecs.shuffle","configuration":{"elementsize":2}}])",
        0.2},
       false},
      {{{60, 50}, DataType::kFloat64, {10, 50}, {20, 50}, kGzip, 0.2}, false},
      {{{60, 50}, DataType::kFloat64, {10, 50}, {20, 50}, kScaled, 0.2}, false},
      {{{9, 11, 13}, DataType::kUint8, {4, 5, 6}, {8, 10, 12}, kBig, 0.3}, true},
      {{{7, 6, 5, 40}, DataType::kFloat32, {2, 3, 5, 40}, {4, 6, 5, 40}, nullptr, 0.3}, true},
      {{{3000}, DataType::kUint32, {100}, {1000}, kBig, 0.3}, true},
      {{{40, 30000}, DataType::kFloat32, {4, 30000}, {8, 30000}, nullptr, 0.2}, true},
      {{{40, 30000}, DataType::kFloat16, {4, 30000}, {4, 30000}, kBig, 0.2}, true},
  };
  for (const Layout& layout : layouts) {
    NF_NEEDS_DEVICES(1, kDevice);
    const Stored& s = layout.stored;
    make(s, direct());
    for (int round = 0; round < 20; ++round) {
      const Region region = some_region();
      const ByteVector expected = on_cpu(region);
      if (round % 3 != 1) engine->drop_cache();
      const auto got = on_gpu(region, Lens(s.dtype), expected.size());
      ASSERT_TRUE(got.ok()) << got.status().to_string();
      ASSERT_EQ(*got, expected) << to_string(region, s.shape) << " of " << to_string(s.shape);
    }
    const auto neurons = some_neurons(20);
    const ByteVector expected = expect(neurons);
    const auto got = rows(neurons);
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    ASSERT_EQ(*got, expected) << "neurons of " << to_string(s.shape);
    EXPECT_EQ(reads() > 0, layout.is_direct)
        << to_string(s.shape) << (s.codecs != nullptr ? s.codecs : "");
    EXPECT_EQ(metric("gpu_direct_failures_total"), 0);
  }
}

TEST_F(DirectReads, GoThroughALensAndAScan) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  Stored s;
  s.codecs = kBig;
  make(s, direct());
  const Lens lens = Lens::parse("relu,f16", s.dtype, nlohmann::json::object()).value();
  const Region region = parse_region("3:390:2,1:", s.shape).value();
  const ByteVector expected = through(lens, expect(region));
  EXPECT_EQ(on_gpu(region, lens, expected.size()).value(), expected);
  engine->drop_cache();
  ScanOptions all;
  all.rows = ScanOptions::Rows::kField;
  const double before = reads();
  const auto scan = memory->scan(Lens(s.dtype), all);
  ASSERT_TRUE(scan.ok()) << scan.status().to_string();
  EXPECT_GT(reads(), before);
  EXPECT_EQ(scan->sum, scan_on_cpu(field, Lens(s.dtype), all)->sum);
}

TEST_F(DirectReads, NeighboursAreOneRead) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  make({{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, nullptr, 0}, direct());
  const Region whole = whole_region({4000, 256});
  const ByteVector expected = expect(whole);
  EXPECT_EQ(on_gpu(whole, Lens(DataType::kFloat32), expected.size()).value(), expected);
  EXPECT_GT(reads(), 0);
  EXPECT_LT(reads(), 100) << "of 1000 blocks";
  EXPECT_EQ(metric("gpu_direct_bytes_total"), double(expected.size()));
}

TEST_F(DirectReads, WhatIsInRamComesFromThere) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  Stored s;
  s.missing = 0;
  make(s, direct());
  std::vector<Index> neurons = all_neurons();
  const std::vector<Index> some(neurons.begin(), neurons.begin() + 200);
  (void)on_cpu(some);
  ASSERT_TRUE(rows(some).ok());
  EXPECT_EQ(reads(), 0);
  const auto got = rows(neurons);  // the others
  ASSERT_TRUE(got.ok()) << got.status().to_string();
  EXPECT_GT(reads(), 0);
  EXPECT_EQ(*got, on_cpu(neurons));
}

TEST_F(DirectReads, AreOffUnlessAskedForAndWhereObjectsAreNoFiles) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  for (const bool asked : {false, true}) {
    in_memory = asked;
    make({}, asked ? direct() : options());
    const auto neurons = some_neurons(100);
    EXPECT_EQ(rows(neurons).value(), on_cpu(neurons));
    EXPECT_EQ(reads(), 0);
    EXPECT_EQ(metric("gpu_direct_on"), asked ? 1 : 0);
    EXPECT_EQ(engine->gpu_state().direct_off.empty(), asked);
  }
  EXPECT_EQ(SimControl::of(0).counts().direct_reads, 0u);
}

TEST_F(DirectReads, AreOffWithTheReasonWhereTheGpuCannot) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  SimControl::of(0).refuse_direct(true);
  std::atomic<int> told{0};
  set_log_sink([&](LogLevel level, std::string_view) { told += level >= LogLevel::kWarning; });
  make({}, direct());
  const auto neurons = some_neurons(100);
  EXPECT_EQ(rows(neurons).value(), on_cpu(neurons));
  set_log_sink([](LogLevel, std::string_view) {});
  EXPECT_EQ(told, 1);
  EXPECT_NE(engine->gpu_state().direct_off, "");
  EXPECT_EQ(engine->gpu_state().off, "");
  EXPECT_EQ(reads(), 0);
}

TEST_F(DirectReads, AFailureIsReadThroughRamAndSeveralTurnThemOff) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  Stored s;
  s.missing = 0;
  make(s, direct());
  const auto neurons = some_neurons(100);
  const ByteVector expected = expect(neurons);
  for (int once = 0; once < 5; ++once) {
    SimControl::of(0).fail_direct_reads(1);
    ASSERT_EQ(rows(neurons).value(), expected);
    engine->drop_cache();
    ASSERT_EQ(rows(neurons).value(), expected);
    engine->drop_cache();
  }
  EXPECT_EQ(metric("gpu_direct_failures_total"), 5);
  EXPECT_EQ(metric("gpu_direct_on"), 1);

  std::atomic<int> told{0};
  set_log_sink([&](LogLevel level, std::string_view) { told += level >= LogLevel::kWarning; });
  SimControl::of(0).fail_direct_reads(1, 1'000'000);
  for (int more = 0; more < 6; ++more) {
    ASSERT_EQ(rows(neurons).value(), expected);
    engine->drop_cache();
  }
  set_log_sink([](LogLevel, std::string_view) {});
  EXPECT_EQ(told, 1);
  EXPECT_EQ(metric("gpu_direct_on"), 0);
  EXPECT_NE(engine->gpu_state().direct_off, "");
  EXPECT_EQ(engine->gpu_state().off, "");
  EXPECT_EQ(SimControl::of(0).counts().direct_files, 0u);
  const uint64_t before = SimControl::of(0).counts().direct_reads;
  ASSERT_EQ(rows(neurons).value(), expected);
  EXPECT_EQ(SimControl::of(0).counts().direct_reads, before);
}

// What is wrong with an object is said as it is without direct reads, which stay on.
TEST_F(DirectReads, AShortOrLongObjectIsCorrupt) {
  NF_NEEDS_SIMULATION();
  for (const char* codecs : {kLittle, kShuffled}) {
    NF_NEEDS_DEVICES(1, kDevice);
    make({{64, 24}, DataType::kFloat32, {16, 24}, {16, 24}, codecs, 0}, direct());
    const std::string path = directory->path() + "/c/1/0";
    const auto size = std::filesystem::file_size(path);
    const ByteVector expected = expect(all_neurons());
    const ByteVector good = read_all(*store, "c/1/0", 1 << 20).value();
    for (const auto bad : {size - 4, size / 2, size * 0, size + 4}) {
      std::filesystem::resize_file(path, bad);
      const auto got = rows(all_neurons());
      EXPECT_EQ(got.status().code(), Code::kCorrupt) << bad;
      ByteVector out(expected.size());
      EXPECT_EQ(got.status().message(), memory->batch_get(all_neurons(), out).message());
      engine->drop_cache();
    }
    EXPECT_EQ(metric("gpu_direct_on"), 1);
    ASSERT_TRUE(store->put("c/1/0", good).ok());
    engine->drop_cache();
    const double before = reads();
    EXPECT_EQ(rows(all_neurons()).value(), expected);
    EXPECT_GT(reads(), before);
  }
}

TEST_F(DirectReads, AnObjectThatIsRewrittenMeanwhileIsReadAgain) {
  NF_NEEDS_SIMULATION();
  for (const Index shard : {64, 16}) {  // with an index, and without
    NF_NEEDS_DEVICES(1, kDevice);
    make({{64, 24}, DataType::kFloat32, {16, 24}, {shard, 24}, kBig, 0}, direct());
    const ByteVector old = expect(all_neurons());
    std::atomic<bool> done{false};
    SimControl::of(0).before_direct_read([&] {
      if (done.exchange(true)) return;
      if (shard == 64) return write(0);  // in place
      const ByteVector other(16 * 24 * 4, std::byte{7});
      ASSERT_TRUE(store->write_at("c/1/0", 0, other, 0).ok());
    });
    const auto got = rows(all_neurons());
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    EXPECT_TRUE(done);
    engine->drop_cache();
    EXPECT_NE(*got, old);
    EXPECT_EQ(*got, on_cpu(all_neurons()));
  }
}

TEST_F(DirectReads, AnObjectThatIsRewrittenAllTheTimeIsStale) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  make({{64, 24}, DataType::kFloat32, {16, 24}, {64, 24}, nullptr, 0}, direct());
  ASSERT_TRUE(rows(all_neurons()).ok());
  engine->drop_cache();
  std::mutex one;
  SimControl::of(0).before_direct_read([&] {
    const std::lock_guard lock(one);
    write(0);
  });
  EXPECT_EQ(rows(all_neurons()).status().code(), Code::kStale);
  SimControl::of(0).before_direct_read(nullptr);
  EXPECT_EQ(rows(all_neurons()).value(), on_cpu(all_neurons()));
  EXPECT_EQ(metric("gpu_direct_on"), 1);
}

TEST_F(DirectReads, NeverServeWhatWasReplaced) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  make({{64, 24}, DataType::kFloat32, {16, 24}, {16, 24}, nullptr, 0}, direct());
  const ByteVector old = rows(all_neurons()).value();
  for (int round = 0; round < 3; ++round) {
    write(0);  // by renames
    field->invalidate();
    const ByteVector got = rows(all_neurons()).value();
    EXPECT_NE(got, old);
    EXPECT_EQ(got, expect(all_neurons()));
    EXPECT_LE(SimControl::of(0).counts().direct_files, 4u) << "old files are closed";
  }
}

TEST_F(DirectReads, KeepFewFilesOpen) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  make({{3200, 24}, DataType::kFloat32, {16, 24}, {16, 24}, nullptr, 0}, direct());
  const ByteVector expected = expect(all_neurons());
  std::atomic<uint64_t> peak{0};
  SimControl::of(0).before_direct_read([&peak] {
    uint64_t now = SimControl::of(0).counts().direct_files;
    for (uint64_t seen = peak; now > seen && !peak.compare_exchange_weak(seen, now);) {
    }
  });
  EXPECT_EQ(rows(all_neurons()).value(), expected);
  SimControl::of(0).before_direct_read(nullptr);
  EXPECT_GE(reads(), 1) << "the rest of 200 objects comes through RAM";
  EXPECT_GE(peak, 1u);
  EXPECT_LE(peak, 64u);
}

TEST_F(DirectReads, StayRightWithTiersSmallerThanABatch) {
  NF_NEEDS_SIMULATION();
  for (const char* codecs : {kLittle, kBig}) {
    NF_NEEDS_DEVICES(1, kDevice);
    EngineOptions o = direct();
    o.ram_bytes = uint64_t{128} << 10;
    o.gpu_bytes = uint64_t{1} << 20;
    make({{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, codecs, 0.1}, o);
    for (int round = 0; round < 4; ++round) {
      const auto neurons = some_neurons(1500);
      const ByteVector expected = on_cpu(neurons);
      const auto got = rows(neurons);
      ASSERT_TRUE(got.ok()) << got.status().to_string();
      ASSERT_EQ(*got, expected);
    }
    EXPECT_GT(reads(), 0);
  }
}

TEST_F(DirectReads, WorkWithoutATier) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = direct();
  o.gpu_bytes = 0;
  Stored s;
  s.codecs = kBig;
  make(s, o);
  const auto neurons = some_neurons(300);
  const ByteVector expected = expect(neurons);
  EXPECT_EQ(rows(neurons).value(), expected);
  EXPECT_GT(reads(), 0);
}

TEST_F(DirectReads, LoseTheirDeviceAtAnyOperation) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 30; ++nth) {
    NF_NEEDS_DEVICES(1, kDevice);
    Stored s;
    s.codecs = nth % 2 == 0 ? kBig : kLittle;
    make(s, direct());
    const auto neurons = some_neurons(100);
    const ByteVector expected = expect(neurons);
    SimControl::of(0).lose_at_operation(nth);
    for (int round = 0; round < 60 && engine->gpu_state().off.empty(); ++round) {
      const auto got = rows(neurons);
      if (got.ok()) {
        EXPECT_EQ(*got, expected);
      }
      if (round % 3 == 0) engine->drop_cache();
      ASSERT_EQ(on_cpu(neurons), expected) << "lost at operation " << nth;
    }
    EXPECT_EQ(metric("gpu_tier_off"), 1);
  }
}

TEST_F(DirectReads, FromManyThreadsAreRight) {
  NF_NEEDS_SIMULATION();
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = direct();
  o.gpu_bytes = uint64_t{2} << 20;
  o.ram_bytes = uint64_t{256} << 10;
  o.gpu_victim = true;
  make({{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, kBig, 0.1}, o);
  const auto all = expect(whole_region({4000, 256}));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 mine(t);
      for (int turn = 0; turn < 20; ++turn) {
        std::vector<Index> neurons(100);
        ByteVector expected;
        for (Index& n : neurons) {
          n = static_cast<Index>(mine() % 4000);
          const auto begin = all.begin() + n * 1024;
          expected.insert(expected.end(), begin, begin + 1024);
        }
        const auto got = rows(neurons);
        if (!got.ok() || *got != expected) ++wrong;
        if (on_cpu(neurons) != expected) ++wrong;
        if (t == 1 && turn % 10 == 9) engine->drop_cache();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(reads(), 0);
}

// On whatever device there is: with the library where it is, and without it where it is not.
TEST_F(DirectReads, AreRightOnAnyDevice) {
  NF_NEEDS_DEVICES(1, kDevice);
  for (const char* codecs : {kLittle, kBig, kShuffled}) {
    Stored s;
    s.codecs = codecs;
    make(s, direct());
    const auto neurons = some_neurons(200);
    const ByteVector expected = expect(neurons);
    const auto got = rows(neurons);
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    EXPECT_EQ(*got, expected) << codecs;
  }
}

}  // namespace
}  // namespace neurofs::test
