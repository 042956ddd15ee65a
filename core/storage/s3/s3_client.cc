#include "core/storage/s3/s3_client.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <random>

#include "core/base/cancellation.h"
#include "core/storage/key.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{5'000};
constexpr uint64_t kBytesPerSecond = uint64_t{256} << 10;

// Between half of what doubling gives and all of it.
std::chrono::milliseconds pause_before(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  const auto full = std::min(kLongestPause, kFirstPause * (1 << std::min(attempt, 10)));
  return full / 2 + std::chrono::milliseconds(random() % (full.count() / 2 + 1));
}

std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head) {
  const std::string_view text = head.header("retry-after");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 3600u));
}

// True when the whole pause went by.
bool sleep_until(Clock::time_point until) {
  const ReadScope* scope = ReadScope::current();
  std::mutex mutex;
  std::condition_variable wake;
  bool cancelled = false;
  const Cancellation::Watch watch(scope == nullptr ? nullptr : scope->cancellation(), [&] {
    const std::lock_guard lock(mutex);
    cancelled = true;
    wake.notify_all();
  });
  std::unique_lock lock(mutex);
  return !wake.wait_until(lock, until, [&] { return cancelled; });
}

bool may_improve(const Status& status) {
  return status.code() == Code::kIoError || status.code() == Code::kTimeout;
}

std::string describe(const S3Call& call, const S3Location& location) {
  std::string text(call.method);
  text += " " + location.url();
  return call.key.empty() ? text : text + " " + quote_key(call.key);
}

}  // namespace

HttpRequest S3Client::request_of(const S3Call& call, Clock::time_point deadline) const {
  HttpRequest request;
  request.method = call.method;
  request.url = call.key.empty() ? location().bucket_url("") : service_.url_of(call.key);
  if (!call.query.empty()) request.url += "?" + call.query;
  request.upload = call.upload;
  // Without the first, a large upload waits a second for a server that never says "100 Continue".
  if (!call.upload.empty() || call.method == "PUT" || call.method == "POST") {
    request.headers = {"Expect:", "Content-Type: application/octet-stream"};
  }
  request.deadline = deadline;
  return request;
}

// The reply, or nothing with the answer saying why.
Result<HttpReply> S3Client::attempt(const S3Call& call, Clock::time_point deadline,
                                    RemoteAnswer* answer) {
  using Kind = RemoteAnswer::Kind;
  HttpRequest request = request_of(call, deadline);
  answer->kind = Kind::kFailed;
  NF_TRY(service_.authorize(request));
  bool untrusted = false;
  auto reply = loop_.perform(request, call.body_limit, &untrusted);
  if (!reply.ok()) {
    if (may_improve(reply.status()) && !untrusted) answer->kind = Kind::kRetry;
    return reply.status();
  }
  const int status = reply->head.status;
  const bool fine = status >= 200 && status < 300;
  // A multipart upload may fail after its 200 was sent.
  if (fine && (call.method != "POST" || parse_s3_error(*reply).code.empty())) return reply;
  service_.explain(*reply, *answer);
  if (answer->kind == Kind::kMissing && call.key.empty()) {
    // Only objects are taken as missing where they are refused: the bucket's list is not.
    answer->kind = Kind::kRefused;
    return Status(Code::kPermission, location().url() + " answers " +
                                         parse_s3_error(*reply).to_string() + " to a listing");
  }
  if (answer->kind == Kind::kMissing) return not_found("no such object");
  answer->retry_after = retry_after(reply->head);
  return answer->status.ok() ? io_error("the server answers " + std::to_string(status))
                             : answer->status;
}

Result<HttpReply> S3Client::call(const S3Call& call, int* attempts) {
  const auto upload_time = std::chrono::seconds(call.upload.size() / kBytesPerSecond);
  auto deadline = Clock::now() + options_.deadline + upload_time;
  if (const ReadScope* scope = ReadScope::current()) {
    deadline = std::min(deadline, scope->deadline());
  }
  for (int tries = 1;; ++tries) {
    if (attempts != nullptr) *attempts = tries;
    RemoteAnswer answer;
    auto reply = attempt(call, deadline, &answer);
    if (reply.ok()) return reply;
    const Status why = reply.status().with_context(describe(call, location()));
    if (answer.kind != RemoteAnswer::Kind::kRetry || tries > options_.retries) return why;
    const auto pause = std::max(pause_before(tries), answer.retry_after.value_or(kFirstPause / 2));
    if (Clock::now() + pause >= deadline) return why;
    if (!sleep_until(Clock::now() + pause)) {
      return Status(Code::kInterrupted, describe(call, location()) + ": nobody waits any more");
    }
  }
}

}  // namespace neurofs
