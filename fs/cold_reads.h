// ColdReads: small reads that have to wait for a store wait together.
//
// Purpose: a thread per waiting read costs a sleep and a wake-up each; with many readers that is more
// than the read itself. A worker that meets a cold read queues it. While fewer than kLeaders workers
// lead, it becomes a leader: it takes all that is queued, has it fetched in one batch, replies, and
// goes on until the queue is empty. Otherwise it leaves the read to a leader and serves the next
// request. With one reader its own worker leads at once, and nothing is handed over. Where all leaders
// have been away for kPatience, waiting for something slow, one more worker leads.
//
//   serve(r):  queue r;  if kLeaders lead, and one came lately: return
//              lead: while the queue is not empty: take it, fetch together, reply each at once
//
// Thread-safety: serve() from any worker. Ownership: borrows the file system; every request is replied
// to before the last serve() that led returns. Memory: a batch's replies, kMostBatch times the
// largest small read.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "fs/file_system.h"

namespace neurofs {

class ColdReads {
 public:
  struct Read {
    void* request = nullptr;  // the kernel's, for `reply`
    NodeId id{0};
    uint64_t offset = 0;
    size_t size = 0;
    uint64_t caller = 0;
  };
  // Called once per read, from a leader. Must not throw.
  using Reply = std::function<void(void* request, const Result<size_t>& got, Bytes bytes)>;

  static constexpr std::chrono::milliseconds kPatience{10};

  ColdReads(const FileSystem& fs, unsigned leaders, Reply reply,
            std::chrono::milliseconds patience = kPatience)
      : fs_(fs), most_leaders_(leaders), reply_(std::move(reply)), patience_(patience) {}

  void serve(const Read& read);

 private:
  void serve_batch(std::span<const Read> batch) noexcept;

  using Clock = std::chrono::steady_clock;
  static constexpr size_t kMostBatch = 64;

  const FileSystem& fs_;
  const unsigned most_leaders_;
  const Reply reply_;
  const std::chrono::milliseconds patience_;
  // Made in time: where memory has run out, no message can be made.
  const Result<size_t> out_of_memory_ = no_memory("the system has no memory left; lower --ram");
  std::mutex mutex_;
  std::vector<Read> queue_;     // guarded by mutex_
  unsigned leaders_ = 0;        // guarded by mutex_
  Clock::time_point taken_at_;  // guarded by mutex_: when a leader last came to the queue
};

}  // namespace neurofs
