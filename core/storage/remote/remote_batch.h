// RemoteBatch: one batch of reads on its way: which requests wait, run, pause or are done.
//
// Purpose: the loop of RemoteReader::read (see there). The thread that reads owns all of it; transports and
// cancellations only leave word under `mutex_`. Ownership: borrows the ops and what the reader shares.
// While an attempt runs, its RemoteGet stays in place: run() returns after the last one's done(), also where
// memory has run out, which is kNoMemory for the reads that are not done.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/cancellation.h"
#include "core/storage/remote/in_flight_limit.h"
#include "core/storage/remote/latency_record.h"
#include "core/storage/remote/request_planner.h"
#include "core/storage/remote/retry_policy.h"
#include "core/storage/store_counters.h"

namespace neurofs {

// What all batches of one reader share.
struct RemoteShared {
  RemoteShared(Transport& transport, std::string url, const RemoteOptions& options,
               Metrics* metrics);

  uint64_t random();  // from any thread

  Transport& transport;
  const std::string url;
  const RemoteOptions options;
  const RetryPolicy policy;
  const RequestLimits limits;
  const Status out_of_memory;  // made in time
  InFlightLimit in_flight;
  LatencyRecord latency;
  const std::unique_ptr<Metrics> own_metrics;  // where nobody else has any
  Metrics& all;
  StoreCounters counters;
  Counter& requests;
  Counter& retries;
  Counter& slow_downs;
  Counter& hedges;
  Counter& hedges_won;

 private:
  std::atomic<uint64_t> seed_;
};

class RemoteBatch : private InFlightLimit::Waiter {
 public:
  using Clock = std::chrono::steady_clock;

  RemoteBatch(RemoteShared& shared, std::span<ReadOp> ops);
  void run();

 private:
  struct Request;
  // One RemoteGet. The second one of a request is the hedge, which reads into memory of its own.
  struct Attempt {
    RemoteGet get;
    Request* request = nullptr;
    bool running = false;
    bool aborted = false;
    Clock::time_point started;
    ByteVector own;
  };
  enum class State : uint8_t { kQueued, kRunning, kPausing, kDone };
  struct Request {
    PlannedRequest plan;
    std::string if_version;
    State state = State::kQueued;
    std::array<Attempt, 2> attempts;
    const Attempt* decided = nullptr;  // its answer counts, once the other attempt has ended
    bool hedged = false;
    int failures = 0;
    Status first_cause;
    Status last_cause;
    Clock::time_point due;            // when a pause ends
    std::vector<Request*> followers;  // wait for the version that this one tells
  };
  // A read that names no version and meets two: what it has is discarded, and all of it read once more.
  enum class Take : uint8_t { kFirst, kDiscarding, kSecond };
  struct OpState {
    size_t open = 0;         // requests that are not done
    bool described = false;  // the object was asked for its size, to tell what is wrong
    bool told = false;       // `seen` is set
    bool met = false;        // an answer has shown that the object is there
    Take take = Take::kFirst;
  };

  // remote_batch.cc: the loop
  void serve();
  void check_ops();
  void add(std::vector<PlannedRequest> plan, std::string_view pinned);
  void start_queued();
  bool take_room();
  void prepare(Request& request, bool hedge);
  void start(Request& request, bool hedge);
  void wait();
  void take_word();
  void end_pauses();
  void hedge_slow();
  Clock::time_point next_due() const;
  std::optional<Clock::time_point> hedge_due(const Request& request) const;
  void give_up(Code code, const std::string& why);
  void run_out_of_memory() noexcept;
  void drain() noexcept;
  void count();
  void admitted() override;
  void ended(Attempt& attempt);

  // remote_answers.cc: what an answer means
  void take_answer(Attempt& attempt);
  void settle(Request& request, const Attempt& attempt);
  void confirm_missing(Request& request);
  void take_missing(Request& request);
  void take_data(Request& request, const Attempt& attempt);
  void take_description(Request& request, const ObjectInfo& object);
  void refuse(Request& request, const RemoteAnswer& answer);
  void pause(Request& request, const RemoteAnswer& answer);
  void replan(Request& request);
  void changed(Request& request, const std::string& why);
  void read_again(size_t op);
  void close(Request& request);
  void tell(size_t op, const ObjectInfo& object);
  void fail_all(Request& request, Code code, const std::string& why);
  void fail_op(size_t op, Status status);
  void abort_unwanted();
  void abort(Attempt& attempt);
  bool wanted(const Request& request) const;

  RemoteShared& shared_;
  const std::span<ReadOp> ops_;
  Clock::time_point deadline_;
  std::vector<OpState> states_;  // one an op
  std::vector<std::unique_ptr<Request>> requests_;
  std::deque<Request*> queued_;
  size_t open_ = 0;     // requests that are not done
  size_t running_ = 0;  // attempts
  size_t pausing_ = 0;
  std::vector<Attempt*> arrived_;

  // Shared with who leaves word, so that it can tell without the lock, which who is woken takes at once; the
  // batch may be gone by then.
  struct Word {
    std::mutex mutex;
    std::condition_variable left;
  };
  const std::shared_ptr<Word> word_ = std::make_shared<Word>();
  std::mutex& mutex_ = word_->mutex;
  std::vector<Attempt*> ended_;  // guarded by mutex_, as those below
  unsigned room_ = 0;            // requests that may start
  bool in_line_ = false;         // waits at the limit
  bool cancelled_ = false;
};

}  // namespace neurofs
