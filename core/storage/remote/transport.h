// Transport: one request to a remote object, started and ended. The seam between RemoteReader, which
// plans, bounds, retries and hedges, and what speaks to a server (HTTP, S3, RADOS).
//
// Thread-safety: start() and abort() from any thread. Ownership: a RemoteGet and all it points to belong
// to the caller and stay in place until `done` was called, which happens exactly once per start(), on any
// thread, maybe within start() or abort(). After `done` nothing of it is touched. `done` must not wait.
// Transports neither retry nor follow deadlines of their own beyond the attempt's. Units: bytes.
// Errors: in the answer, never thrown (kFailed with kNoMemory where memory has run out); messages name the URL without
// credentials, the range, the cause.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/storage/object_store.h"

namespace neurofs {

struct RemoteAnswer {
  enum class Kind : uint8_t {
    kData,     // exactly what was asked for has been written
    kMissing,  // proven: no such object
    kChanged,  // another version than `if_version`
    kRefused,  // no permission
    kFailed,   // will not get better by asking again
    kRetry,    // may get better: connection lost, 5xx, 429, timeouts, short or mismatching replies
    kAborted,  // by abort()
  };
  Kind kind = Kind::kFailed;
  Status status;       // all but kData and kMissing
  ObjectInfo object;   // kData: as the server described it; size 0 where it did not say
  uint64_t bytes = 0;  // of the body that arrived, used or not
  bool unproven =
      false;  // kMissing: said by a reply that could not tell why; not yet to be believed
  bool slow_down = false;  // kRetry: the server asked for fewer requests (503, 429)
  std::optional<std::chrono::milliseconds> retry_after;
};

// One of a kind that says no more than why.
inline RemoteAnswer answer_of(RemoteAnswer::Kind kind, Status status) {
  RemoteAnswer answer;
  answer.kind = kind;
  answer.status = std::move(status);
  return answer;
}

struct RemoteGet {
  using Clock = std::chrono::steady_clock;
  enum class What : uint8_t { kRange, kSuffix, kWhole, kStat };
  // A consecutive part of the body; null data: to be dropped (the gap between two parts that are wanted).
  struct Part {
    std::byte* data;
    uint64_t size;
  };

  // in
  std::string key;
  What what = What::kRange;
  ByteRange range;  // kRange: in the object; kSuffix: offset counts back from its end, as ReadOp
  std::vector<Part> parts;  // kRange and kSuffix: their sizes sum to range.length
  ByteVector* whole =
      nullptr;  // kWhole: the object, if it has at most `whole_limit` bytes, else kFailed
  uint64_t whole_limit = 0;    // with code kCorrupt
  std::string if_version;      // unless empty: kChanged for another one
  Clock::time_point deadline;  // of this attempt: kRetry when it passes
  std::function<void()> done;

  // out, before done()
  RemoteAnswer answer;

  // the transport's own, while it runs
  void* running = nullptr;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void start(RemoteGet& get) = 0;
  // Asks for the end of one that may run still or be done: done() comes soon, with kAborted or as it was.
  virtual void abort(RemoteGet& get) = 0;
};

}  // namespace neurofs
