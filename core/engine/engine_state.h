// EngineState: the engine's parts, for the other files of core/engine.
//
// Thread-safety: as its parts. Ownership: owns metrics, cache and threads; destruction waits for the
// tasks that run. The budget is split: seven eighths hold blocks, one eighth (at most 256 MiB) holds
// encoded bytes on their way to a decoder.
#pragma once

#include <atomic>
#include <memory>

#include "core/base/executor.h"
#include "core/cache/block_cache.h"
#include "core/engine/engine.h"

namespace neurofs {

class EngineState final : public Engine, public std::enable_shared_from_this<EngineState> {
 public:
  EngineState(const EngineOptions& options, std::unique_ptr<Metrics> metrics,
              std::unique_ptr<BlockCache> cache, uint64_t scratch_bytes);

  Result<std::shared_ptr<Field>> attach(std::shared_ptr<StoredField> stored) override;
  const EngineOptions& options() const override { return options_; }
  Metrics& metrics() override { return *metrics_; }
  uint64_t ram_used() const override { return cache_->used(); }
  uint64_t ram_peak() const override { return cache_->peak(); }
  void drop_cache() override { cache_->drop_all(); }

  BlockCache& cache() { return *cache_; }
  Reservations& scratch() { return scratch_; }
  Executor& decoders() { return decoders_; }
  Executor& prefetchers() { return prefetchers_; }
  uint32_t next_field_id() { return next_field_.fetch_add(1, std::memory_order_relaxed); }

  Counter& hits;
  Counter& misses;
  Counter& fills;

 private:
  const EngineOptions options_;
  const std::unique_ptr<Metrics> metrics_;
  const std::unique_ptr<BlockCache> cache_;
  Reservations scratch_;
  std::atomic<uint32_t> next_field_{1};
  Executor decoders_;
  Executor prefetchers_;  // last: ends first, its tasks use all of the above
};

}  // namespace neurofs
