// Engine: one memory budget, one predictor and one set of threads for all fields of a mount.
//
// Purpose: the object that fs/ and the public API build on. `attach` gives a Field, through which
// regions are read. Thread-safety: every method from any thread.
// Ownership: shared; fields keep their engine alive.
// Errors: create fails with kInvalidArgument for an unknown policy or predictor (message lists the
// known ones), as LearnedOrders::open() does, and with kNoMemory when the budget cannot be reserved. GPUs that are missing or fail are no
// error: their tier is then off, and the log says so once. A process that forks must do so before
// create(), since a GPU's driver does not survive it.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/base/metrics.h"
#include "core/base/result.h"
#include "core/device/device.h"
#include "core/field/stored_field.h"

namespace neurofs {

class Field;

struct EngineOptions {
  uint64_t ram_bytes = uint64_t{1} << 30;  // the L2 budget: cached, pinned and in-flight blocks
  std::string policy = "adaptive";         // EvictionPolicy plugin
  std::string predictor = "adaptive";      // Predictor plugin, "none" for off
  unsigned threads = 0;                    // decode and prefetch threads; 0: one per CPU
  // Most bytes fetched ahead and not yet used, per stream; four times as many from stores that are far.
  uint64_t prefetch_bytes = uint64_t{16} << 20;

  // A directory in which predictors keep what they have learned of repeated orders; "" to forget it at the end.
  std::string learn_dir{};

  uint64_t gpu_bytes = 0;      // the L1 budget over all GPUs, never more than is free; 0: no tier
  std::vector<int> gpu_ids{};  // empty: the first GPU
  bool gpu_victim = false;     // what RAM evicts goes to GPU memory
  // Reads into GPU memory take raw and shuffled chunks of local files from there without RAM, where the
  // GPU can (NVIDIA's cuFile). Off, since no machine has shown yet that it is faster.
  bool gpu_direct = false;
  std::string gpu_kind = "auto";  // Device plugin: "cuda"; "sim" for tests; auto: what there is
};

// The GPU tier as it is now.
struct GpuTierState {
  std::string off;                  // why it is off; "" while it works
  std::vector<DeviceInfo> devices;  // those that it uses
  uint64_t used_bytes = 0;
  uint64_t budget_bytes = 0;  // what it was given
  std::string direct_off;     // why files are not read straight into GPU memory; "" while they are
  std::string direct_way;     // and how, in words
};

class Engine {
 public:
  virtual ~Engine() = default;
  static Result<std::shared_ptr<Engine>> create(const EngineOptions& options);

  virtual Result<std::shared_ptr<Field>> attach(std::shared_ptr<StoredField> stored) = 0;

  virtual const EngineOptions& options() const = 0;
  // All counters of the mount; stores and fields are opened with a pointer to it.
  virtual Metrics& metrics() = 0;
  // Bytes of the budget in use now, and the most ever.
  virtual uint64_t ram_used() const = 0;
  virtual uint64_t ram_peak() const = 0;
  // Drops every block that is not pinned.
  virtual void drop_cache() = 0;
  // Nothing is read ahead any more: what is on its way is cancelled, and waited for so long. False when some of
  // it still runs, which a process must not leave by exit(), since it uses what that destroys.
  virtual bool end_prefetches(std::chrono::milliseconds patience) = 0;

  virtual GpuTierState gpu_state() = 0;
  // A GPU of the engine (the lowest of options().gpu_ids where `id` is negative), to allocate memory of
  // the caller's own; opened now where there is no tier. kUnsupported, with the reason, without one.
  virtual Result<std::shared_ptr<Device>> gpu(int id = -1) = 0;
};

}  // namespace neurofs
