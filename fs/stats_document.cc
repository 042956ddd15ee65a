#include "fs/stats_document.h"

#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

using nlohmann::json;

// hits / (hits + misses) for every pair of counters NAME_hits_total, NAME_misses_total.
json hit_rates(const json& counters) {
  constexpr std::string_view kHits = "_hits_total";
  json rates = json::object();
  for (const auto& [name, value] : counters.items()) {
    if (!name.ends_with(kHits)) continue;
    const std::string tier = name.substr(0, name.size() - kHits.size());
    const auto misses = counters.find(tier + "_misses_total");
    if (misses == counters.end()) continue;
    const double hits = value.get<double>();
    const double all = hits + misses->get<double>();
    rates[tier] = all > 0 ? json(hits / all) : json(nullptr);
  }
  return rates;
}

// Whether files are read straight into GPU memory; null where it was not asked for.
json direct_document(Engine& engine, const GpuTierState& state) {
  if (!engine.options().gpu_direct) return nullptr;
  return {{"state", state.direct_off.empty() ? "on" : "off"},
          {"reason", state.direct_off},
          {"way", state.direct_way}};
}

// What the GPU tier is; null where none was asked for.
json gpu_document(Engine& engine) {
  if (engine.options().gpu_bytes == 0 && !engine.options().gpu_direct) return nullptr;
  const GpuTierState state = engine.gpu_state();
  json devices = json::array();
  for (const DeviceInfo& d : state.devices) {
    devices.push_back({{"id", d.id},
                       {"name", d.name},
                       {"capability", d.capability},
                       {"total_bytes", d.total_bytes}});
  }
  return {{"state", state.off.empty() ? "on" : "off"},
          {"reason", state.off},
          {"used_bytes", state.used_bytes},
          {"budget_bytes", state.budget_bytes},
          {"asked_bytes", engine.options().gpu_bytes},
          {"devices", std::move(devices)},
          {"direct", direct_document(engine, state)}};
}

// What the disk cache is; null where there is none.
json nvme_document(const DiskCache* cache) {
  if (cache == nullptr) return nullptr;
  const std::string off = cache->state();
  return {{"state", off.empty() ? "on" : "off"},
          {"reason", off},
          {"used_bytes", cache->used_bytes()},
          {"budget_bytes", cache->size_bytes()},
          {"entries", cache->entries()}};
}

// What was asked of a store over a network, and what that took; null where it is local.
json remote_document(const ObjectStore& store, const json& counters) {
  if (store.has_local_objects()) return nullptr;
  const auto count = [&counters](const char* name) { return counters.value(name, uint64_t{0}); };
  const uint64_t asked = count("store_requested_bytes_total");
  const uint64_t fetched = count("store_read_bytes_total");
  return {{"requests", count("store_requests_total")},
          {"retries", count("store_retries_total")},
          {"hedges", count("store_hedges_total")},
          {"hedges_won", count("store_hedges_won_total")},
          {"refusals", count("store_slow_downs_total")},
          {"failed_reads", count("store_errors_total")},
          {"asked_bytes", asked},
          {"fetched_bytes", fetched},
          {"fetched_per_asked",
           asked > 0 ? json(static_cast<double>(fetched) / static_cast<double>(asked)) : json()}};
}

// What became of blocks that were fetched ahead; those that are still unread are in neither.
json prefetch_document(const json& counters) {
  const auto count = [&counters](const char* what) {
    return counters.value(std::string("prefetch_") + what + "_blocks_total", uint64_t{0});
  };
  const uint64_t used = count("used");
  const uint64_t wasted = count("wasted");
  const double settled = static_cast<double>(used + wasted);
  return {{"used_blocks", used},
          {"late_blocks", count("late")},
          {"wasted_blocks", wasted},
          {"accuracy", settled > 0 ? json(static_cast<double>(used) / settled) : json()}};
}

}  // namespace

json stats_document(Engine& engine, const ObjectStore& store, const DiskCache* cache) {
  json counters = json::object();
  json gauges = json::object();
  for (const Metrics::Sample& sample : engine.metrics().snapshot()) {
    if (sample.is_counter) {
      counters[sample.name] = static_cast<uint64_t>(sample.value);
    } else {
      gauges[sample.name] = sample.value;
    }
  }
  json io = json::object();
  for (const auto& [key, value] : store.describe()) io[key] = value;
  return {{"ram",
           {{"used_bytes", engine.ram_used()},
            {"peak_bytes", engine.ram_peak()},
            {"budget_bytes", engine.options().ram_bytes}}},
          {"gpu", gpu_document(engine)},
          {"nvme", nvme_document(cache)},
          {"remote", remote_document(store, counters)},
          {"hit_rates", hit_rates(counters)},
          {"prefetch", prefetch_document(counters)},
          {"store", {{"url", store.url()}, {"io", io}}},
          {"policy", engine.options().policy},
          {"predictor", engine.options().predictor},
          {"gauges", gauges},
          {"counters", counters}};
}

}  // namespace neurofs
