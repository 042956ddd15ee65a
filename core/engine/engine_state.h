// EngineState: the engine's parts, for the other files of core/engine.
//
// Thread-safety: as its parts. Ownership: owns metrics, cache and threads; destruction waits for the
// tasks that run. The RAM budget is split: seven eighths hold blocks, one eighth (at most 256 MiB) encoded
// bytes on their way to a decoder. GPUs without a tier are opened when one is first read into.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "core/base/cancellation.h"
#include "core/base/executor.h"
#include "core/cache/block_cache.h"
#include "core/cache/device_tier.h"
#include "core/engine/ahead_holders.h"
#include "core/engine/direct_files.h"
#include "core/engine/engine.h"
#include "core/engine/learned_orders.h"
#include "core/engine/prefetch_queue.h"

namespace neurofs {

class EngineState final : public Engine, public std::enable_shared_from_this<EngineState> {
 public:
  EngineState(const EngineOptions& options, std::unique_ptr<Metrics> metrics,
              std::unique_ptr<BlockCache> cache, uint64_t scratch_bytes,
              std::unique_ptr<LearnedOrders> learned);

  Result<std::shared_ptr<Field>> attach(std::shared_ptr<StoredField> stored) override;
  const EngineOptions& options() const override { return options_; }
  Metrics& metrics() override { return *metrics_; }
  uint64_t ram_used() const override { return cache_->used(); }
  uint64_t ram_peak() const override { return cache_->peak(); }
  void drop_cache() override;
  bool end_prefetches(std::chrono::milliseconds patience) override;
  GpuTierState gpu_state() override;
  Result<std::shared_ptr<Device>> gpu(int id) override;

  BlockCache& cache() { return *cache_; }
  // The GPU tier, null without a budget for one; it may be off.
  DeviceTier* tier() { return options_.gpu_bytes > 0 ? tier_.get() : nullptr; }
  // The GPU to read into (negative: the first); opens GPUs now where there is no tier.
  Result<DeviceTier::Gpu*> open_gpu(int id);
  DeviceTier& opened_tier() { return *tier_; }  // after open_gpu()
  // Null: what is learned goes with the engine.
  const LearnedOrders* learned() const { return learned_.get(); }
  DirectFiles& direct_files() { return direct_files_; }
  Reservations& scratch() { return scratch_; }
  Executor& decoders() { return decoders_; }
  Executor& prefetchers() { return near_.executor; }
  PrefetchQueue& near_queue() { return near_.queue; }
  // For stores that are far, whose tasks mostly wait. Its threads begin when a field of one is attached.
  Executor& far_prefetchers() { return far().executor; }
  PrefetchQueue& far_queue() { return far().queue; }
  AheadHolders& ahead_holders() { return ahead_holders_; }
  // Of all that is read ahead.
  Cancellation& ending() { return ending_; }
  uint32_t next_field_id() { return next_field_.fetch_add(1, std::memory_order_relaxed); }

  Counter& hits;
  Counter& misses;
  Counter& fills;

 private:
  struct Prefetchers {
    Prefetchers(size_t threads, size_t max_queue)
        : queue(executor, threads), executor(threads, max_queue) {}
    PrefetchQueue queue;
    Executor executor;
  };

  void open_tier();
  Prefetchers& far();

  const EngineOptions options_;
  const std::unique_ptr<Metrics> metrics_;
  AheadHolders ahead_holders_;
  const std::unique_ptr<BlockCache> cache_;
  const std::unique_ptr<LearnedOrders> learned_;
  DirectFiles direct_files_;
  std::mutex opening_mutex_;
  std::unique_ptr<DeviceTier> tier_;  // set in the constructor, or once under opening_mutex_
  Reservations scratch_;
  std::atomic<uint32_t> next_field_{1};
  Cancellation ending_;
  Executor decoders_;
  Prefetchers near_;  // the last two end first: their tasks use all of the above
  std::mutex far_mutex_;
  std::optional<Prefetchers> far_;  // made under far_mutex_
};

}  // namespace neurofs
