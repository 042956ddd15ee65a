// DirectFiles: the files that GPUs read into their memory by themselves, and whether they do.
//
// Purpose: the switch of the way past RAM (EngineOptions::gpu_direct), what it counts, and the files that
// are registered for it, since registering one costs more than a read.
// Thread-safety: every method from any thread. Ownership: keeps the last few files open beside the store's
// own: at most 64, a sixteenth of the process's descriptors. Stores may go before this does.
// Errors: none reach a reader: what is not read so is read through RAM. Off for good, after one line in
// the log, where a GPU has no such way or when kMostFailures groups of reads in a row have failed.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/metrics.h"
#include "core/cache/device_tier.h"
#include "core/storage/object_store.h"

namespace neurofs {

class DirectFiles {
 public:
  static constexpr int kMostFailures = 3;

  // `wanted` false: off, and not a word in the log. `metrics` must outlive this.
  DirectFiles(bool wanted, Metrics& metrics);

  // Asks the GPUs for their way; before it nothing is read so. No GPUs: `why` says why there are none.
  void begin(const std::vector<std::unique_ptr<DeviceTier::Gpu>>& gpus, const Status& why);
  bool is_on() const { return on_.load(std::memory_order_acquire); }
  // Why files are not read so, "" while they are; and how they are.
  std::string off() const;
  std::string way() const;

  // An object's file, for one device. Members end in reverse order.
  struct File {
    std::shared_ptr<const LocalObject> object;
    std::unique_ptr<DirectFile> file;
  };
  // The object as the store would read it now. `refusal` is set where it is the GPU that will not.
  Result<std::shared_ptr<const File>> open(Device& device, ObjectStore& store, std::string_view key,
                                           Status* refusal);
  // How many files are kept open; one group of reads is to have no more.
  size_t most() const { return most_; }
  // What a group of reads has come to.
  void note(const Status& status);
  void count(uint64_t reads, uint64_t bytes);

 private:
  struct Entry {
    const Device* device;
    const ObjectStore* store;
    std::string key;
    std::shared_ptr<const File> file;
  };
  std::shared_ptr<const File> find(const Entry& wanted, const LocalObject* object);
  void insert(Entry entry);
  void turn_off(const Status& why);

  const size_t most_;
  const bool wanted_;
  Counter& reads_;
  Counter& bytes_;
  Counter& failures_;
  std::atomic<bool> on_{false};
  std::atomic<int> failed_{0};  // in a row
  mutable std::mutex mutex_;
  std::string way_;         // guarded by mutex_, as is all below
  std::string off_;         // why, unless on_
  bool is_off_ = false;     // for good
  std::list<Entry> files_;  // most recently used first
};

}  // namespace neurofs
