// Reads into GPU memory against the CPU path, leases, and file reads that GPU memory serves.

#include <algorithm>
#include <numeric>

#include "core/device/sim/sim_export.h"
#include "tests/engine/device_fixture.h"

namespace neurofs::test {
namespace {

constexpr const char* kGzip = R"([{"name":"bytes","configuration":{"endian":"little"}},
                                  {"name":"gzip","configuration":{"level":1}}])";
constexpr const char* kBigEndian = R"([{"name":"bytes","configuration":{"endian":"big"}}])";

TEST_F(DeviceFixture, RowsOfEveryTypeAreTheSameBytesAsOnTheCpu) {
  NF_NEEDS_DEVICES(1, kDevice);
  for (int type = 0; type < kDataTypeCount; ++type) {
    Stored s;
    s.dtype = static_cast<DataType>(type);
    make(s, options());
    const Lens plain(s.dtype);
    for (int round = 0; round < 4; ++round) {
      const auto neurons = some_neurons(150);
      const ByteVector expected = on_cpu(neurons);
      if (round == 2) engine->drop_cache();
      const auto got = on_gpu(std::span<const Index>(neurons), plain, expected.size());
      ASSERT_TRUE(got.ok()) << got.status().to_string();
      ASSERT_EQ(*got, expected) << zarr_name(s.dtype) << ", round " << round;
    }
    EXPECT_GT(metric("gpu_hits_total"), 0);
  }
}

TEST_F(DeviceFixture, RegionsOfEveryLayoutAreTheSameBytesAsOnTheCpu) {
  NF_NEEDS_DEVICES(1, kDevice);
  const std::vector<Stored> layouts = {
      {{60, 50}, DataType::kInt16, {10, 20}, {20, 40}, nullptr, 0.2},
      {{60, 50}, DataType::kFloat64, {10, 50}, {20, 50}, kGzip, 0.2},
      {{9, 11, 13}, DataType::kUint8, {4, 5, 6}, {8, 10, 12}, kBigEndian, 0.3},
      {{7, 6, 5, 40}, DataType::kFloat32, {2, 3, 5, 40}, {4, 6, 5, 40}, nullptr, 0.3},
      {{3000}, DataType::kUint32, {100}, {1000}, nullptr, 0.3},
      {{40, 30000}, DataType::kFloat32, {4, 30000}, {8, 30000}, nullptr, 0.2},
  };
  for (const Stored& s : layouts) {
    make(s, options());
    for (int round = 0; round < 25; ++round) {
      const Region region = some_region();
      const ByteVector expected = on_cpu(region);
      if (round % 8 == 7) engine->drop_cache();
      const auto got = on_gpu(region, Lens(s.dtype), expected.size());
      ASSERT_TRUE(got.ok()) << got.status().to_string();
      ASSERT_EQ(*got, expected) << to_string(region, s.shape) << " of " << to_string(s.shape);
    }
    const auto neurons = some_neurons(20);
    const ByteVector expected = on_cpu(neurons);
    const auto got = on_gpu(std::span<const Index>(neurons), Lens(s.dtype), expected.size());
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    ASSERT_EQ(*got, expected) << "neurons of " << to_string(s.shape);
  }
}

