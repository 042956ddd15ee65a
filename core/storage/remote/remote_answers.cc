// What the answers to a batch's requests mean for its reads.

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/storage/key.h"
#include "core/storage/remote/remote_batch.h"
#include "core/storage/resolve_read.h"

namespace neurofs {
namespace {

using Kind = RemoteAnswer::Kind;
using Outcome = ReadOp::Outcome;

// Moves what a hedge read to where the request wanted it.
void copy_parts(Bytes from, const std::vector<RemoteGet::Part>& parts) {
  for (const RemoteGet::Part& part : parts) {
    if (part.data != nullptr) std::memcpy(part.data, from.data(), part.size);
    from = from.subspan(part.size);
  }
}

}  // namespace

bool RemoteBatch::wanted(const Request& request) const {
  return std::ranges::any_of(request.plan.ops, [this](size_t op) {
    return ops_[op].outcome == Outcome::kPending && states_[op].take != Take::kDiscarding;
  });
}

void RemoteBatch::abort(Attempt& attempt) {
  if (!attempt.running || attempt.aborted) return;
  attempt.aborted = true;
  shared_.transport.abort(attempt.get);
}

// With a hedge, the first answer that tells something counts; and only when the other attempt has ended, for
// that may still write where the caller reads.
void RemoteBatch::take_answer(Attempt& attempt) {
  Request& request = *attempt.request;
  if (request.state == State::kDone) return;
  Attempt& other = request.attempts[&attempt == &request.attempts[0] ? 1 : 0];
  const Kind kind = attempt.get.answer.kind;
  if (request.decided != nullptr) return settle(request, *request.decided);
  if (!other.running) return settle(request, attempt);
  if (kind == Kind::kRetry || kind == Kind::kAborted) {
    request.last_cause = attempt.get.answer.status;
    if (request.first_cause.ok()) request.first_cause = request.last_cause;
    return;
  }
  request.decided = &attempt;
  abort(other);
}

void RemoteBatch::settle(Request& request, const Attempt& attempt) {
  const RemoteAnswer& answer = attempt.get.answer;
  request.decided = nullptr;
  switch (answer.kind) {
    case Kind::kData:
      return take_data(request, attempt);
    case Kind::kMissing:
      return answer.unproven ? confirm_missing(request) : take_missing(request);
    case Kind::kChanged:
      return changed(request, "the object has been replaced or rewritten meanwhile");
    case Kind::kRetry:
      return pause(request, answer);
    case Kind::kRefused:
    case Kind::kFailed:
    case Kind::kAborted:
      return refuse(request, answer);
  }
}

// Asks for the first byte: a refusal of it tells why.
void RemoteBatch::confirm_missing(Request& request) {
  PlannedRequest first_byte;
  first_byte.range = {0, 1};
  first_byte.parts = {{nullptr, 1}};
  first_byte.ops = request.plan.ops;
  first_byte.describes = true;
  std::vector<PlannedRequest> plan;
  plan.push_back(std::move(first_byte));
  add(std::move(plan), request.if_version);
  close(request);
}

// An object that this very read has met does not count as never stored, which would read as fill values.
void RemoteBatch::take_missing(Request& request) {
  const bool met =
      std::ranges::any_of(request.plan.ops, [this](size_t op) { return states_[op].met; });
  if (met) {
    fail_all(request, Code::kStale, "it vanished while it was read");
    return close(request);
  }
  for (const size_t op : request.plan.ops) {
    if (ops_[op].outcome != Outcome::kPending || states_[op].take == Take::kDiscarding) continue;
    ops_[op].outcome = Outcome::kMissing;
  }
  close(request);
}

void RemoteBatch::take_data(Request& request, const Attempt& attempt) {
  const ObjectInfo& object = attempt.get.answer.object;
  if (!request.if_version.empty() && !object.version.empty() &&
      object.version != request.if_version) {
    return changed(request, "the store sent another version than the one asked for");
  }
  const auto took = Clock::now() - attempt.started;
  shared_.latency.add(request.plan.range.length,
                      std::chrono::duration_cast<std::chrono::microseconds>(took));
  if (&attempt == &request.attempts[1]) {
    shared_.hedges_won.add();
    if (request.plan.what == RemoteGet::What::kWhole) {
      *ops_[request.plan.ops.front()].whole = std::move(request.attempts[1].own);
    } else {
      copy_parts(attempt.own, request.plan.parts);
    }
  }
  for (const size_t op : request.plan.ops) {
    states_[op].met = true;
    tell(op, object);
  }
  if (request.plan.what == RemoteGet::What::kStat || request.plan.describes) {
    take_description(request, object);
  }
  for (Request* const follower : request.followers) {
    if (object.version.empty()) {
      fail_all(*follower, Code::kIoError, "the store names no version to read all parts of");
      close(*follower);
      continue;
    }
    follower->if_version = object.version;
    queued_.push_back(follower);
  }
  request.followers.clear();
  close(request);
}

// The size is known: either the op's range is wrong, or its bytes can be asked for.
void RemoteBatch::take_description(Request& request, const ObjectInfo& object) {
  const size_t op = request.plan.ops.front();
  const auto range = resolve_read(ops_[op], object.size, shared_.url);
  if (!range.ok()) return fail_op(op, range.status());
  if (range->length == 0) return;
  if (object.version.empty()) {
    return fail_all(request, Code::kIoError, "the store names no version to read the bytes of");
  }
  add(plan_range(ops_, op, *range, shared_.limits), object.version);
}

void RemoteBatch::tell(size_t op, const ObjectInfo& object) {
  if (states_[op].told || ops_[op].seen == nullptr) return;
  states_[op].told = true;
  *ops_[op].seen = object;
  ops_[op].seen->exists = true;
}

// What failed for several reads may be the fault of one of them: each is asked for alone. A range that the
// store calls wrong without the object's size is explained by its description.
void RemoteBatch::refuse(Request& request, const RemoteAnswer& answer) {
  const bool shared_by_many = request.plan.ops.size() > 1;
  OpState& first = states_[request.plan.ops.front()];
  if (answer.kind == Kind::kFailed && shared_by_many) return replan(request);
  if (answer.kind == Kind::kFailed && answer.status.code() == Code::kCorrupt &&
      !answer.object.exists && request.plan.what == RemoteGet::What::kRange && !first.described &&
      first.open == 1) {
    first.described = true;
    PlannedRequest description;
    description.what = RemoteGet::What::kStat;
    description.ops = request.plan.ops;
    std::vector<PlannedRequest> plan;
    plan.push_back(std::move(description));
    add(std::move(plan), request.if_version);
    return close(request);
  }
  Code code = answer.status.ok() ? Code::kIoError : answer.status.code();
  if (answer.kind == Kind::kRefused) code = Code::kPermission;
  if (answer.kind == Kind::kAborted) code = Code::kIoError;
  fail_all(request, code, answer.status.message());
  close(request);
}

void RemoteBatch::replan(Request& request) {
  for (const size_t op : request.plan.ops) {
    if (ops_[op].outcome != Outcome::kPending) continue;
    add(plan_range(ops_, op, ops_[op].range, shared_.limits), {});
  }
  close(request);
}

// Another version than the one that the caller named, or than that of the read's other parts.
void RemoteBatch::changed(Request& request, const std::string& why) {
  for (const size_t op : request.plan.ops) {
    if (ops_[op].outcome != Outcome::kPending || !ops_[op].if_version.empty()) continue;
    if (states_[op].take == Take::kFirst) states_[op].take = Take::kDiscarding;
  }
  fail_all(request, Code::kStale, why);
  abort_unwanted();
  close(request);
}

// None of its requests runs any more: nothing else writes where its bytes go.
void RemoteBatch::read_again(size_t op) {
  shared_.retries.add();
  states_[op].take = Take::kSecond;
  states_[op].told = false;
  states_[op].described = false;
  add(plan_alone(ops_, op, shared_.limits), {});
}

void RemoteBatch::pause(Request& request, const RemoteAnswer& answer) {
  using std::chrono::milliseconds;
  if (!wanted(request)) return close(request);
  request.last_cause = answer.status;
  if (request.first_cause.ok()) request.first_cause = answer.status;
  ++request.failures;
  if (answer.slow_down) shared_.slow_downs.add();
  const auto now = Clock::now();
  const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - now);
  const auto pause =
      shared_.policy.pause(request.failures, answer.retry_after, left, shared_.random());
  if (pause) {
    shared_.retries.add();
    request.hedged = false;
    request.due = now + *pause;
    request.state = State::kPausing;
    ++pausing_;
    return;
  }
  const bool out_of_time = request.failures <= shared_.policy.retries;
  const bool slow = out_of_time || answer.status.code() == Code::kTimeout;
  std::string why = std::to_string(request.failures) + " attempts failed, ";
  why += out_of_time ? "and there is no time for another" : "and no more are allowed";
  why += "; first: " + request.first_cause.message();
  if (request.last_cause.message() != request.first_cause.message()) {
    why += "; last: " + request.last_cause.message();
  }
  fail_all(request, slow ? Code::kTimeout : Code::kIoError, why);
  close(request);
}

