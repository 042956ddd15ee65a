#include "core/base/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace neurofs {
namespace {

TEST(Metrics, CountsFromManyThreads) {
  Metrics metrics;
  Counter& counter = metrics.counter("reads_total", "Reads");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) counter.add();
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(counter.value(), 80'000u);
  EXPECT_EQ(&metrics.counter("reads_total", "again"), &counter) << "one counter a name";
}

TEST(Metrics, PrometheusTextFormat) {
  Metrics metrics;
  metrics.counter("reads_total", "Reads so far").add(3);
  metrics.gauge("used_bytes", "Bytes in use", [] { return 4096.0; });
  EXPECT_EQ(metrics.prometheus_text(),
            "# HELP neurofs_reads_total Reads so far\n"
            "# TYPE neurofs_reads_total counter\n"
            "neurofs_reads_total 3\n"
            "# HELP neurofs_used_bytes Bytes in use\n"
            "# TYPE neurofs_used_bytes gauge\n"
            "neurofs_used_bytes 4096\n");
}

}  // namespace
}  // namespace neurofs