TEST_F(DeviceFixture, StaysRightWithTiersSmallerThanABatch) {
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = options();
  o.ram_bytes = uint64_t{128} << 10;
  o.gpu_bytes = uint64_t{1} << 20;
  o.gpu_victim = true;
  make({{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, nullptr, 0.1}, o);
  for (int round = 0; round < 6; ++round) {
    const auto neurons = some_neurons(1500);
    const ByteVector expected = on_cpu(neurons);
    const auto got =
        on_gpu(std::span<const Index>(neurons), Lens(DataType::kFloat32), expected.size());
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    ASSERT_EQ(*got, expected);
  }
  EXPECT_GT(metric("gpu_evictions_total"), 0);
  EXPECT_LE(metric("gpu_bytes"), double(o.gpu_bytes));
}

TEST_F(DeviceFixture, AFileReadIsServedFromGpuMemory) {
  NF_NEEDS_DEVICES(1, kDevice);
  Stored s;
  s.missing = 0;
  make(s, options());
  std::vector<Index> neurons(100);
  for (size_t i = 0; i < neurons.size(); ++i) neurons[i] = static_cast<Index>(i);
  const ByteVector expected = on_cpu(neurons);
  ASSERT_TRUE(on_gpu(std::span<const Index>(neurons), Lens(s.dtype), expected.size()).ok());
  std::static_pointer_cast<FieldState>(field)->cache().drop_all();
  EXPECT_EQ(field->tier_of_neuron(5), "gpu");
  EXPECT_EQ(field->tier_of_neuron(399), "disk");
  const double before = metric("gpu_hits_total");
  EXPECT_EQ(on_cpu(neurons), expected);
  EXPECT_GT(metric("gpu_hits_total"), before);
  EXPECT_EQ(field->tier_of_neuron(5), "ram");
}

TEST_F(DeviceFixture, NeverServesWhatWasReplaced) {
  NF_NEEDS_DEVICES(1, kDevice);
  Stored s;
  s.missing = 0;
  make(s, options());
  const auto neurons = some_neurons(50);
  const Lens plain(s.dtype);
  const ByteVector old = on_cpu(neurons);
  ASSERT_EQ(on_gpu(std::span<const Index>(neurons), plain, old.size()).value(), old);
  write(0);
  field->invalidate();
  const auto got = on_gpu(std::span<const Index>(neurons), plain, old.size());
  ASSERT_TRUE(got.ok());
  EXPECT_NE(*got, old);
  EXPECT_EQ(*got, on_cpu(neurons));
}

TEST_F(DeviceFixture, WorksWithoutATier) {
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = options();
  o.gpu_bytes = 0;
  make({}, o);
  const auto neurons = some_neurons(300);
  const ByteVector expected = on_cpu(neurons);
  const auto got =
      on_gpu(std::span<const Index>(neurons), Lens(DataType::kFloat32), expected.size());
  ASSERT_TRUE(got.ok()) << got.status().to_string();
  EXPECT_EQ(*got, expected);
  EXPECT_EQ(memory->lease(whole_region({400, 24}), Lens(DataType::kFloat32)).status().code(),
            Code::kNoMemory);
}

TEST_F(DeviceFixture, SaysWhatIsWrong) {
  NF_NEEDS_DEVICES(1, kDevice);
  make({}, options());
  const Lens plain(DataType::kFloat32);
  const std::vector<Index> beyond = {0, 400};
  const std::vector<Index> one = {0};
  const auto code = [&](const auto& what, uint64_t size, const Lens& lens, int gpu = -1) {
    return memory->batch_get_device(what, {0, size, gpu}, lens).code();
  };
  EXPECT_EQ(code(std::span<const Index>(beyond), 192, plain), Code::kInvalidArgument);
  EXPECT_EQ(code(std::span<const Index>(one), 95, plain), Code::kInvalidArgument);
  EXPECT_EQ(code(std::span<const Index>(one), 96, Lens(DataType::kInt8)), Code::kInvalidArgument);
  EXPECT_EQ(code(std::span<const Index>(one), 96, plain, 77), Code::kInvalidArgument);
  EXPECT_TRUE(engine->gpu_state().off.empty());
}

TEST_F(DeviceFixture, IsUnsupportedWithoutADevice) {
  NF_NEEDS_SIMULATION();
  SimControl::configure({});
  make({}, options());
  const std::vector<Index> one = {0};
  EXPECT_EQ(memory->batch_get_device(one, {0, 96, -1}, Lens(DataType::kFloat32)).code(),
            Code::kUnsupported);
  EXPECT_NE(engine->gpu_state().off, "");
  EXPECT_EQ(on_cpu(one).size(), 96u);
}

TEST_F(DeviceFixture, ALeaseKeepsARegionForAnotherProcess) {
  NF_NEEDS_DEVICES(1, kDevice);
  make({}, options());
  const Region region = parse_region("10:60:2,3:20", {400, 24}).value();
  const Lens lens(DataType::kFloat32);
  const ByteVector expected = on_cpu(region);
  auto lease = memory->lease(region, lens);
  ASSERT_TRUE(lease.ok()) << lease.status().to_string();
  const DeviceTensor& tensor = lease->tensor();
  EXPECT_EQ(tensor.shape, (Dims{25, 17}));
  EXPECT_EQ(tensor.dtype, DataType::kFloat32);
  EXPECT_EQ(tensor.size, expected.size());
  EXPECT_EQ(download(*engine->gpu().value(), tensor.address, tensor.size).value(), expected);
  // The budget for leases is an eighth of 20 MiB: two pages of the driver's are too many.
  EXPECT_EQ(memory->lease(region, lens).status().code(), Code::kNoMemory);
  if (device_kind() == "sim") {
    const auto mapped = SimMapping::map(tensor.handle.handle);
    ASSERT_TRUE(mapped.ok()) << mapped.status().to_string();
    const auto bytes = mapped->bytes().subspan(tensor.handle.offset, tensor.size);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), expected.begin()));
    // What is mapped and is no element was cleared.
    const auto rest = mapped->bytes().subspan(tensor.handle.offset + tensor.size);
    EXPECT_EQ(std::count(rest.begin(), rest.end(), std::byte{0}), std::ssize(rest));
  }
  lease->release();
  EXPECT_TRUE(memory->lease(region, lens).ok());
}