// The request is done with, for its ops too; those of which it was the last have their data.
void RemoteBatch::close(Request& request) {
  request.state = State::kDone;
  --open_;
  std::vector<size_t> again;
  for (const size_t op : request.plan.ops) {
    if (--states_[op].open > 0 || ops_[op].outcome != Outcome::kPending) continue;
    if (states_[op].take == Take::kDiscarding) {
      again.push_back(op);
    } else {
      ops_[op].outcome = Outcome::kData;
    }
  }
  for (Attempt& attempt : request.attempts) abort(attempt);
  for (Request* const follower : std::exchange(request.followers, {})) {
    if (follower->state != State::kDone) close(*follower);
  }
  for (const size_t op : again) read_again(op);
}

void RemoteBatch::fail_all(Request& request, Code code, const std::string& why) {
  for (const size_t op : request.plan.ops) {
    const ReadOp& read = ops_[op];
    if (read.outcome != Outcome::kPending || states_[op].take == Take::kDiscarding) continue;
    const std::string what = read.whole != nullptr
                                 ? quote_key(read.key) + " of " + shared_.url
                                 : describe_read(shared_.url, read.key, read.range);
    fail_op(op, {code, "reading " + what + ": " + why});
  }
}

void RemoteBatch::fail_op(size_t op, Status status) {
  fail(ops_[op], std::move(status));
  if (states_[op].open > 1) abort_unwanted();
}

// Ends what runs for reads that have failed, or that are to be read again.
void RemoteBatch::abort_unwanted() {
  for (const auto& request : requests_) {
    if (request->state != State::kRunning || wanted(*request)) continue;
    for (Attempt& attempt : request->attempts) abort(attempt);
  }
}

}  // namespace neurofs
