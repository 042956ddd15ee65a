#include "core/base/metrics.h"

#include <cstdio>
#include <utility>

namespace neurofs {

Counter& Metrics::counter(std::string_view name, std::string_view help) {
  const std::lock_guard lock(mutex_);
  auto it = entries_.find(name);
  if (it == entries_.end()) {
    it = entries_.emplace(std::string(name), Entry{std::string(help), nullptr, nullptr}).first;
  }
  if (!it->second.counter) it->second.counter = std::make_unique<Counter>();
  return *it->second.counter;
}

void Metrics::gauge(std::string_view name, std::string_view help, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(std::string(name), Entry{std::string(help), nullptr, std::move(read)});
}

std::vector<Metrics::Sample> Metrics::snapshot() const {
  const std::lock_guard lock(mutex_);
  std::vector<Sample> samples;
  samples.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) {
    const double value =
        entry.counter ? static_cast<double>(entry.counter->value()) : entry.gauge();
    samples.push_back({name, entry.help, entry.counter != nullptr, value});
  }
  return samples;
}

std::string Metrics::prometheus_text() const {
  std::string text;
  for (const Sample& s : snapshot()) {
    const std::string name = "neurofs_" + s.name;
    char value[64];
    std::snprintf(value, sizeof value, "%.17g", s.value);
    text += "# HELP " + name + " " + s.help + "\n";
    text += "# TYPE " + name + (s.is_counter ? " counter\n" : " gauge\n");
    text += name + " " + value + "\n";
  }
  return text;
}

}  // namespace neurofs
