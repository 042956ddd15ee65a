#include "core/engine/replay.h"

#include <chrono>
#include <cmath>

#include "core/engine/replay_model.h"

namespace neurofs {
namespace {

constexpr uint64_t kMostCacheBlocks = uint64_t{1} << 30;

double share(double part, double whole, double of_nothing) {
  return whole > 0 ? part / whole : of_nothing;
}

template <typename T>
std::string known_names() {
  std::string names;
  for (const auto& [name, plugin] : T::instance().all()) names += " " + name;
  return names;
}

Status check(const ReplayOptions& o) {
  if (PredictorRegistry::instance().find(o.predictor) == nullptr)
    return invalid_argument("unknown predictor '" + o.predictor +
                            "'; known:" + known_names<PredictorRegistry>());
  if (PolicyRegistry::instance().find(o.policy) == nullptr)
    return invalid_argument("unknown policy '" + o.policy +
                            "'; known:" + known_names<PolicyRegistry>());
  if (o.cache_blocks == 0 || o.cache_blocks > kMostCacheBlocks)
    return invalid_argument("the cache must hold 1 to 2^30 blocks");
  if (!std::isfinite(o.latency) || o.latency < 0)
    return invalid_argument("the latency must be a number of ticks, 0 or more");
  if (!std::isfinite(o.bandwidth) || o.bandwidth <= 0)
    return invalid_argument("the bandwidth must be a number of blocks a tick above 0");
  return {};
}

double time_of(Predictor& predictor, const std::vector<Told>& told, size_t reads) {
  std::vector<Proposal> proposals;
  const auto begin = std::chrono::steady_clock::now();
  for (const Told& t : told) {
    if (t.wasted) {
      predictor.wasted(t.access.run.first);
    } else {
      proposals.clear();
      predictor.observe(t.access, &proposals);
    }
  }
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - begin;
  return share(passed.count(), static_cast<double>(reads), 0);
}

}  // namespace

double ReplayResult::coverage() const {
  return without.misses == 0
             ? 0
             : 1 - static_cast<double>(with.misses) / static_cast<double>(without.misses);
}
double ReplayResult::accuracy() const {
  return share(static_cast<double>(with.used), static_cast<double>(with.started), 1);
}
double ReplayResult::timeliness() const {
  return share(static_cast<double>(with.used - with.late), static_cast<double>(with.used), 1);
}
double ReplayResult::waste() const {
  return share(static_cast<double>(with.started - with.used), static_cast<double>(without.misses),
               0);
}
double ReplayResult::stall() const {
  return share(with.stall, without.stall, 0);
}
double ReplayResult::miss_ratio() const {
  return share(static_cast<double>(with.misses), static_cast<double>(with.blocks), 0);
}

Result<ReplayResult> replay(const ReplayTrace& trace, const ReplayOptions& options) {
  NF_TRY(check(options));
  const auto& make_predictor = PredictorRegistry::instance().find(options.predictor)->factory;
  const auto& make_policy = PolicyRegistry::instance().find(options.policy)->factory;
  const auto capacity = static_cast<uint32_t>(options.cache_blocks);
  const PredictorLimits limits{trace.block_count, std::max<uint64_t>(options.cache_blocks / 3, 1),
                               options.cache_blocks, trace.grid};
  ReplayResult result;
  result.without = CostModel(trace, options, *make_policy(capacity), nullptr, nullptr).run();
  const auto predictor = make_predictor(limits);
  std::vector<Told> told;
  result.with = CostModel(trace, options, *make_policy(capacity), predictor.get(),
                          options.timing ? &told : nullptr)
                    .run();
  result.state_bytes = predictor->memory_bytes();
  if (options.timing)
    result.nanoseconds = time_of(*make_predictor(limits), told, trace.reads.size());
  return result;
}

}  // namespace neurofs
