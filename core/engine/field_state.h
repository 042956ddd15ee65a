// FieldState: what all readers of one attached field share.
//
// Purpose: internal to core/engine: grid, loader, predictor and the cache's name of the field.
// Thread-safety: every method from any thread. Ownership: keeps the engine and the stored field alive.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/base/lazy_array.h"
#include "core/engine/block_grid.h"
#include "core/engine/block_loader.h"
#include "core/engine/engine_state.h"
#include "core/engine/field.h"
#include "core/engine/foresight.h"
#include "core/engine/object_versions.h"

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
  std::vector<std::string> objects_to_check(size_t most) override {
    return versions_.next_names(most);
  }
  void check_object(std::string_view key, const ObjectInfo& now) override;
  void on_change(std::function<void()> changed) override;
  std::string tier_of_neuron(Index neuron) const override;

  const BlockGrid& grid() const { return grid_; }
  BlockCache& cache() const { return engine_->cache(); }
  EngineState& engine_state() const { return *engine_; }

  // The field's name in the cache, and its shortcuts there; replaced as a whole by invalidate(), so
  // that a load which began before never shows up after. Valid while the field lives.
  struct Generation {
    FieldId id;
    mutable LazyArray<DirectSlot> direct;
    bool has_direct = false;

    BlockKey key(uint64_t block) const { return {id, block}; }
    DirectSlot* slot(uint64_t block) const { return has_direct ? &direct[block] : nullptr; }
    BlockRequest request(uint64_t block, uint64_t size) const {
      BlockRequest r;
      r.key = key(block);
      r.size = size;
      r.direct = slot(block);
      return r;
    }
  };
  const Generation& generation() const { return *generation_.load(std::memory_order_acquire); }
  BlockLoader make_loader();
  BlockPlaces make_places() { return {*stored_, grid_, versions_}; }
  ObjectVersions& versions() { return versions_; }

  // Bytes of the block as it is requested from the cache: one slot size for all blocks of a field.
  uint64_t block_size() const { return grid_.block_size(); }

  // Loads blocks (ascending, distinct) into requests. See BlockCache::fetch.
  Result<Reservation> fetch(std::span<BlockRequest> requests);

  // As BlockCache::keep_ahead.
  Reservation keep_ahead(std::span<BlockRequest> requests, uint64_t limit) {
    return cache().keep_ahead(
        requests, [this](std::span<BlockLoad> loads) { load(loads); }, limit);
  }

  // Runs `attempt` until the field's stored bytes did not change meanwhile, so that what it read is
  // of one version of each object, as far as the field's ObjectVersions know; kStale when they change each time.
  template <typename Attempt>
  Status read_steadily(const Attempt& attempt) const {
    constexpr int kMostRetries = 3;
    for (int retry = 0;; ++retry) {
      const Generation* before = &generation();
      Status status = attempt();
      if (&generation() == before) return status;
      if (retry == kMostRetries) return status.ok() ? unsteady() : status;
    }
  }

  // Tells the predictor of a read, unless another is being told, and has fetched what it proposes.
  void observe(const TouchedBlocks& touched);
  Foresight& foresight() { return foresight_; }
  // Brings blocks to RAM that it lacks, for nobody in particular; for a thread that may wait.
  void prefetch(std::span<const uint64_t> blocks);

 private:
  // The step below RAM: GPU memory first, then the store.
  void load(std::span<BlockLoad> loads);
  // Everything that was read is of old versions.
  void renew();
  void drop(std::span<const FieldId> names);
  // Returns the name of the one before.
  FieldId new_generation();
  Status unsteady() const;

  const std::shared_ptr<EngineState> engine_;
  const std::shared_ptr<StoredField> stored_;
  const BlockGrid grid_;
  ObjectVersions versions_;
  std::mutex on_change_mutex_;
  std::function<void()> on_change_;  // guarded by on_change_mutex_
  std::mutex generations_mutex_;
  std::vector<std::unique_ptr<Generation>> generations_;  // guarded by generations_mutex_
  std::atomic<const Generation*> generation_{nullptr};
  Foresight foresight_;
};

}  // namespace neurofs
