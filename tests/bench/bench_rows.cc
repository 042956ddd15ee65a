// bench_rows: random rows of a field in one process, in batches, through the C++ API.
//
// Purpose: ours beside tensorstore and zarr-python in tests/bench/run (bench_rows.py is the same for
// those). The caches are empty at the start. One JSON object on standard output gives the rate.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/engine/neurofs.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string url;
  size_t rows = 1000;
  size_t batch = 1000;
  uint64_t seed = 1;
};

neurofs::Status measure(const Settings& settings, nlohmann::json* result) {
  NF_ASSIGN(auto memory, neurofs::TieredMemory::open(settings.url, {.ram_bytes = 256u << 20}));
  const uint64_t neurons = memory.spec().shape[0];
  std::mt19937_64 random(settings.seed);
  std::uniform_int_distribution<neurofs::Index> pick(0, static_cast<neurofs::Index>(neurons) - 1);
  neurofs::ByteVector out(settings.batch * memory.neuron_size());
  std::vector<neurofs::Index> batch(settings.batch);
  const auto begin = Clock::now();
  size_t done = 0;
  for (; done < settings.rows; done += batch.size()) {
    batch.resize(std::min(settings.batch, settings.rows - done));
    std::ranges::generate(batch, [&] { return pick(random); });
    NF_TRY(memory.batch_get(batch,
                            neurofs::MutableBytes(out).first(batch.size() * memory.neuron_size())));
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  *result = {{"operations", done},
             {"seconds", seconds},
             {"ops_per_s", static_cast<double>(done) / seconds}};
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Reads random rows of a field and prints the rate as JSON"};
  app.add_option("url", settings.url)->required();
  app.add_option("--rows", settings.rows)->capture_default_str();
  app.add_option("--batch", settings.batch, "rows of one call")->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.seed);
  CLI11_PARSE(app, argc, argv);
  nlohmann::json result;
  const neurofs::Status status = measure(settings, &result);
  if (!status.ok()) {
    std::cerr << "bench_rows: " << status.to_string() << "\n";
    return 1;
  }
  std::cout << result << "\n";
  return 0;
}
