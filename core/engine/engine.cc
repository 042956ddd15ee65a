#include "core/engine/engine.h"

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "core/engine/engine_state.h"
#include "core/engine/field_state.h"

namespace neurofs {
namespace {

constexpr size_t kPrefetchQueue = 64;
constexpr size_t kLeastPrefetchers =
    4;                                  // some wait for the disk while others fill and empty memory
constexpr size_t kFarPrefetchers = 16;  // of 2 MiB each: what a fast network holds in 20 to 30 ms
constexpr uint64_t kFarAhead = 4;       // times as much ahead: twice what is on its way
constexpr size_t kDecodeQueue = 256;
constexpr uint64_t kMostScratch = uint64_t{256} << 20;
constexpr uint64_t kLeastBudget = uint64_t{64} << 10;

size_t thread_count(const EngineOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
}

Status no_threads(const std::system_error& error) {
  return io_error(std::string("the engine's threads cannot be started: ") + error.what() +
                  "; raise ulimit -u or the control group's pids.max");
}

}  // namespace

Result<std::shared_ptr<Engine>> Engine::create(const EngineOptions& options) {
  if (options.ram_bytes < kLeastBudget) {
    return invalid_argument("a RAM budget of " + std::to_string(options.ram_bytes) +
                            " bytes is too small; 64KiB is the least");
  }
  if (PredictorRegistry::instance().find(options.predictor) == nullptr) {
    std::string known;
    for (const auto& [name, p] : PredictorRegistry::instance().all()) known += " " + name;
    return invalid_argument("unknown predictor '" + options.predictor + "'; known:" + known);
  }
  const uint64_t scratch = std::min(options.ram_bytes / 8, kMostScratch);
  auto metrics = std::make_unique<Metrics>();
  BlockCache::Options cache;
  cache.budget = options.ram_bytes - scratch;
  cache.policy = options.policy;
  cache.metrics = metrics.get();
  NF_ASSIGN(auto blocks, BlockCache::create(cache));
  std::unique_ptr<LearnedOrders> learned;
  if (!options.learn_dir.empty()) {
    NF_ASSIGN(learned, LearnedOrders::open(options.learn_dir));
  }
  try {
    return std::shared_ptr<Engine>(std::make_shared<EngineState>(
        options, std::move(metrics), std::move(blocks), scratch, std::move(learned)));
  } catch (const std::system_error& error) {
    return no_threads(error);
  }
}

EngineState::EngineState(const EngineOptions& options, std::unique_ptr<Metrics> metrics,
                         std::unique_ptr<BlockCache> cache, uint64_t scratch_bytes,
                         std::unique_ptr<LearnedOrders> learned)
    : hits(metrics->counter("ram_hits_total", "Blocks that a read found in the RAM tier")),
      misses(metrics->counter("ram_misses_total", "Blocks that a read had to wait for")),
      fills(metrics->counter("fill_blocks_total", "Blocks that are not stored: the fill value")),
      options_(options),
      metrics_(std::move(metrics)),
      cache_(std::move(cache)),
      learned_(std::move(learned)),
      direct_files_(options.gpu_direct, *metrics_),
      scratch_(std::max<uint64_t>(scratch_bytes, 1)),
      decoders_(thread_count(options), kDecodeQueue),
      near_(std::max(kLeastPrefetchers, thread_count(options)), kPrefetchQueue) {
  cache_->on_shortage([this] { ahead_holders_.let_go(); });
  if (options_.gpu_bytes > 0) open_tier();
}

void EngineState::open_tier() {
  DeviceTier::Options tier;
  tier.kind = options_.gpu_kind;
  tier.ids = options_.gpu_ids;
  tier.bytes = options_.gpu_bytes;
  tier.victims = options_.gpu_victim;
  tier.policy = options_.policy;
  tier.metrics = metrics_.get();
  tier.cache = cache_.get();
  tier_ = DeviceTier::open(tier);
  direct_files_.begin(tier_->gpus(), tier_->state());
}

EngineState::Prefetchers& EngineState::far() {
  const std::lock_guard lock(far_mutex_);
  if (!far_) far_.emplace(kFarPrefetchers, kPrefetchQueue);
  return *far_;
}

bool EngineState::end_prefetches(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  ending_.cancel();
  const bool near = near_.executor.close(patience);
  Executor* far = nullptr;
  {
    const std::lock_guard lock(far_mutex_);
    if (far_) far = &far_->executor;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  return (far == nullptr || far->close(std::max(left, std::chrono::milliseconds(0)))) && near;
}

void EngineState::drop_cache() {
  cache_->drop_all();
  if (DeviceTier* gpus = tier()) gpus->drop_all();
}

GpuTierState EngineState::gpu_state() {
  GpuTierState state;
  state.direct_off = direct_files_.off();
  state.direct_way = direct_files_.way();
  DeviceTier* gpus = tier();
  if (gpus == nullptr) {
    state.off = "no GPU memory was asked for";
    return state;
  }
  state.off = gpus->state().message();
  for (const auto& gpu : gpus->gpus()) state.devices.push_back(gpu->device->info());
  state.used_bytes = gpus->used();
  state.budget_bytes = gpus->budget();
  return state;
}

Result<DeviceTier::Gpu*> EngineState::open_gpu(int id) {
  {
    const std::lock_guard lock(opening_mutex_);
    if (tier_ == nullptr) open_tier();
  }
  const Status state = tier_->state();
  if (!state.ok()) return unsupported("no GPU can be used: " + state.message());
  DeviceTier::Gpu* gpu = id < 0 ? tier_->gpus().front().get() : tier_->find(id);
  if (gpu != nullptr) return gpu;
  return invalid_argument("GPU " + std::to_string(id) +
                          " is not one of this engine's; see gpu_ids");
}

Result<std::shared_ptr<Device>> EngineState::gpu(int id) {
  NF_ASSIGN(DeviceTier::Gpu * found, open_gpu(id));
  return found->device;
}

Result<std::shared_ptr<Field>> EngineState::attach(std::shared_ptr<StoredField> stored) {
  NF_ASSIGN(BlockGrid grid, BlockGrid::make(stored->spec()));
  PredictorLimits limits;
  limits.block_count = grid.block_count();
  limits.grid = grid.index_grid();
  try {
    if (stored->store().is_far()) far();
  } catch (const std::system_error& error) {
    return no_threads(error);
  }
  const uint64_t times = stored->store().is_far() ? kFarAhead : 1;
  const uint64_t ahead = std::min(options_.prefetch_bytes, cache_->budget() / (4 * times)) * times;
  const uint64_t slot = std::max<uint64_t>(slot_size_for(grid.block_size()), 1);
  limits.max_ahead_blocks = ahead / slot;
  if (!grid.in_index_order())
    limits.max_ahead_blocks = std::min(limits.max_ahead_blocks, Foresight::kMostScattered);
  limits.cache_blocks = cache_->budget() / slot;
  auto predictor = PredictorRegistry::instance().find(options_.predictor)->factory(limits);
  return std::shared_ptr<Field>(std::make_shared<FieldState>(
      shared_from_this(), std::move(stored), std::move(grid), std::move(predictor)));
}

}  // namespace neurofs
