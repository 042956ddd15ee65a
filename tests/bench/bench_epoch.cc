// bench_epoch: one epoch of a field in a given order, in one process and without a mount.
//
// Purpose: what the engine alone gives to who reads a shuffled field from one end to the other, in pieces of 1 MiB
// by some threads, as the kernel asks a mount; `--order ""` reads the field as it is. One JSON object on standard
// output gives rate and counts.
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "core/engine/field.h"
#include "core/engine/row_cursor.h"
#include "core/geometry/neuron_order.h"
#include "core/lens/lens.h"

namespace {

using namespace neurofs;

struct Settings {
  std::string url;
  std::string order = "shuffle=1";
  uint64_t ram_mib = 1024;
  size_t block = size_t{1} << 20;
  unsigned threads = 2;
  double seconds = 300;
};

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().to_string());
  return std::move(result).value();
}

RegionReader make_reader(const std::shared_ptr<Field>& field, const std::string& name) {
  const FieldSpec& spec = field->spec();
  const Lens none(spec.dtype);
  if (name.empty()) return {field, whole_region(spec.shape), none};
  Index neurons = 1;
  for (const Index extent : spec.neuron_shape()) neurons *= extent;
  auto order = shuffled_order(must(parse_order_name(name)), neurons);
  const Region whole = whole_region(ordered_shape(spec, *order));
  return {field, whole, none, std::move(order)};
}

uint64_t read_all(const RegionReader& reader, const Settings& settings) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::duration<double>(settings.seconds);
  std::atomic<uint64_t> next{0};
  std::atomic<uint64_t> bytes{0};
  const auto work = [&] {
    std::vector<std::byte> out(settings.block);
    while (Clock::now() < end) {
      const uint64_t at = next.fetch_add(settings.block);
      if (at >= reader.size()) return;
      const size_t n = std::min<uint64_t>(settings.block, reader.size() - at);
      const Status status = reader.read(at, std::span(out).first(n), 1);
      if (!status.ok()) throw std::runtime_error(status.to_string());
      bytes += n;
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < settings.threads; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return bytes;
}

int run(const Settings& settings) {
  EngineOptions options;
  options.ram_bytes = settings.ram_mib << 20;
  const auto engine = must(Engine::create(options));
  StoreOptions store;
  store.metrics = &engine->metrics();
  const auto stored = must(open_stored_field(must(open_store(settings.url, store)), "", {}));
  const RegionReader reader = make_reader(must(engine->attach(stored)), settings.order);
  const auto start = std::chrono::steady_clock::now();
  const uint64_t bytes = read_all(reader, settings);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  nlohmann::json out = {{"seconds", seconds},
                        {"mb_per_s", static_cast<double>(bytes) / seconds / 1e6}};
  for (const char* name :
       {"ram_loads_total", "ram_hits_total", "ram_misses_total", "ram_joined_loads_total",
        "prefetch_used_blocks_total", "prefetch_wasted_blocks_total"}) {
    out[name] = engine->metrics().counter(name, "").value();
  }
  std::cout << out.dump() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("One epoch of a field in a given order");
  app.add_option("url", settings.url, "path or URL of the field")->required();
  app.add_option("--order", settings.order, "name of the order; \"\" for none");
  app.add_option("--ram", settings.ram_mib, "MiB");
  app.add_option("--block", settings.block, "bytes of one read");
  app.add_option("--threads", settings.threads, "readers");
  app.add_option("--seconds", settings.seconds, "no new read after so long");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::cerr << "bench_epoch: " << error.what() << "\n";
    return 2;
  }
}
