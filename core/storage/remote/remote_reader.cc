#include "core/storage/remote/remote_reader.h"

#include <algorithm>
#include <random>
#include <utility>

#include "core/storage/remote/remote_batch.h"

namespace neurofs {
namespace {

constexpr uint64_t kMostRequestBytes = 8 << 20;

class BatchReader : public RemoteReader {
 public:
  BatchReader(Transport& transport, std::string url, const RemoteOptions& options, Metrics* metrics)
      : shared_(transport, std::move(url), options, metrics) {}

  void read(std::span<ReadOp> batch) override { RemoteBatch(shared_, batch).run(); }

  // A read of no bytes that tells of its object.
  void stat_all(std::span<StatOp> batch) override {
    std::vector<ObjectInfo> seen(batch.size());
    std::vector<ReadOp> ops(batch.size());
    for (size_t i = 0; i < batch.size(); ++i) {
      ops[i].key = batch[i].key;
      ops[i].seen = &seen[i];
    }
    read(ops);
    for (size_t i = 0; i < batch.size(); ++i) {
      switch (ops[i].outcome) {
        case ReadOp::Outcome::kData:
          batch[i].info = std::move(seen[i]);
          break;
        case ReadOp::Outcome::kMissing:
          batch[i].info = ObjectInfo{};
          break;
        default:
          batch[i].info = std::move(ops[i].status);
      }
    }
  }

  unsigned in_flight_limit() const override { return shared_.in_flight.limit(); }

 private:
  RemoteShared shared_;
};

RetryPolicy policy_of(const RemoteOptions& options) {
  RetryPolicy policy;
  policy.retries = std::max(options.retries, 0);
  return policy;
}

}  // namespace

Result<ObjectInfo> RemoteReader::stat(std::string_view key) {
  StatOp op{key};
  stat_all({&op, 1});
  return std::move(op.info);
}

RemoteShared::RemoteShared(Transport& transport_in, std::string url_in,
                           const RemoteOptions& options_in, Metrics* metrics)
    : transport(transport_in),
      url(std::move(url_in)),
      options(options_in),
      policy(policy_of(options_in)),
      limits{options_in.gap, kMostRequestBytes},
      out_of_memory(
          no_memory("the system has no memory left for reads of " + url + "; lower --ram")),
      in_flight(options_in.in_flight),
      own_metrics(metrics == nullptr ? std::make_unique<Metrics>() : nullptr),
      all(metrics == nullptr ? *own_metrics : *metrics),
      counters(&all),
      requests(all.counter("store_requests_total",
                           "Requests sent to remote stores, with those tried again")),
      retries(
          all.counter("store_retries_total", "Requests to remote stores that were tried again")),
      slow_downs(all.counter("store_slow_downs_total",
                             "Requests that remote stores refused for their load")),
      hedges(all.counter("store_hedges_total",
                         "Second requests for what took longer than nearly all")),
      hedges_won(all.counter("store_hedges_won_total", "Second requests that were answered first")),
      seed_(std::random_device{}()) {
  all.gauge("store_fetched_per_asked", "Bytes fetched from remote stores per byte asked of them",
            [&fetched = counters.read_bytes, &asked = counters.requested_bytes] {
              const auto bytes = static_cast<double>(asked.value());
              return bytes > 0 ? static_cast<double>(fetched.value()) / bytes : 0.0;
            });
}

uint64_t RemoteShared::random() {
  std::mt19937_64 generator(seed_.fetch_add(1, std::memory_order_relaxed));
  return generator();
}

std::unique_ptr<RemoteReader> RemoteReader::create(Transport& transport, std::string url,
                                                   const RemoteOptions& options, Metrics* metrics) {
  return std::make_unique<BatchReader>(transport, std::move(url), options, metrics);
}

}  // namespace neurofs