void expect_same(const ScanResult& got, const ScanResult& expected) {
  EXPECT_EQ(got.rows, expected.rows);
  EXPECT_EQ(got.counts, expected.counts);
  const auto same = [](const std::vector<double>& a, const std::vector<double>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
  };
  EXPECT_TRUE(same(got.min, expected.min));
  EXPECT_TRUE(same(got.max, expected.max));
  EXPECT_TRUE(same(got.sum, expected.sum));
}

TEST_F(DeviceFixture, AScanGivesTheNumbersOfTheCpu) {
  NF_NEEDS_DEVICES(1, kDevice);
  for (int type = 0; type < kDataTypeCount; ++type) {
    Stored s;
    s.shape = {1000, 24};
    s.dtype = static_cast<DataType>(type);
    make(s, options());
    const Lens plain(s.dtype);
    ScanOptions scan;
    scan.bins = 13;
    scan.lo = -3;
    scan.hi = 40;
    if (s.dtype == DataType::kComplex64 || s.dtype == DataType::kComplex128) {
      EXPECT_EQ(memory->scan(plain, scan).status().code(), Code::kUnsupported);
      continue;
    }
    const auto nothing = memory->scan(plain, scan);
    ASSERT_TRUE(nothing.ok()) << nothing.status().to_string();
    expect_same(
        *nothing,
        scan_on_cpu(field, plain, scan, std::make_unique<std::vector<Index>>().get()).value());
    ScanOptions all = scan;
    all.rows = ScanOptions::Rows::kField;
    const auto whole = memory->scan(plain, all);
    ASSERT_TRUE(whole.ok()) << whole.status().to_string();
    expect_same(*whole, scan_on_cpu(field, plain, scan).value());
    // The whole scan has brought all that is stored; what is not is no resident block.
    std::vector<Index> here;
    std::static_pointer_cast<FieldState>(field)->cache().drop_all();
    for (Index n = 0; n < 1000; ++n) {
      if (field->tier_of_neuron(n) == "gpu") here.push_back(n);
    }
    const auto resident = memory->scan(plain, scan);
    ASSERT_TRUE(resident.ok()) << resident.status().to_string();
    EXPECT_GT(resident->rows, 0u);
    expect_same(*resident, scan_on_cpu(field, plain, scan, &here).value());
  }
}

// At whichever operation the device is lost: file reads stay right, device reads are right or refused.
TEST_F(DeviceFixture, LosesItsDeviceAtAnyOperation) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 30; ++nth) {
    NF_NEEDS_DEVICES(1, kDevice);
    Stored s;
    make(s, options());
    const auto neurons = some_neurons(100);
    const ByteVector expected = on_cpu(neurons);
    SimControl::of(0).lose_at_operation(nth);
    for (int round = 0; round < 60 && engine->gpu_state().off.empty(); ++round) {
      const auto got = on_gpu(std::span<const Index>(neurons), Lens(s.dtype), expected.size());
      if (got.ok()) {
        EXPECT_EQ(*got, expected);
      }
      if (round % 3 == 0) std::static_pointer_cast<FieldState>(field)->cache().drop_all();
      ASSERT_EQ(on_cpu(neurons), expected) << "lost at operation " << nth;
    }
    const std::vector<Index> one = {0};
    EXPECT_EQ(memory->batch_get_device(one, {0, 96, -1}, Lens(s.dtype)).code(), Code::kUnsupported);
    EXPECT_EQ(metric("gpu_tier_off"), 1);
  }
}

TEST_F(DeviceFixture, SurvivesMemoryThatIsShort) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 8; ++nth) {
    NF_NEEDS_DEVICES(1, kDevice);
    make({}, options());
    const auto neurons = some_neurons(100);
    const ByteVector expected = on_cpu(neurons);
    SimControl::of(0).fail_allocation(nth);
    for (int round = 0; round < 4; ++round) {
      const auto got =
          on_gpu(std::span<const Index>(neurons), Lens(DataType::kFloat32), expected.size());
      if (got.ok()) {
        EXPECT_EQ(*got, expected);
      } else {
        EXPECT_EQ(got.status().code(), Code::kNoMemory);
      }
      engine->drop_cache();
      ASSERT_EQ(on_cpu(neurons), expected);
    }
    EXPECT_TRUE(engine->gpu_state().off.empty());
  }
}

