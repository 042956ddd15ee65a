#include "fs/control_files.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fs/field_document.h"

namespace neurofs {
namespace {

using nlohmann::json;

std::string pretty(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

json status_document(const MountInfo& mount) {
  return {{"pid", getpid()},
          {"source", mount.source},
          {"mountpoint", mount.mountpoint},
          {"version", mount.version},
          {"mounted_at", mount.mounted_at},
          {"options", json::parse(mount.options_json, nullptr, false)}};
}

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

}  // namespace

json stats_document(Engine& engine, const ObjectStore& store) {
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
          {"hit_rates", hit_rates(counters)},
          {"store", {{"url", store.url()}, {"io", io}}},
          {"policy", engine.options().policy},
          {"predictor", engine.options().predictor},
          {"gauges", gauges},
          {"counters", counters}};
}

std::vector<std::string_view> control_names(bool is_root, bool is_field) {
  std::vector<std::string_view> names;
  if (is_root) names.push_back("errors");
  if (is_field) names.push_back("field.json");
  names.push_back("metrics");
  names.push_back("stats.json");
  if (is_root) names.push_back("status.json");
  return names;
}

std::optional<std::string> control_text(const ControlContext& context, std::string_view name,
                                        bool is_root, const FieldFiles* files,
                                        std::string_view path) {
  const auto names = control_names(is_root, files != nullptr);
  if (std::find(names.begin(), names.end(), name) == names.end()) return std::nullopt;
  if (name == "errors") return context.errors.json_lines();
  if (name == "metrics") return context.engine.metrics().prometheus_text();
  if (name == "stats.json") return pretty(stats_document(context.engine, context.store));
  if (name == "status.json") return pretty(status_document(context.mount));
  return pretty(field_document(*files, files->field->stored().url(), path));
}

}  // namespace neurofs
