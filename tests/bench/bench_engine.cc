// In-process figures: TieredMemory on a field that lies in RAM, beside memcpy of the same rows.
//
// Purpose: the part of a read that is ours alone, without kernel or disk. Names and thread counts are
// read by tests/bench/measures.py. Two fields in a temporary directory: scalars of 4 bytes and rows of
// 4 KiB; everything is read once before a clock starts.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>

#include "core/device/sim/sim_control.h"
#include "core/engine/field_writer.h"
#include "core/engine/tiered_memory.h"

namespace neurofs {
namespace {

constexpr size_t kBatch = 1000;
constexpr Index kRows = 32768;  // 128 MiB of 4 KiB rows
constexpr Index kScalars = 1 << 20;
constexpr size_t kLists = 64;  // batches of neuron numbers, prepared before the clock starts

template <typename T>
T must(Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::cerr << result.status().to_string() << "\n";
  std::exit(1);
}
void must(const Status& status) {
  if (status.ok()) return;
  std::cerr << status.to_string() << "\n";
  std::exit(1);
}

std::vector<std::vector<Index>> random_lists(Index neurons, size_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<Index> pick(0, neurons - 1);
  std::vector<std::vector<Index>> lists(kLists, std::vector<Index>(kBatch));
  for (auto& list : lists) {
    for (Index& neuron : list) neuron = pick(random);
  }
  return lists;
}

std::shared_ptr<Field> make_field(const std::filesystem::path& directory, const Dims& shape,
                                  const std::shared_ptr<Engine>& engine) {
  std::filesystem::create_directories(directory);
  StoreOptions options;
  options.writable = true;
  auto store = must(open_store(directory.string(), options));
  CreateOptions create;
  create.shape = shape;
  must(create_field(*store, "", create));
  auto stored = must(open_stored_field(store, "", {}));
  ByteVector bytes(stored->spec().size());
  std::mt19937 random(7);
  for (size_t at = 0; at < bytes.size(); at += 4) {
    const auto word = static_cast<uint32_t>(random());
    std::memcpy(bytes.data() + at, &word, 4);
  }
  must(must(FieldWriter::open(stored))->write(whole_region(shape), bytes));
  return must(engine->attach(must(open_stored_field(store, "", {}))));
}

struct World {
  explicit World(bool gpu) {
    std::string name = (std::filesystem::temp_directory_path() / "neurofs-bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::exit(1);
    directory = name;
    EngineOptions options;
    options.ram_bytes = uint64_t{1} << 30;
    if (gpu) {
      // What a GPU tier costs who reads from RAM; a simulated one does for that.
      SimControl::configure({SimOptions{.total_bytes = uint64_t{64} << 20}});
      options.gpu_kind = "sim";
      options.gpu_bytes = uint64_t{32} << 20;
      options.gpu_victim = true;
    }
    engine = must(Engine::create(options));
    field = make_field(directory / "rows", {kRows, 1024}, engine);
    rows.emplace(field);
    scalars.emplace(make_field(directory / "scalars", {kScalars}, engine));
    for (const TieredMemory* memory : {&*rows, &*scalars}) {
      ByteVector all(memory->spec().size());
      must(memory->batch_get(whole_region(memory->spec().shape), all));
      if (memory == &*rows) plain = std::move(all);
    }
  }
  ~World() { std::filesystem::remove_all(directory); }

  std::filesystem::path directory;
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Field> field;  // of the rows
  std::optional<TieredMemory> rows;
  std::optional<TieredMemory> scalars;
  ByteVector plain;  // the rows once more, for memcpy
};

World& world() {
  static World made(false);
  return made;
}

World& world_with_gpu() {
  static World made(true);
  return made;
}

void warm_gets(benchmark::State& state, const TieredMemory& memory) {
  const auto lists = random_lists(kRows, static_cast<size_t>(state.thread_index()));
  size_t turn = 0;
  for (auto _ : state) {
    const auto got = memory.get(lists[turn / kBatch % kLists][turn % kBatch]);
    if (!got.ok()) state.SkipWithError("get failed");
    benchmark::DoNotOptimize(got.value().bytes().data());
    ++turn;
  }
}

void warm_get(benchmark::State& state) {
  warm_gets(state, *world().rows);
}
void warm_get_with_gpu_tier(benchmark::State& state) {
  warm_gets(state, *world_with_gpu().rows);
}

void warm_batch(benchmark::State& state, const TieredMemory& memory) {
  const auto lists =
      random_lists(memory.spec().neuron_count(), static_cast<size_t>(state.thread_index()));
  ByteVector out(kBatch * memory.spec().neuron_size());
  size_t turn = 0;
  for (auto _ : state) {
    const Status status = memory.batch_get(lists[turn++ % kLists], out);
    if (!status.ok()) state.SkipWithError("batch_get failed");
    benchmark::DoNotOptimize(out.data());
  }
}
void warm_batch_4(benchmark::State& state) {
  warm_batch(state, *world().scalars);
}
void warm_batch_4096(benchmark::State& state) {
  warm_batch(state, *world().rows);
}

void warm_batch_4096_with_gpu_tier(benchmark::State& state) {
  warm_batch(state, *world_with_gpu().rows);
}

void memcpy_4096(benchmark::State& state) {
  const auto lists = random_lists(kRows, static_cast<size_t>(state.thread_index()));
  const size_t row = world().rows->spec().neuron_size();
  ByteVector out(kBatch * row);
  size_t turn = 0;
  for (auto _ : state) {
    std::byte* to = out.data();
    for (const Index neuron : lists[turn % kLists]) {
      std::memcpy(to, world().plain.data() + static_cast<size_t>(neuron) * row, row);
      to += row;
    }
    benchmark::DoNotOptimize(out.data());
    ++turn;
  }
}

// What a read of field.npy costs below the file system: 4 KiB at any row.
void warm_region_4096(benchmark::State& state) {
  const auto lists = random_lists(kRows, static_cast<size_t>(state.thread_index()));
  static const RegionReader reader(world().field, whole_region({kRows, 1024}));
  ByteVector out(4096);
  size_t turn = 0;
  for (auto _ : state) {
    const auto row = static_cast<uint64_t>(lists[turn / kBatch % kLists][turn % kBatch]);
    const Status status = reader.read(row * 4096, out, 1);
    if (!status.ok()) state.SkipWithError("read failed");
    benchmark::DoNotOptimize(out.data());
    ++turn;
  }
}

BENCHMARK(warm_region_4096)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(warm_get)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(warm_get_with_gpu_tier)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(warm_batch_4096_with_gpu_tier)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(warm_batch_4)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(warm_batch_4096)->ThreadRange(1, 2)->UseRealTime();
BENCHMARK(memcpy_4096)->ThreadRange(1, 2)->UseRealTime();

}  // namespace
}  // namespace neurofs

BENCHMARK_MAIN();
