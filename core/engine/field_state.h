// FieldState: what all readers of one attached field share.
//
// Purpose: internal to core/engine: grid, loader, predictor and the cache's name of the field.
// Thread-safety: everything but the predictor is immutable or atomic; the predictor is behind a lock
// that a hit never waits for. Ownership: keeps the engine and the stored field alive.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/block_grid.h"
#include "core/engine/block_loader.h"
#include "core/engine/engine_state.h"
#include "core/engine/field.h"
#include "core/prefetch/predictor.h"

namespace neurofs {

class FieldState final : public Field {
 public:
  FieldState(std::shared_ptr<EngineState> engine, std::shared_ptr<StoredField> stored,
             BlockGrid grid, std::unique_ptr<Predictor> predictor);
  ~FieldState() override;

  const FieldSpec& spec() const override { return stored_->spec(); }
  StoredField& stored() const override { return *stored_; }
  Engine& engine() const override { return *engine_; }
  void invalidate() override;
  std::string tier_of_neuron(Index neuron) const override;

  const BlockGrid& grid() const { return grid_; }
  BlockCache& cache() const { return engine_->cache(); }
  EngineState& engine_state() const { return *engine_; }
  FieldId id() const { return FieldId(id_.load(std::memory_order_acquire)); }
  BlockLoader make_loader() const;

  // Bytes of the block as it is requested from the cache: one slot size for all blocks of a field.
  uint64_t block_size() const { return grid_.block_size(); }

  // Loads blocks (ascending, distinct) into requests. See BlockCache::fetch.
  Result<Reservation> fetch(std::span<BlockRequest> requests) const;

  // Tells the predictor of a read and starts what it proposes. `missed`: worth waiting for the lock.
  void observe(StreamId stream, BlockRun run, bool missed);

 private:
  void start_prefetch(BlockRun run);

  const std::shared_ptr<EngineState> engine_;
  const std::shared_ptr<StoredField> stored_;
  const BlockGrid grid_;
  std::atomic<uint32_t> id_;
  std::mutex predictor_mutex_;
  std::unique_ptr<Predictor> predictor_;  // guarded by predictor_mutex_
  std::vector<BlockRun> proposals_;       // guarded by predictor_mutex_, scratch
  uint64_t seen_used_ = 0;                // guarded by predictor_mutex_
  uint64_t seen_wasted_ = 0;              // guarded by predictor_mutex_
  uint32_t observed_ = 0;                 // guarded by predictor_mutex_
};

}  // namespace neurofs
