// Requests for bytes of an object over HTTP: what is asked, and whether the reply is just that.
//
//   head:  206 with the very range, 200 to a request without one: the body goes where it was asked for
//          200 to a request for a range: the server knows none; a small object is read whole and cut
//          else: up to 64 KiB of the body, for the service to explain
//   end:   every byte came, none more: data

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#include "core/base/log.h"
#include "core/storage/http/http_reply.h"
#include "core/storage/http/http_service.h"

namespace neurofs {
namespace {

using Kind = RemoteAnswer::Kind;
using What = RemoteGet::What;

constexpr uint64_t kMaxErrorBody = 64 << 10;

// The answer for an exchange or an authorization that failed.
RemoteAnswer failure(Status status) {
  switch (status.code()) {
    case Code::kInterrupted:
      return answer_of(Kind::kAborted, std::move(status));
    case Code::kTimeout:
    case Code::kIoError:
      return answer_of(Kind::kRetry, std::move(status));
    default:
      return answer_of(Kind::kFailed, std::move(status));
  }
}

// What was said of a store, once.
struct Told {
  std::atomic<bool> ignores_ranges{false};
  std::atomic<bool> names_no_version{false};
};

// One request on its way. Its callbacks run on the loop's thread.
class HttpGet {
 public:
  HttpGet(RemoteGet& get, HttpService& service, uint64_t whole_limit, Told& told,
          const Status& out_of_memory);

  HttpLoop::Exchange exchange;

  // After the exchange: the answer.
  RemoteAnswer conclude();

 private:
  enum class Body : uint8_t { kParts, kWhole, kCut, kNone, kError };

  bool on_head(const HttpHead& head);
  bool on_body(Bytes bytes);
  // They are called by libcurl, which no exception may pass.
  template <typename Call>
  bool within_memory(const Call& call);
  bool reject(Kind kind, Status status);
  bool take_range(const HttpHead& head);
  bool take_whole(const HttpHead& head);
  bool take_version(const HttpHead& head, uint64_t size);
  void take_unsatisfied(const HttpHead& head);
  bool past_end(uint64_t size);
  bool collect(ByteVector& into, uint64_t limit, Bytes bytes);
  void scatter(Bytes bytes);
  RemoteAnswer cut_whole();