// A copy that is refused leaves the device usable, and a slot that was not filled is never read.
TEST_F(DeviceFixture, NeverServesABlockThatDidNotComeWhole) {
  NF_NEEDS_SIMULATION();
  for (uint64_t nth = 1; nth < 8; ++nth) {
    NF_NEEDS_DEVICES(1, kDevice);
    Stored s;
    s.missing = 0;
    make(s, options());
    std::vector<Index> neurons(400);
    std::iota(neurons.begin(), neurons.end(), Index{0});
    const uint64_t size = neurons.size() * memory->spec().neuron_size();
    const Lens plain(s.dtype);
    SimControl::of(0).refuse_copy(nth);
    const auto refused = on_gpu(std::span<const Index>(neurons), plain, size);
    EXPECT_EQ(refused.status().code(), Code::kNoMemory) << nth;
    const auto got = on_gpu(std::span<const Index>(neurons), plain, size);
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    const ByteVector expected = on_cpu(neurons);
    EXPECT_TRUE(*got == expected) << nth;
    std::static_pointer_cast<FieldState>(field)->cache().drop_all();
    EXPECT_TRUE(on_cpu(neurons) == expected) << nth;
    EXPECT_TRUE(engine->gpu_state().off.empty());
  }
}

// Blocks that fit no half of a lane come through memory of their own, one after another.
TEST_F(DeviceFixture, ReadsMoreLargeBlocksThanTheDeviceHolds) {
  NF_NEEDS_DEVICES(1, uint64_t{16} << 20);
  EngineOptions o = options();
  o.gpu_bytes = 0;
  o.ram_bytes = uint64_t{32} << 20;
  Stored s{{64, 5 << 16}, DataType::kUint8, {8, 5 << 16}, {8, 5 << 16}, kGzip, 0};
  make(s, o);
  std::vector<Index> neurons;
  for (Index n = 0; n < 64; n += 8) neurons.push_back(n + n / 8);
  const ByteVector expected = on_cpu(neurons);
  const auto got = on_gpu(std::span<const Index>(neurons), Lens(s.dtype), expected.size());
  ASSERT_TRUE(got.ok()) << got.status().to_string();
  EXPECT_EQ(*got, expected);
}

// Many rows of few blocks are few blocks; few rows of many large ones are not worth pushing others out.
TEST_F(DeviceFixture, KeepsWhatIsAtMostHalfOfTheTier) {
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = options();
  o.gpu_bytes = uint64_t{1} << 20;
  Stored s{{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, kGzip, 0};
  make(s, o);
  const Lens plain(s.dtype);
  std::vector<Index> spread(250);
  for (size_t i = 0; i < spread.size(); ++i) spread[i] = static_cast<Index>(16 * i);
  const Region column = parse_region(":,3", s.shape).value();
  const std::vector<Index> same(2000, 17);
  // On the GPU first and with RAM empty: what RAM is asked for twice is promoted anyway.
  const auto each = on_gpu(std::span<const Index>(spread), plain, spread.size() * 1024).value();
  EXPECT_EQ(metric("gpu_promotions_total"), 0);
  engine->drop_cache();
  const auto values = on_gpu(column, plain, 4000 * 4).value();
  EXPECT_EQ(metric("gpu_promotions_total"), 0);
  engine->drop_cache();
  const auto rows = on_gpu(std::span<const Index>(same), plain, same.size() * 1024).value();
  EXPECT_EQ(metric("gpu_promotions_total"), 1);
  EXPECT_EQ(each, on_cpu(spread));
  EXPECT_EQ(values, on_cpu(column));
  EXPECT_EQ(rows, on_cpu(same));
}

TEST_F(DeviceFixture, ReadsFromManyThreadsAreRight) {
  NF_NEEDS_DEVICES(1, kDevice);
  EngineOptions o = options();
  o.gpu_bytes = uint64_t{2} << 20;
  o.ram_bytes = uint64_t{256} << 10;
  o.gpu_victim = true;
  make({{4000, 256}, DataType::kFloat32, {16, 256}, {256, 256}, nullptr, 0.1}, o);
  const auto all = on_cpu(whole_region({4000, 256}));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 mine(t);
      for (int turn = 0; turn < 25; ++turn) {
        std::vector<Index> neurons(100);
        ByteVector expected;
        for (Index& n : neurons) {
          n = static_cast<Index>(mine() % 4000);
          const auto begin = all.begin() + n * 1024;
          expected.insert(expected.end(), begin, begin + 1024);
        }
        if (on_cpu(neurons) != expected) ++wrong;
        const auto got =
            on_gpu(std::span<const Index>(neurons), Lens(DataType::kFloat32), expected.size());
        if (!got.ok() || *got != expected) ++wrong;
        if (t == 1 && turn % 10 == 9) engine->drop_cache();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace neurofs::test
