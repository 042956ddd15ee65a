// What an order of neurons costs per row: both directions, one by one and in runs, at sizes of which the
// permutation walks least and most.

#include <benchmark/benchmark.h>

#include <array>

#include "core/geometry/neuron_order.h"

namespace neurofs {
namespace {

std::shared_ptr<const NeuronOrder> order_of(const char* name, Index neurons) {
  return shuffled_order(parse_order_name(name).value(), neurons);
}

void at(benchmark::State& state, const char* name) {
  const auto order = order_of(name, state.range(0));
  Index position = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(order->at(position));
    if (++position == order->size()) position = 0;
  }
}

void position_of(benchmark::State& state, const char* name) {
  const auto order = order_of(name, state.range(0));
  Index neuron = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(order->position_of(neuron));
    if (++neuron == order->neurons()) neuron = 0;
  }
}

void fill_32(benchmark::State& state, const char* name) {
  const auto order = order_of(name, state.range(0));
  std::array<Index, 32> neurons;
  Index first = 0;
  for (auto _ : state) {
    order->fill(first, neurons);
    benchmark::DoNotOptimize(neurons);
    first += 32;
    if (first + 32 > order->size()) first = 0;
  }
  state.SetItemsProcessed(state.iterations() * 32);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const Index size : {1 << 20, (1 << 20) + 1}) benchmark->Arg(size);
  benchmark->Arg(86'000'000'000)->Arg(INT64_MAX);
}

BENCHMARK_CAPTURE(at, one_by_one, "shuffle=42")->Apply(sizes);
BENCHMARK_CAPTURE(at, in_runs, "shuffle=42,block=4096")->Apply(sizes);
BENCHMARK_CAPTURE(position_of, one_by_one, "shuffle=42")->Apply(sizes);
BENCHMARK_CAPTURE(position_of, in_runs, "shuffle=42,block=4096")->Apply(sizes);
BENCHMARK_CAPTURE(fill_32, one_by_one, "shuffle=42")->Apply(sizes);
BENCHMARK_CAPTURE(fill_32, in_runs, "shuffle=42,block=4096")->Apply(sizes);

}  // namespace
}  // namespace neurofs

BENCHMARK_MAIN();
