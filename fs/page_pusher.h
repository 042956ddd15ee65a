// PagePusher: gives the kernel the next neurons of a walk before they are asked for.
//
// Purpose: what PushPlan foresees is read from RAM and put into the kernel's page cache
// (fuse_lowlevel_notify_store), so that reading a neuron's file costs no request. It helps where the kernel knows
// the files already (they were listed with attributes, or looked up before); one that it does not know is
// refused, and a walk that is refused is left alone.
//
//   asked_for(file), from the handler of a read, before its reply: remember it, plan, wake the worker once a batch
//   worker: read each file of the batch, as the program would; store its pages, unless a read of it is under way
//
// Never from a request's thread: the kernel waits for the lock of a page that is being read, and a daemon that is
// killed while it waits for one never lets go of the mount. So nothing is pushed within a batch of where the
// program was last heard of, nor a file whose read is under way; but a program that reads such a file at that very
// moment cannot be seen. Hence it is for those who ask for it (--push).
// Stored bytes may change meanwhile: a file is not pushed when data changed since it was read, and one that was pushed
// while it changed is reported as changed anew.
// Budget: kLead batches of at most kMostFileBytes a file for each of kWalks walks are unread at any time.
// Thread-safety: every method from any thread. Ownership: owns its thread; borrows the file system.
// The end: stop() before the connection ends, then wait().
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "core/base/cancellation.h"
#include "core/base/executor.h"
#include "core/base/metrics.h"
#include "fs/file_system.h"
#include "fs/push_plan.h"

namespace neurofs {

class PagePusher {
 public:
  static constexpr size_t kWalks = 8;
  static constexpr uint64_t kMostFileBytes = 64 << 10;

  struct Calls {
    std::function<bool(NodeId file, Bytes bytes)>
        store;                                    // false: the kernel does not know the file
    std::function<bool(NodeId file)> under_way;   // whether a read of it waits for its reply
    std::function<uint64_t()> changes;            // how often stored data has changed so far
    std::function<void(uint32_t field)> changed;  // pages of the field may be old
  };

  PagePusher(const FileSystem& fs, Calls calls);
  ~PagePusher() { stop(); }
  PagePusher(const PagePusher&) = delete;
  PagePusher& operator=(const PagePusher&) = delete;

  // Waits for short locks alone.
  void asked_for(NodeId file, uint64_t caller) noexcept;

  void stop();
  // Until the worker rests; false when it still waits for the kernel at that time.
  [[nodiscard]] bool wait(std::chrono::seconds limit);

 private:
  struct Walk {
    uint64_t first_file = 0;  // the id of the walk's file number 0; 0: free
    uint64_t used = 0;        // by which the oldest is given up
    PushPlan plan;
  };
  struct Work {
    FileSystem::NeuronFile file;
    PushPlan::Batch batch;
    uint64_t caller;
  };

  Walk* find_walk(uint64_t first_file);  // null: none of those that are followed
  Walk& walk_of(uint64_t first_file);
  void work();
  bool next(Work* work);
  void push(const Work& work);
  enum class Push : uint8_t { kDone, kUnknown, kLeft, kLate };
  Push push_file(uint64_t number, const Work& work, ByteVector* buffer);
  bool is_ahead(const Work& work, uint64_t number);

  const FileSystem& fs_;
  const Calls calls_;
  Counter& pushed_;
  Counter& refused_;
  std::mutex mutex_;
  std::array<Walk, kWalks> walks_;  // guarded by mutex_
  uint64_t now_ = 0;                // guarded by mutex_
  std::deque<Work> queue_;          // guarded by mutex_
  bool working_ = false;            // guarded by mutex_
  std::atomic<bool> stopped_ = false;
  Cancellation ending_;  // of reads by the worker
  std::condition_variable idle_;
  Executor worker_;  // last: ends first
};

}  // namespace neurofs
