// KernelCache: what the kernel may keep of this mount, and what it must give back.
//
// Purpose: two things that the kernel cannot know. Every region that is looked up costs a node here
// until the kernel forgets its name, which it does when it wants the memory for itself: beyond
// `most_names` the oldest are taken back, so that a daemon under a flood of regions stays small
// (RELIABILITY S3). Directories (below lenses) are counted apart, with an eighth of that bound: a process
// that works in one loses its path when the name is taken back, so no flood of files may do that. And when a field's stored data has changed, its pages and names are dropped, so
// that old bytes are not read beside new ones. Files that are open keep their nodes.
//
//   note(name), changed(field):  remember it, wake the worker
//   worker:  drop the names and pages of changed fields; take back the oldest names
//
// Pages of a file wait until no read of it is under way. The kernel would wait for those reads with a lock that nothing
// but their replies ends: a daemon that is killed meanwhile never lets go of the connection, and all who use the
// mount hang (RELIABILITY R27). Where some read is always under way, pages go while all are young.
// Taking back waits for locks of the kernel's that requests hold while they wait for us: hence a
// thread of its own. Thread-safety: every method from any thread. Ownership: owns its thread, borrows
// the file system. The end: stop(), let the connection end, then wait().
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/executor.h"
#include "fs/file_system.h"

namespace neurofs {

class KernelCache {
 public:
  using Clock = std::chrono::steady_clock;
  // Whether the kernel still had it does not matter to either.
  struct Calls {
    std::function<void(NodeId parent, const std::string& name)> take_back_name;
    std::function<void(NodeId file)> drop_pages;
    // For how long the oldest read of the file that has no reply yet has been under way; nothing: there is none.
    std::function<std::optional<Clock::duration>(NodeId file)> under_way;
  };

  KernelCache(FileSystem& fs, size_t most_names, Calls calls);
  ~KernelCache() { stop(); }
  KernelCache(const KernelCache&) = delete;
  KernelCache& operator=(const KernelCache&) = delete;

  // A look-up of the name was answered.
  void note(NodeId parent, std::string_view name, FileType type) noexcept;
  // Stored data of the field is of another version than what was read before.
  void changed(uint32_t field) noexcept;

  // How often changed() was called.
  uint64_t changes() const { return changes_.load(std::memory_order_acquire); }

  // Has the stored data looked at, in case it has changed.
  void revalidate() noexcept;

  // From now on the kernel is asked for nothing more. Does not wait for what it is asked just now.
  void stop();
  // Until all that it was told of is done: false when the worker is still waiting for the kernel or a store at that time.
  [[nodiscard]] bool wait(std::chrono::seconds limit);

 private:
  struct Name {
    NodeId parent;
    std::string name;
  };
  // Each name once, however often it was looked up.
  struct Names {
    using Order = std::list<Name>;
    size_t most;
    Order oldest_first;
    std::map<std::pair<uint64_t, std::string>, Order::iterator> known;
    bool is_over() const { return oldest_first.size() > most; }
    bool is_far_over() const { return oldest_first.size() > 2 * most; }
  };
  using Task = std::function<void()>;
  void wake_locked();
  void work();
  Task next_task();
  Task take_back_oldest(Names& names);
  void drop(uint32_t field);
  bool may_drop(NodeId file, Clock::time_point since) const;
  void drop_waiting();

  FileSystem& fs_;
  const Calls calls_;
  std::atomic<uint64_t> changes_ = 0;
  std::mutex mutex_;
  Names files_;                 // guarded by mutex_
  Names directories_;           // guarded by mutex_
  std::set<uint32_t> changed_;  // guarded by mutex_
  bool revalidate_ = false;     // guarded by mutex_
  bool working_ = false;        // guarded by mutex_
  bool stopped_ = false;        // guarded by mutex_
  std::condition_variable idle_;
  std::condition_variable stop_;
  std::map<uint64_t, Clock::time_point>
      waiting_;      // the worker's: files whose pages are to go, since when
  Executor worker_;  // last: ends first
};

}  // namespace neurofs