  RemoteGet& get_;
  HttpService& service_;
  const uint64_t whole_limit_;
  Told& told_;
  const Status& out_of_memory_;
  const std::string url_;  // for messages
  HttpReply reply_;        // what an error says; or the whole object, to be cut
  RemoteAnswer answer_;
  Body body_ = Body::kNone;
  bool decided_ = false;   // answer_ holds whatever comes
  uint64_t expected_ = 0;  // bytes of the body; UINT64_MAX: not known
  uint64_t received_ = 0;
  size_t part_ = 0;
  uint64_t part_done_ = 0;
};

HttpGet::HttpGet(RemoteGet& get, HttpService& service, uint64_t whole_limit, Told& told,
                 const Status& out_of_memory)
    : get_(get),
      service_(service),
      whole_limit_(whole_limit),
      told_(told),
      out_of_memory_(out_of_memory),
      url_(redact_url(service.url_of(get.key))) {
  HttpRequest& request = exchange.request;
  request.method = get.what == What::kStat ? "HEAD" : "GET";
  request.url = service.url_of(get.key);
  request.deadline = get.deadline;
  // Else bytes are counted in some compression of them.
  request.headers.emplace_back("Accept-Encoding: identity");
  const ByteRange range = get.range;
  if (get.what == What::kRange) {
    request.headers.push_back("Range: bytes=" + std::to_string(range.offset) + "-" +
                              std::to_string(range.offset + range.length - 1));
  } else if (get.what == What::kSuffix) {
    request.headers.push_back("Range: bytes=-" + std::to_string(range.offset));
  }
  if (is_strong_etag(get.if_version)) request.headers.push_back("If-Match: " + get.if_version);
  exchange.on_head = [this](const HttpHead& head) {
    return within_memory([&] { return on_head(head); });
  };
  exchange.on_body = [this](Bytes bytes) { return within_memory([&] { return on_body(bytes); }); };
}

template <typename Call>
bool HttpGet::within_memory(const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return reject(Kind::kFailed, out_of_memory_);
  }
}

// Ends the exchange: nothing more of it is of use.
bool HttpGet::reject(Kind kind, Status status) {
  ObjectInfo object = std::move(answer_.object);
  answer_ = answer_of(kind, std::move(status));
  answer_.object = std::move(object);
  decided_ = true;
  return false;
}

bool HttpGet::on_head(const HttpHead& head) {
  if (head.status != 200 && head.status != 206) {
    answer_ = judge_status(head, url_);
    body_ = Body::kError;
    if (head.status == 416) take_unsatisfied(head);
    return true;
  }
  const std::string_view encoding = head.header("content-encoding");
  if (!encoding.empty() && encoding != "identity") {
    return reject(
        Kind::kFailed,
        io_error(url_ + " sends the object compressed (Content-Encoding), though asked not to; "
                        "switch that off on the server"));
  }
  if (head.status == 206) return take_range(head);
  return take_whole(head);
}

bool HttpGet::take_version(const HttpHead& head, uint64_t size) {
  answer_.object = describe_object(head, size);
  if (!has_validator(head) && !told_.names_no_version.exchange(true)) {
    log_warning(
        url_ +
        ": the server sends neither ETag nor Last-Modified: an object that is replaced is not seen "
        "to have changed, its old bytes may be shown beside its new ones until the next mount, and "
        "nothing of it is kept in the NVMe cache; said once");
  }
  if (get_.if_version.empty() || get_.if_version == answer_.object.version) return true;
  return reject(Kind::kChanged, {Code::kStale, url_ + ": the object has another version"});
}

bool HttpGet::past_end(uint64_t size) {
  answer_.object.exists = true;
  answer_.object.size = size;
  return reject(Kind::kFailed, corrupt(url_ + ": the object has only " + std::to_string(size) +
                                       " bytes; it is truncated, or the metadata that points "
                                       "there is wrong"));
}

bool HttpGet::take_range(const HttpHead& head) {
  const auto got = parse_content_range(head.header("content-range"));
  if (!got || get_.what == What::kWhole || get_.what == What::kStat) {
    return reject(Kind::kRetry, io_error(url_ + " answered 206 without a Content-Range that fits"));
  }
  if (!take_version(head, got->size)) return false;
  const ByteRange range = get_.range;
  const bool suffix = get_.what == What::kSuffix;
  if (suffix ? range.offset > got->size : range.offset + range.length > got->size) {
    return past_end(got->size);
  }
  const uint64_t first = suffix ? got->size - range.offset : range.offset;
  const uint64_t last = first + (suffix ? range.offset : range.length) - 1;
  expected_ = last - first + 1;
  const auto length = content_length(head);
  if (got->first != first || got->last != last || (length && *length != expected_) ||
      (!length && !head.header("content-length").empty())) {
    return reject(Kind::kRetry,
                  io_error(url_ + " sends other bytes than were asked for: " +
                           std::to_string(got->first) + "-" + std::to_string(got->last)));
  }
  body_ = Body::kParts;
  return true;
}

bool HttpGet::take_whole(const HttpHead& head) {
  const auto length = content_length(head);
  expected_ = length.value_or(UINT64_MAX);
  if (!length && !head.header("content-length").empty()) {
    return reject(Kind::kRetry, io_error(url_ + " sends a Content-Length that is no size"));
  }
  if (get_.what == What::kStat) {
    if (!length) return reject(Kind::kFailed, io_error(url_ + " does not tell the object's size"));
    expected_ = 0;
    return take_version(head, *length);
  }
  const bool cut = get_.what != What::kWhole;
  const uint64_t limit = cut ? whole_limit_ : get_.whole_limit;
  if (length && !take_version(head, *length)) return false;
  body_ = cut ? Body::kCut : Body::kWhole;
  if (cut && !told_.ignores_ranges.exchange(true)) {
    log_warning(url_ + ": the server ignores Range requests; objects are read whole, up to " +
                std::to_string(whole_limit_) + " bytes");
  }
  if (!cut) get_.whole->clear();
  if (!length || *length <= limit) return true;
  return collect(cut ? reply_.body : *get_.whole, limit, {});
}

// 416: the object ends before the range; where the server tells its size, we know where.
void HttpGet::take_unsatisfied(const HttpHead& head) {
  answer_.kind = Kind::kFailed;
  answer_.status = corrupt(url_ +
                           " answered 416: the object ends before the bytes that were asked "
                           "for; it is truncated, or the metadata that points there is wrong");
  if (const auto size = parse_unsatisfied_range(head.header("content-range"))) past_end(*size);
  decided_ = false;  // the service may explain more
}

bool HttpGet::collect(ByteVector& into, uint64_t limit, Bytes bytes) {
  const uint64_t size = expected_ == UINT64_MAX ? into.size() + bytes.size() : expected_;
  if (size > limit || bytes.size() > limit - into.size()) {
    const std::string much = "over " + std::to_string(limit) + " bytes";
    if (body_ == Body::kWhole) {
      return reject(Kind::kFailed,
                    corrupt(url_ + ": the object has " + much + ", the most it may have"));
    }
    return reject(Kind::kFailed, io_error(url_ +
                                          ": the server ignores Range requests, and the "
                                          "object has " +
                                          much +
                                          ", too many to read whole; use a server with "
                                          "ranges"));
  }
  into.insert(into.end(), bytes.begin(), bytes.end());
  return true;
}

bool HttpGet::on_body(Bytes bytes) {
  received_ += bytes.size();
  if (body_ == Body::kError) {
    const uint64_t room = kMaxErrorBody - reply_.body.size();
    const Bytes kept = bytes.first(std::min<uint64_t>(bytes.size(), room));
    reply_.body.insert(reply_.body.end(), kept.begin(), kept.end());
    return bytes.size() <= room;
  }
  if (received_ > expected_ || body_ == Body::kNone) {
    return reject(Kind::kRetry, io_error(url_ + " sends more bytes than it announced"));
  }
  if (body_ == Body::kWhole) return collect(*get_.whole, get_.whole_limit, bytes);
  if (body_ == Body::kCut) return collect(reply_.body, whole_limit_, bytes);
  scatter(bytes);
  return true;
}

// Writes to the next parts; what is left when they are full was not wanted.
void HttpGet::scatter(Bytes bytes) {
  while (!bytes.empty() && part_ < get_.parts.size()) {
    const RemoteGet::Part& part = get_.parts[part_];
    const uint64_t n = std::min<uint64_t>(bytes.size(), part.size - part_done_);
    if (part.data != nullptr && n > 0) std::memcpy(part.data + part_done_, bytes.data(), n);
    bytes = bytes.subspan(n);
    part_done_ += n;
    if (part_done_ < part.size) return;
    ++part_;
    part_done_ = 0;
  }
}

RemoteAnswer HttpGet::conclude() {
  if (body_ == Body::kError && (exchange.status.ok() || reply_.body.size() >= kMaxErrorBody)) {
    reply_.head = std::move(exchange.head);
    service_.explain(reply_, answer_);
    if (answer_.unproven && get_.what == What::kStat) answer_.kind = Kind::kMissing;
  } else if (exchange.untrusted) {
    answer_ = answer_of(Kind::kFailed, exchange.status);
  } else if (!exchange.status.ok()) {
    answer_ = failure(exchange.status);
  } else if (!decided_) {
    if (expected_ != UINT64_MAX && received_ != expected_) {
      answer_ = answer_of(Kind::kRetry, io_error(url_ + " sent " + std::to_string(received_) +
                                                 " of " + std::to_string(expected_) + " bytes"));
    } else {
      if (expected_ == UINT64_MAX) take_version(exchange.head, received_);
      if (!decided_) answer_.kind = Kind::kData;
      if (!decided_ && body_ == Body::kCut) answer_ = cut_whole();
    }
  }
  answer_.bytes = received_;
  return std::move(answer_);
}

RemoteAnswer HttpGet::cut_whole() {
  const uint64_t size = reply_.body.size();
  const ByteRange range = get_.range;
  const bool suffix = get_.what == What::kSuffix;
  if (suffix ? range.offset > size : range.offset > size || range.length > size - range.offset) {
    past_end(size);
    return std::move(answer_);
  }
  scatter(Bytes(reply_.body).subspan(suffix ? size - range.offset : range.offset));
  return std::move(answer_);
}

class HttpTransport : public Transport {
 public:
  HttpTransport(HttpLoop& loop, HttpService& service, uint64_t whole_limit)
      : loop_(loop), service_(service), whole_limit_(whole_limit) {}

