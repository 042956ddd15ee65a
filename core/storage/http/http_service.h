// HttpService: what differs between kinds of HTTP servers (plain, S3): where an object is, how a request
// proves who asks, and what an error means.
//
// Thread-safety: every method from any thread. Errors: messages never hold a secret.
#pragma once

#include <string>

#include "core/storage/http/http_loop.h"
#include "core/storage/remote/transport.h"

namespace neurofs {

class HttpService {
 public:
  virtual ~HttpService() = default;
  virtual std::string url_of(std::string_view key) const = 0;
  // Adds what proves who asks, last of all. May wait for fresh credentials, up to request.deadline.
  virtual Status authorize(HttpRequest& request) = 0;
  // `answer` says what the status code alone says (404 kMissing, 412 kChanged, 401/403 kRefused, 5xx and 429
  // kRetry, others kFailed, with Retry-After); `reply` has at most 64 KiB of the error's body. Makes it
  // exact, and learns (a redirected region, a clock that differs, credentials to be read anew). Without a body,
  // which the reply to HEAD never has, `unproven` says that a body might have called the object missing.
  virtual void explain(const HttpReply& reply, RemoteAnswer& answer) = 0;
};

// Range, suffix, whole and stat requests over a loop; both must outlive it. A reply is data only if its
// status, Content-Range and length are what was asked for.
std::unique_ptr<Transport> make_http_transport(HttpLoop& loop, HttpService& service,
                                               uint64_t whole_limit);

}  // namespace neurofs
