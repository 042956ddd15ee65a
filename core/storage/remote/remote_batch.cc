// The loop of a batch: start what there is room for, wait for word, act on it.

#include "core/storage/remote/remote_batch.h"

#include <algorithm>
#include <new>
#include <optional>
#include <utility>

#include "core/storage/key.h"
#include "core/storage/resolve_read.h"
#include "core/storage/scatter.h"

namespace neurofs {
namespace {

using Outcome = ReadOp::Outcome;

// A second request is not worth it sooner, whatever was seen.
constexpr std::chrono::milliseconds kLeastHedge{2};

}  // namespace

RemoteBatch::RemoteBatch(RemoteShared& shared, std::span<ReadOp> ops)
    : shared_(shared), ops_(ops), states_(ops.size()) {}

void RemoteBatch::run() {
  try {
    serve();
  } catch (const std::bad_alloc&) {
    run_out_of_memory();
  }
  drain();
  count();
}

void RemoteBatch::serve() {
  const ReadScope* const scope = ReadScope::current();
  Cancellation* const cancellation = scope == nullptr ? nullptr : scope->cancellation();
  deadline_ = Clock::now() + shared_.options.deadline;
  if (scope != nullptr) deadline_ = std::min(deadline_, scope->deadline());
  const Cancellation::Watch watch(cancellation, [this] {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    word_->left.notify_one();
  });
  check_ops();
  add(plan_requests(ops_, shared_.limits), {});
  while (open_ > 0) {
    if (cancellation != nullptr && cancellation->cancelled()) {
      give_up(Code::kInterrupted, "nobody waits for it any more");
    } else if (Clock::now() >= deadline_) {
      give_up(Code::kTimeout, "its time was over");
    } else {
      end_pauses();
      start_queued();
      if (shared_.options.hedge) hedge_slow();
      if (open_ > 0) wait();
    }
  }
}

// Refuses what is asked for wrongly, whatever the object is.
void RemoteBatch::check_ops() {
  for (ReadOp& op : ops_) {
    op.outcome = Outcome::kPending;
    op.status = {};
    if (Status key = check_key(op.key); !key.ok()) {
      fail(op, std::move(key));
    } else if (op.whole == nullptr && total_size(op.dests) != op.range.length) {
      fail(op, resolve_read(op, UINT64_MAX, shared_.url).status());
    }
  }
}

void RemoteBatch::add(std::vector<PlannedRequest> plan, std::string_view pinned) {
  const size_t base = requests_.size();
  for (PlannedRequest& planned : plan) {
    auto request = std::make_unique<Request>();
    const size_t after = planned.after;
    request->plan = std::move(planned);
    request->if_version = pinned.empty() ? ops_[request->plan.ops.front()].if_version : pinned;
    for (const size_t op : request->plan.ops) ++states_[op].open;
    if (after != PlannedRequest::kNone && pinned.empty()) {
      requests_[base + after]->followers.push_back(request.get());
    } else {
      queued_.push_back(request.get());
    }
    requests_.push_back(std::move(request));
    ++open_;
  }
}

void RemoteBatch::start_queued() {
  while (!queued_.empty()) {
    Request& request = *queued_.front();
    if (!wanted(request)) {
      queued_.pop_front();
      close(request);
      continue;
    }
    if (!take_room()) return;
    queued_.pop_front();
    start(request, false);
  }
}

// One place among the requests in flight; false: there is word when there is one.
bool RemoteBatch::take_room() {
  {
    const std::lock_guard lock(mutex_);
    if (room_ > 0) {
      --room_;
      return true;
    }
    if (in_line_) return false;
    in_line_ = true;  // before the limit knows: admitted() may come at once
  }
  if (!shared_.in_flight.enter(*this)) return false;
  const std::lock_guard lock(mutex_);
  in_line_ = false;
  return true;
}

void RemoteBatch::admitted() {
  const std::lock_guard lock(mutex_);
  in_line_ = false;
  ++room_;
  word_->left.notify_one();
}

void RemoteBatch::start(Request& request, bool hedge) {
  Attempt& attempt = request.attempts[hedge ? 1 : 0];
  try {
    prepare(request, hedge);
  } catch (...) {
    shared_.in_flight.leave(InFlightLimit::Answer::kUnknown);
    throw;
  }
  attempt.running = true;
  attempt.aborted = false;
  attempt.started = Clock::now();
  request.state = State::kRunning;
  ++running_;
  shared_.requests.add();
  shared_.transport.start(attempt.get);
}

// All that needs memory, that of the word that ended() leaves among it.
void RemoteBatch::prepare(Request& request, bool hedge) {
  Attempt& attempt = request.attempts[hedge ? 1 : 0];
  const PlannedRequest& plan = request.plan;
  const ReadOp& op = ops_[plan.ops.front()];
  RemoteGet& get = attempt.get;
  get = {};
  get.key = op.key;
  get.what = plan.what;
  get.range = plan.range;
  get.whole = hedge ? &attempt.own : op.whole;
  get.whole_limit = op.whole_limit;
  get.if_version = request.if_version;
  get.deadline = deadline_;
  if (hedge && plan.what != RemoteGet::What::kWhole) {
    attempt.own.resize(plan.range.length);
    if (!attempt.own.empty()) get.parts = {{attempt.own.data(), attempt.own.size()}};
  } else {
    get.parts = plan.parts;
  }
  get.done = [this, &attempt] { ended(attempt); };
  attempt.request = &request;
  const size_t most = std::max<size_t>(2 * running_, 8);
  if (arrived_.capacity() <= running_) arrived_.reserve(most);
  const std::lock_guard lock(mutex_);
  if (ended_.capacity() <= running_) ended_.reserve(most);
}

// On a thread of the transport, maybe within start() or abort(). The batch may end once the lock is free.
void RemoteBatch::ended(Attempt& attempt) {
  using Kind = RemoteAnswer::Kind;
  using Answer = InFlightLimit::Answer;
  const RemoteAnswer& answer = attempt.get.answer;
  const bool served =
      answer.kind == Kind::kData || answer.kind == Kind::kMissing || answer.kind == Kind::kChanged;
  const bool slow = answer.kind == Kind::kRetry && answer.slow_down;
  const bool admitted = shared_.in_flight.leave(slow     ? Answer::kSlowDown
                                                : served ? Answer::kServed
                                                         : Answer::kUnknown,
                                                this);
  const std::shared_ptr<Word> word = word_;
  {
    const std::lock_guard lock(word->mutex);
    if (admitted) {
      in_line_ = false;
      ++room_;
    }
    ended_.push_back(&attempt);
  }
  word->left.notify_one();
}

void RemoteBatch::wait() {
  {
    const auto until = next_due();
    std::unique_lock lock(mutex_);
    word_->left.wait_until(lock, until, [this] {
      return !ended_.empty() || cancelled_ || (room_ > 0 && !queued_.empty());
    });
  }
  take_word();
}

void RemoteBatch::take_word() {
  {
    const std::lock_guard lock(mutex_);
    arrived_.swap(ended_);
  }
  for (Attempt* const attempt : arrived_) {
    attempt->running = false;
    --running_;
    shared_.counters.read_bytes.add(attempt->get.answer.bytes);
    take_answer(*attempt);
  }
  arrived_.clear();
}

void RemoteBatch::end_pauses() {
  if (pausing_ == 0) return;
  const auto now = Clock::now();
  for (const auto& request : requests_) {
    if (request->state != State::kPausing || (request->due > now && wanted(*request))) continue;
    --pausing_;
    request->state = State::kQueued;
    queued_.push_back(request.get());
  }
}

RemoteBatch::Clock::time_point RemoteBatch::next_due() const {
  auto due = deadline_;
  if (pausing_ == 0 && !shared_.options.hedge) return due;
  for (const auto& request : requests_) {
    if (request->state == State::kPausing) due = std::min(due, request->due);
    if (const auto hedge = hedge_due(*request)) due = std::min(due, *hedge);
  }
  return due;
}

std::optional<RemoteBatch::Clock::time_point> RemoteBatch::hedge_due(const Request& request) const {
  if (!shared_.options.hedge || request.state != State::kRunning || request.hedged ||
      request.decided != nullptr) {
    return std::nullopt;
  }
  const auto p99 = shared_.latency.p99(request.plan.range.length);
  if (!p99) return std::nullopt;
  return request.attempts[0].started + std::max<std::chrono::microseconds>(*p99, kLeastHedge);
}

// Asks a second time for what takes longer than 99 of 100; of all requests at most one of 20, so that
// a server that is slow as a whole is not asked twice as much.
void RemoteBatch::hedge_slow() {
  const auto now = Clock::now();
  for (size_t i = 0; i < requests_.size(); ++i) {
    Request& request = *requests_[i];
    const auto due = hedge_due(request);
    if (!due || *due > now) continue;
    request.hedged = true;
    if (shared_.hedges.value() * 20 > shared_.requests.value()) continue;
    if (!shared_.in_flight.try_enter()) continue;
    shared_.hedges.add();
    start(request, true);
  }
}

void RemoteBatch::give_up(Code code, const std::string& why) {
  for (OpState& state : states_) state.take = Take::kSecond;
  for (const auto& request : requests_) {
    if (request->state == State::kDone) continue;
    std::string cause = why;
    if (!request->first_cause.ok() && code != Code::kInterrupted) {
      cause += "; attempt " + std::to_string(request->failures) +
               " failed: " + request->last_cause.message();
    }
    fail_all(*request, code, cause);
    if (request->state != State::kDone) close(*request);
  }
  queued_.clear();
  pausing_ = 0;
}

// Whatever state the loop was left in: nothing is asked for any more, and what arrives is dropped.
void RemoteBatch::run_out_of_memory() noexcept {
  for (ReadOp& op : ops_) {
    if (op.outcome != Outcome::kPending) continue;
    op.outcome = Outcome::kError;
    op.status = shared_.out_of_memory;
  }
  for (const auto& request : requests_) request->state = State::kDone;
  for (Attempt* const attempt : arrived_) {
    if (std::exchange(attempt->running, false)) --running_;
  }
  arrived_.clear();
  queued_.clear();
  open_ = 0;
}

// Waits for what still runs (it was aborted, or nobody wants it), and leaves the limit. Needs no memory but for an
// abort; where there is none for that, it waits until the request ends by itself.
void RemoteBatch::drain() noexcept {
  for (const auto& request : requests_) {
    for (Attempt& attempt : request->attempts) {
      try {
        abort(attempt);
      } catch (const std::bad_alloc&) {
        continue;
      }
    }
  }
  while (running_ > 0) {
    {
      std::unique_lock lock(mutex_);
      word_->left.wait(lock, [this] { return !ended_.empty(); });
    }
    take_word();
  }
  bool in_line = false;
  {
    const std::lock_guard lock(mutex_);
    in_line = in_line_;
  }
  if (in_line) shared_.in_flight.withdraw(*this);
  for (; room_ > 0; --room_) shared_.in_flight.leave(InFlightLimit::Answer::kUnknown);
}

void RemoteBatch::count() {
  StoreCounters& counters = shared_.counters;
  counters.read_ops.add(ops_.size());
  for (const ReadOp& op : ops_) {
    if (op.outcome == Outcome::kError) counters.errors.add();
    if (op.outcome != Outcome::kData) continue;
    counters.requested_bytes.add(op.whole != nullptr ? op.whole->size() : op.range.length);
  }
}

}  // namespace neurofs