  void start(RemoteGet& get) override {
    try {
      begin(get);
    } catch (const std::bad_alloc&) {
      const std::unique_ptr<HttpGet> ended = take(get);
      get.answer = answer_of(Kind::kFailed, out_of_memory_);
      get.done();
    }
  }

  void abort(RemoteGet& get) override {
    const std::lock_guard lock(mutex_);  // take() waits for it, so that the exchange stays
    if (get.running != nullptr) loop_.abort(static_cast<HttpGet*>(get.running)->exchange);
  }

 private:
  // Throws only before the loop has it.
  void begin(RemoteGet& get) {
    auto running = std::make_unique<HttpGet>(get, service_, whole_limit_, told_, out_of_memory_);
    HttpGet& started = *running;
    started.exchange.done = [this, &get] { finish(get); };
    {
      const std::lock_guard lock(mutex_);
      get.running = running.release();  // abort() finds it from here on
    }
    Status allowed = service_.authorize(started.exchange.request);
    if (allowed.ok()) return loop_.start(started.exchange);
    const std::unique_ptr<HttpGet> ended = take(get);
    const bool refused = allowed.code() == Code::kPermission;
    get.answer =
        refused ? answer_of(Kind::kRefused, std::move(allowed)) : failure(std::move(allowed));
    get.done();
  }

  std::unique_ptr<HttpGet> take(RemoteGet& get) {
    const std::lock_guard lock(mutex_);
    return std::unique_ptr<HttpGet>(static_cast<HttpGet*>(std::exchange(get.running, nullptr)));
  }

  void finish(RemoteGet& get) {
    const std::unique_ptr<HttpGet> ended = take(get);
    try {
      get.answer = ended->conclude();
    } catch (const std::bad_alloc&) {
      get.answer = answer_of(Kind::kFailed, out_of_memory_);
    }
    // The exchange holds the function that runs: it goes last, and touches nothing of the request's.
    get.done();
  }

  HttpLoop& loop_;
  HttpService& service_;
  const uint64_t whole_limit_;
  const Status out_of_memory_ = no_memory("the system has no memory left; lower --ram");
  Told told_;
  std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(HttpLoop& loop, HttpService& service,
                                               uint64_t whole_limit) {
  return std::make_unique<HttpTransport>(loop, service, whole_limit);
}

}  // namespace neurofs
