#include "core/storage/s3/s3_client.h"

#include <algorithm>
#include <random>

#include "core/base/scope_wait.h"
#include "core/storage/http/http_reply.h"
#include "core/storage/key.h"
#include "core/storage/remote/retry_policy.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t kBytesPerSecond = uint64_t{256} << 10;

uint64_t chance() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return random();
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
  RetryPolicy policy;
  policy.retries = options_.retries;
  for (int tries = 1;; ++tries) {
    if (attempts != nullptr) *attempts = tries;
    RemoteAnswer answer;
    auto reply = attempt(call, deadline, &answer);
    if (reply.ok()) return reply;
    const Status why = reply.status().with_context(describe(call, location()));
    if (answer.kind != RemoteAnswer::Kind::kRetry) return why;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const auto pause = policy.pause(tries, answer.retry_after, left, chance());
    if (!pause) return why;
    if (!pause_in_scope(*pause)) {
      return Status(Code::kInterrupted, describe(call, location()) + ": nobody waits any more");
    }
  }
}

}  // namespace neurofs
