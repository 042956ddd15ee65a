// Random fields read through an engine with a tiny budget, compared with a dense array byte by
// byte.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/device/sim/sim_control.h"
#include "core/engine/device_reader.h"
#include "core/engine/engine.h"
#include "core/engine/field.h"
#include "core/engine/field_writer.h"
#include "tests/model/model_case.h"
#include "tests/model/random_lens.h"
#include "tests/model/random_order.h"
#include "tests/model/random_region.h"
#include "tests/model/tiny_zarr.h"
#include "tests/storage/fault_store.h"

namespace neurofs::model {
namespace {

constexpr int kThreads = 8;
constexpr int kReadsPerThread = 60;
constexpr int kFieldsAtOnce = 3;
constexpr int kLensesPerField = 3;
constexpr int kOrdersPerField = 3;

// A field as a lens shows it, perhaps in another order.
struct Shown {
  Lens lens;
  DenseField dense;
  std::shared_ptr<const NeuronOrder> order{};
};

struct Subject {
  ModelCase model;
  std::shared_ptr<Field> field;
  std::vector<Shown> shown;  // as it is stored, and through lenses
};

std::vector<Shown> show(Random& random, const DenseField& dense, const FieldSpec& spec) {
  std::vector<Shown> shown = {{Lens(dense.dtype()), dense}};
  for (int i = 0; i < kLensesPerField; ++i) {
    const Lens lens = random_lens(random, dense.dtype());
    shown.push_back({lens, through(dense, lens)});
  }
  for (int i = 0; i < kOrdersPerField && spec.neuron_axes > 0; ++i) {
    const Shown& base = shown[static_cast<size_t>(random.between(0, kLensesPerField))];
    const auto order = random_order(random, spec.neuron_count());
    Shown ordered{base.lens, in_order(base.dense, spec.neuron_axes, *order), order};
    shown.push_back(std::move(ordered));
  }
  return shown;
}

std::shared_ptr<StoredField> open_field(const std::filesystem::path& directory, Engine* engine,
                                        bool writable, bool as_files = true) {
  StoreOptions store_options;
  store_options.writable = writable;
  store_options.metrics = engine != nullptr ? &engine->metrics() : nullptr;
  auto store = open_store(directory.string(), store_options);
  if (!store.ok()) {
    ADD_FAILURE() << store.status().to_string();
    return nullptr;
  }
  // Below the other store, objects are no files of this machine, as in remote stores.
  auto field = as_files
                   ? open_stored_field(store.value(), "", {})
                   : open_stored_field(std::make_shared<test::FaultStore>(store.value()), "", {});
  if (!field.ok()) ADD_FAILURE() << field.status().to_string();
  return field.ok() ? field.value() : nullptr;
}

// One or two, with little memory; some are lost while they are read from, some fail to read files.
void add_simulated_gpus(Random& random, EngineOptions* options) {
  SimControl::configure({SimOptions(), SimOptions()});
  static constexpr uint64_t kBudgets[] = {uint64_t{1} << 20, uint64_t{4} << 20, uint64_t{32} << 20};
  options->gpu_kind = "sim";
  options->gpu_bytes = random.pick(kBudgets);
  options->gpu_victim = random.chance(0.7);
  options->gpu_direct = random.chance(0.7);
  if (random.chance(0.3)) {
    SimControl::of(0).fail_direct_reads(static_cast<uint64_t>(random.between(1, 50)),
                                        static_cast<uint64_t>(random.between(1, 100)));
  }
  if (random.chance(0.5)) options->gpu_ids = {0, 1};
  if (random.chance(0.3)) {
    SimControl::of(0).lose_at_operation(static_cast<uint64_t>(random.between(1, 500)));
  }
}

std::shared_ptr<Engine> tiny_engine(Random& random) {
  EngineOptions options;
  static constexpr uint64_t kBudgets[] = {uint64_t{2} << 20, uint64_t{4} << 20, uint64_t{16} << 20};
  options.ram_bytes = random.pick(kBudgets);
  static constexpr const char* kPredictors[] = {"adaptive", "stride", "none"};
  options.predictor = random.pick(kPredictors);
  options.threads = static_cast<unsigned>(random.between(1, 4));
  options.prefetch_bytes = uint64_t{1} << 18;
  if (random.chance(0.6)) add_simulated_gpus(random, &options);
  auto engine = Engine::create(options);
  if (!engine.ok()) ADD_FAILURE() << engine.status().to_string();
  return engine.ok() ? engine.value() : nullptr;
}

Result<ByteVector> read_some(const RegionReader& reader, Random& random, uint64_t offset,
                             uint64_t length) {
  const auto stream = static_cast<StreamId>(random.between(0, 3));
  ByteVector out;
  if (random.chance(0.5)) {
    out.resize(length);
    NF_TRY(reader.read(offset, out, stream));
    return out;
  }
  NF_ASSIGN(const ReadPins pins, reader.read_pinned(offset, length, stream));
  for (const Bytes span : pins.spans()) out.insert(out.end(), span.begin(), span.end());
  return out;
}

// A whole region by way of a device's memory.
Result<ByteVector> read_on_device(const Subject& subject, const Region& region, const Lens& lens,
                                  uint64_t size) {
  NF_ASSIGN(const auto device, subject.field->engine().gpu());
  NF_ASSIGN(const DeviceMemory memory, device->allocate(std::max<uint64_t>(size, 1)));
  NF_ASSIGN(auto batch, read_region_to_device(subject.field, region,
                                              {memory.address(), size, device->info().id}, lens));
  NF_TRY(batch.wait());
  ByteVector bytes(size);
  NF_ASSIGN(const auto stream, device->make_stream());
  NF_TRY(stream->copy_to_host(bytes.data(), memory.address(), size));
  NF_TRY(stream->wait());
  return bytes;
}

// Whether the region is the same there; a device that is lost or full has no answer.
bool check_on_device(const Subject& subject, const Region& region, const Shown& shown,
                     const ByteVector& expected, const std::string& where) {
  const auto got = read_on_device(subject, region, shown.lens, expected.size());
  if (!got.ok()) {
    const Code code = got.status().code();
    const auto device = subject.field->engine().gpu();
    if (code == Code::kNoMemory || !device.ok() || (*device)->is_lost()) return true;
    ADD_FAILURE() << where << " on a device: " << got.status().to_string();
    return false;
  }
  if (*got == expected) return true;
  ADD_FAILURE() << where << " differs on a device";
  return false;
}

// One random byte range of one random region; false stops the thread.
bool check_one_read(const Subject& subject, Random& random) {
  const Shown& shown = random.pick(subject.shown);
  const NamedRegion wanted = random_region(random, shown.dense.shape());
  const auto where = [&] {
    return fmt::format("region '{}' through '{}' and '{}' of {}", wanted.text, shown.lens.name(),
                       shown.order ? shown.order->key() : "", subject.model.describe());
  };
  const auto parsed = parse_region(wanted.text, shown.dense.shape());
  if (!parsed.ok()) {
    ADD_FAILURE() << where() << ": " << parsed.status().to_string();
    return false;
  }
  const ByteVector expected = shown.dense.take(wanted.region);
  const RegionReader reader(subject.field, parsed.value(), shown.lens, shown.order);
  if (reader.size() != expected.size()) {
    ADD_FAILURE() << where() << ": size " << reader.size() << ", expected " << expected.size();
    return false;
  }
  if (subject.field->engine().options().gpu_bytes > 0 && !shown.order && random.chance(0.3)) {
    if (random.chance(0.5)) subject.field->engine().drop_cache();
    return check_on_device(subject, parsed.value(), shown, expected, where());
  }
  const auto size = static_cast<int64_t>(expected.size());
  const int64_t offset = random.chance(0.4) ? 0 : random.between(0, size);
  const int64_t length = random.chance(0.4) ? size - offset : random.between(0, size - offset);
  const auto got =
      read_some(reader, random, static_cast<uint64_t>(offset), static_cast<uint64_t>(length));
  if (!got.ok()) {
    ADD_FAILURE() << where() << ": " << got.status().to_string();
    return false;
  }
  const auto begin = expected.begin() + offset;
  if (got.value().size() == static_cast<size_t>(length) &&
      std::equal(begin, begin + length, got.value().begin())) {
    return true;
  }
  const auto differs = std::mismatch(begin, begin + length, got.value().begin()).first - begin;
  ADD_FAILURE() << where() << ": bytes " << offset << "+" << length << " differ at " << differs;
  return false;
}

uint64_t read_from_many_threads(const std::vector<Subject>& subjects, uint64_t seed) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> reads{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(seed * 64 + static_cast<uint64_t>(t));
      for (int i = 0; i < kReadsPerThread && !stop; ++i) {
        if (!check_one_read(random.pick(subjects), random)) stop = true;
        ++reads;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return reads;
}

uint64_t direct_reads_of(Engine& engine) {
  for (const Metrics::Sample& sample : engine.metrics().snapshot()) {
    if (sample.name == "gpu_direct_reads_total") return static_cast<uint64_t>(sample.value);
  }
  return 0;
}

using MakeSubject = ModelCase (*)(uint64_t seed, const std::filesystem::path& directory);

void compare_until_time_is_up(MakeSubject make) {
  const uint64_t seed = seed_of_run();
  const Clock clock(10);
  uint64_t reads = 0;
  uint64_t fields = 0;
  uint64_t direct_reads = 0;
  while (clock.running() && !::testing::Test::HasFailure()) {
    const TemporaryDirectory directory;
    Random random(seed + fields);
    const auto engine = tiny_engine(random);
    ASSERT_NE(engine, nullptr);
    std::vector<Subject> subjects;
    const uint64_t first = seed + fields;
    for (int i = 0; i < kFieldsAtOnce; ++i, ++fields) {
      const auto place = directory.path() / std::to_string(i);
      Subject subject{make(seed + fields, place), nullptr, {}};
      const auto stored = open_field(place, engine.get(), false, random.chance(0.7));
      ASSERT_NE(stored, nullptr) << subject.model.describe();
      auto field = engine->attach(stored);
      ASSERT_TRUE(field.ok()) << field.status().to_string() << subject.model.describe();
      subject.field = field.value();
      subject.shown = show(random, subject.model.dense, subject.field->spec());
      subjects.push_back(std::move(subject));
    }
    reads += read_from_many_threads(subjects, first);
    direct_reads += direct_reads_of(*engine);
    EXPECT_LE(engine->ram_peak(), engine->options().ram_bytes);
  }
  fmt::print("seed {}: {} reads of {} random fields, {} of files straight into a device\n", seed,
             reads, fields, direct_reads);
  EXPECT_GT(reads, 0U);
}

// Integers are often stored as a wider type, scaled: no value is lost, and chunks have another size.
nlohmann::json with_element_steps(Random& random, const Layout& layout) {
  nlohmann::json codecs = layout.chunk_codecs();
  const std::pair<DataType, const char*> kWider[] = {
      {DataType::kInt8, "int16"},   {DataType::kInt16, "int32"},  {DataType::kInt32, "int64"},
      {DataType::kUint8, "uint16"}, {DataType::kUint16, "int32"}, {DataType::kUint32, "int64"}};
  for (const auto& [dtype, wider] : kWider) {
    if (dtype != layout.dtype || random.chance(0.5)) continue;
    codecs.insert(codecs.begin(),
                  {{{"name", "cast_value"}, {"configuration", {{"data_type", wider}}}},
                   {{"name", "scale_offset"}, {"configuration", {{"scale", 3}}}}});
    return codecs;
  }
  return codecs;
}

// A field of ours: created, then written in random regions that overlap; the rest is never written.
ModelCase make_by_our_writer(uint64_t seed, const std::filesystem::path& directory) {
  Random random(seed);
  ModelCase made;
  made.seed = seed;
  made.by_our_writer = true;
  do {
    made.layout = random_layout(random);
  } while (made.layout.zarr2 || made.layout.shards.size() > 1);
  Layout& layout = made.layout;
  layout.separator = '/';
  layout.version2_keys = false;
  if (!layout.shards.empty()) layout.shards.front() = {.shape = layout.shards.front().shape};
  made.dense = DenseField(layout.shape, layout.dtype, layout.fill);

  std::filesystem::create_directories(directory);
  CreateOptions options;
  options.shape = layout.shape;
  options.dtype = layout.dtype;
  options.chunk_shape = layout.chunk;
  options.shard_shape = layout.outer_chunk();
  options.codecs = with_element_steps(random, layout);
  options.fill_value = layout.fill_json;
  StoreOptions store_options;
  store_options.writable = true;
  auto store = open_store(directory.string(), store_options);
  EXPECT_TRUE(store.ok()) << store.status().to_string();
  const Status created = create_field(*store.value(), "", options);
  EXPECT_TRUE(created.ok()) << created.to_string() << made.describe();
  const auto stored = open_field(directory, nullptr, true);
  if (stored == nullptr) return made;
  auto writer = FieldWriter::open(stored);
  EXPECT_TRUE(writer.ok()) << writer.status().to_string() << made.describe();
  if (!writer.ok()) return made;
  for (int64_t i = random.between(0, 4); i > 0; --i) {
    const NamedRegion target = random_region(random, layout.shape);
    const size_t bytes = made.dense.take(target.region).size();
    const ByteVector data = random_elements(random, layout.dtype, bytes / made.dense.item());
    const Status written = writer.value()->write(target.region, data);
    EXPECT_TRUE(written.ok()) << target.text << " " << written.to_string() << made.describe();
    made.dense.put(target.region, data);
  }
  const Status flushed = writer.value()->flush();
  EXPECT_TRUE(flushed.ok()) << flushed.to_string();
  return made;
}

TEST(EngineModel, FieldsOfTheTinyWriter) {
  compare_until_time_is_up(make_case);
}

TEST(EngineModel, FieldsOfFieldWriter) {
  compare_until_time_is_up(make_by_our_writer);
}

}  // namespace
}  // namespace neurofs::model
