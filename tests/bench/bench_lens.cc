// How fast lenses run on one core: a block that stays in the second cache, read and written over and over.
#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/lens/lens.h"

namespace {

using namespace neurofs;

constexpr size_t kBytes = 256u << 10;

void run(benchmark::State& state, const std::string& name, DataType source) {
  const nlohmann::json attributes = {{"neurofs.stats", {{"mean", 0.1}, {"std", 2}}}};
  const auto lens = Lens::parse(name, source, attributes);
  if (!lens.ok()) return state.SkipWithError(lens.status().message().c_str());
  const size_t count = kBytes / item_size(source);
  std::vector<float> values(count);
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  for (float& x : values) x = normal(random);
  std::vector<std::byte> in(kBytes);
  Lens::parse(zarr_name(source), DataType::kFloat32, {})
      ->apply(in.data(), reinterpret_cast<const std::byte*>(values.data()), count);
  std::vector<std::byte> out(count * item_size(lens->result()));
  for (auto _ : state) {
    lens->apply(out.data(), in.data(), count);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kBytes));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * count));
}

void transposed(benchmark::State& state) {
  constexpr Index kRows = 256;
  const auto lens = Lens::parse("relu", DataType::kFloat32, {});
  std::vector<std::byte> in(kBytes);
  std::vector<std::byte> out(kBytes);
  for (auto _ : state) {
    lens->copy(out.data(), {kRows * 4, 4}, in.data(), {4, kRows * 4}, {kRows, kRows});
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kBytes));
}
BENCHMARK(transposed);

}  // namespace

int main(int argc, char** argv) {
  using T = DataType;
  const auto add = [](const std::string& name, T source) {
    const std::string label = std::string(zarr_name(source)) + "/" + name;
    benchmark::RegisterBenchmark(label.c_str(),
                                 [=](benchmark::State& state) { run(state, name, source); });
  };
  for (const char* name : {"f32",
                           "relu",
                           "scale=0.5",
                           "zscore",
                           "round",
                           "clip=-1:1",
                           "f16",
                           "bf16",
                           "f8_e4m3fn",
                           "i8_sat",
                           "f64",
                           "relu,f16",
                           "scale=0.5,offset=1,relu,f16",
                           "exp",
                           "log1p",
                           "tanh",
                           "sigmoid",
                           "silu",
                           "softplus",
                           "gelu",
                           "gelu_tanh"}) {
    add(name, T::kFloat32);
  }
  for (const T source : {T::kFloat16, T::kBfloat16, T::kFloat8E4m3fn}) {
    for (const char* name : {"f32", "relu", "gelu"}) add(name, source);
  }
  for (const char* name : {"relu", "f32", "f16", "exp", "tanh", "gelu"}) add(name, T::kFloat64);
  for (const char* name : {"f32", "relu", "scale=0.5"}) add(name, T::kUint8);
  for (const char* name : {"f32", "relu", "i8_sat"}) add(name, T::kInt16);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
