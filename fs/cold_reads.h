// ColdReads: reads that have to wait for a store, and the workers that wait for them.
//
// Purpose: a thread per waiting read costs a sleep and a wake-up each, so small ones wait together. A worker
// that meets a cold read queues it. While fewer than the wanted number of workers lead, it becomes a leader:
// it takes all small reads that are queued, has them fetched in one batch, replies, and goes on until the
// queue is empty. Otherwise it leaves the read to a leader and serves the next request. Where all leaders
// have been away for kPatience, waiting for something slow, one more worker leads. Reads that are not worth
// fetching together are taken one by one. `most_waiting` workers lead at most: the others never wait for a
// store, so that a store that stalls keeps nobody from names, attributes and warm reads (RELIABILITY R45).
//
//   serve(r):  queue r;  if enough lead, and one came lately, or most_waiting lead: return
//              lead: while the queue is not empty: take some, fetch together, reply each at once
//
// The kernel asks at once again, for one page, where it read many ahead in vain: a smaller read within one that has
// just timed out ends as that did, or a program would wait for two deadlines.
//
// A read is replied to once, by whoever comes first: its leader, interrupt(), or the minder's thread when
// its deadline has passed; what its leader brings afterwards is dropped. A batch of which nobody waits any
// more is cancelled.
// Thread-safety: every method from any thread. Ownership: borrows the file system. The destructor comes
// after the last serve() has returned. Memory: a batch's replies, kMostBatch times the largest small read.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/base/cancellation.h"
#include "fs/file_system.h"

namespace neurofs {

class ColdReads {
 public:
  struct Read {
    void* request = nullptr;  // the kernel's, for `reply`; one at a time
    NodeId id{0};
    uint64_t offset = 0;
    size_t size = 0;
    uint64_t caller = 0;
    bool alone = false;  // large, or not worth fetching together: replied to from pinned memory
  };
  // The bytes of a read, or of one that was alone.
  using Data = std::variant<Bytes, const PinnedRead*>;
  // Called once per read, from any thread, without a lock. Must not throw.
  using Reply = std::function<void(void* request, const Status& status, const Data& data)>;
  // Whether an interrupt came for the request, maybe before serve(). Must not call back.
  using Interrupted = std::function<bool(void* request)>;
  // Whether the caller wants its read to end. Asked when an interrupt came, then again and again: only the
  // first interrupt of a request is told.
  using WantsEnd = std::function<bool(uint64_t caller)>;

  static constexpr std::chrono::milliseconds kPatience{10};

  struct Limits {
    unsigned leaders = 2;
    unsigned most_waiting = 64;
    std::chrono::milliseconds deadline{60'000};  // of each read, from serve() on
    std::chrono::milliseconds patience = kPatience;
  };
  ColdReads(const FileSystem& fs, const Limits& limits, Reply reply, Interrupted interrupted = {},
            WantsEnd wants_end = {});
  ~ColdReads();

  void serve(const Read& read);
  // Replies kInterrupted as soon as the caller wants an end, unless the request has been replied to or is
  // none of these.
  void interrupt(void* request);
  // For how long the oldest read of the file has waited; nothing: none waits.
  std::optional<ReadScope::Clock::duration> under_way(NodeId file);
  // Nobody takes replies any more: all reads, and those that are still to come, end at once.
  void end();

 private:
  using Clock = ReadScope::Clock;
  struct Batch {
    Cancellation cancellation;
    size_t waiting = 0;  // reads of it that have not been replied to; guarded by mutex_
  };
  struct Open {
    Read read;
    uint64_t number;  // counts up
    Clock::time_point deadline;
    std::shared_ptr<Batch> batch;  // null while it is queued
    bool interrupted = false;
  };
  struct TimedOut {
    NodeId id{0};
    uint64_t begin = 0;
    uint64_t end = 0;  // 0: none
    Clock::time_point at;
  };
  using OpenList = std::list<Open>;
  static constexpr size_t kMostBatch = 64;
  // A read that a leader serves. Told from others by its number: as soon as it has been replied to, the
  // kernel's next request may come under the same address.
  struct Served {
    Read read;
    uint64_t number;
  };
  using Taken = std::vector<Served>;

  bool may_lead_locked(Clock::time_point now) const;
  // The next of the queue: one that is alone, or all that may go together.
  Taken take_locked(const std::shared_ptr<Batch>& batch, Clock::time_point* deadline);
  void serve_batch(std::span<const Served> batch) noexcept;
  void serve_together(std::span<const Served> batch);
  void serve_alone(const Served& served);
  // True for the first who asks: it has to reply.
  bool claim(const Served& served, const Status& outcome);
  void note_timeout_locked(const Read& read);
  bool has_just_timed_out_locked(const Read& read, Clock::time_point now) const;
  std::shared_ptr<Batch> remove_locked(OpenList::iterator open);
  void give_up_locked(std::unique_lock<std::mutex>& lock, OpenList::iterator open,
                      const Status& status);
  bool end_one_locked(std::unique_lock<std::mutex>& lock, Clock::time_point now);
  void mind();

  const FileSystem& fs_;
  const Limits limits_;
  const Reply reply_;
  const Interrupted was_interrupted_;
  const WantsEnd wants_end_;
  // Made in time: where memory has run out, no message can be made.
  const Status out_of_memory_ = no_memory("the system has no memory left; lower --ram");
  const Status interrupted_{Code::kInterrupted, "the reader gave up"};
  const Status timed_out_{Code::kTimeout,
                          "the store did not answer before the deadline; raise "
                          "--deadline or look at the store"};
  std::mutex mutex_;
  OpenList open_;                                             // guarded; the oldest first
  uint64_t next_number_ = 0;                                  // guarded
  std::unordered_map<void*, OpenList::iterator> by_request_;  // guarded
  std::deque<OpenList::iterator> queue_;                      // guarded
  unsigned leaders_ = 0;                                      // guarded
  Clock::time_point taken_at_;                                // guarded: a leader last came
  std::array<TimedOut, 128> timed_out_lately_;                // guarded
  Clock::time_point last_timeout_;                            // guarded
  size_t next_timed_out_ = 0;                                 // guarded
  size_t suspects_ = 0;                                       // guarded: open and interrupted
  bool ended_ = false;                                        // guarded
  bool stopped_ = false;                                      // guarded
  std::condition_variable stop_;
  std::thread minder_;
};

}  // namespace neurofs
