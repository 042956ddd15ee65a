// Metrics: named counters that cost a few nanoseconds to bump and are read as a snapshot.
//
// Purpose: the figures behind `neurofs stats`, `.neurofs/stats.json` and `.neurofs/metrics`.
// Thread-safety: Counter::add from any thread without contention (striped by thread);
// registration and snapshot take a lock.
// Ownership: a Metrics owns its counters; references stay valid as long as it lives.
// Names follow Prometheus: snake case, unit as suffix ("store_read_bytes_total").
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace neurofs {

class Counter {
 public:
  void add(uint64_t n = 1) { stripes_[stripe()].value.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const {
    uint64_t sum = 0;
    for (const auto& s : stripes_) sum += s.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr size_t kStripes = 8;
  static size_t stripe() {
    static std::atomic<size_t> next{0};
    thread_local const size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kStripes;
    return mine;
  }
  struct alignas(64) Stripe {
    std::atomic<uint64_t> value{0};
  };
  std::array<Stripe, kStripes> stripes_;
};

class Metrics {
 public:
  struct Sample {
    std::string name;
    std::string help;
    bool is_counter = true;  // else a gauge
    double value = 0;
  };

  // The counter of that name, made on first use. `help` is kept from the first call.
  Counter& counter(std::string_view name, std::string_view help);

  // A value read when a snapshot is taken. `read` must be callable from any thread.
  void gauge(std::string_view name, std::string_view help, std::function<double()> read);

  // Sorted by name.
  std::vector<Sample> snapshot() const;

  // Prometheus text format, version 0.0.4; every name gets the prefix "neurofs_".
  std::string prometheus_text() const;

 private:
  struct Entry {
    std::string help;
    std::unique_ptr<Counter> counter;
    std::function<double()> gauge;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;  // guarded by mutex_
};

}  // namespace neurofs
