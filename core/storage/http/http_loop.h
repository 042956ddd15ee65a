// HttpLoop: many HTTP exchanges at once on one thread, by libcurl's multi interface.
//
// Purpose: connections are kept and shared (HTTP/2 where the server offers it over TLS), so that a request
// costs a round trip. Thread-safety: start(), abort() and perform() from any thread. Ownership: an
// Exchange and what it points to belong to the caller and stay in place until `done` was called, exactly
// once; nothing of it is touched after. The callbacks run on the loop's thread, must not wait, and must
// not throw. The destructor aborts what runs. Nothing is retried; redirects are followed up to a limit,
// only from http to http or https and https to https, never to link-local addresses, and without
// the headers in `secret_headers` where host or port differ. Bounds: 64 KiB of reply headers.
// Errors: kTimeout for its deadline, a stall or no connection in time; kInterrupted for abort();
// else kIoError, with `untrusted` where TLS does not trust the server. Messages show the URL without user,
// password and query.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace neurofs {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;         // "Name: value"
  std::vector<std::string> secret_headers;  // as those; never in a message, never to another host
  bool direct = false;                      // past any proxy that the environment names
  Bytes upload;                             // borrowed
  std::chrono::steady_clock::time_point deadline;
};

struct HttpHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>>
      headers;  // names in lower case; of the last reply
  // Empty when the header is not there.
  std::string_view header(std::string_view name) const;
};

struct HttpReply {
  HttpHead head;
  ByteVector body;
};

class HttpLoop {
 public:
  using Clock = std::chrono::steady_clock;
  struct Options {
    unsigned connections = 64;  // to one host
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds stall{10'000};  // no byte for so long ends an exchange
    std::string ca_file;                      // "" for the system's roots
    unsigned redirects = 0;
  };

  struct Exchange {
    HttpRequest request;
    std::function<bool(const HttpHead&)> on_head;  // once, before the body; false ends the exchange
    std::function<bool(Bytes)> on_body;            // as bytes come; false ends the exchange
    std::function<void()> done;
    HttpHead head;       // out
    Status status;       // out: not ok when the exchange did not run to its end
    bool ended = false;  // out: by a callback that returned false; `status` is then ok
    // out: TLS does not trust the server, or finds none there: `status` stays as it is when asked again
    bool untrusted = false;
    // The loop's own, while it runs.
    void* running = nullptr;
    bool abort_asked = false;
  };

  static Result<std::shared_ptr<HttpLoop>> create(const Options& options);
  virtual ~HttpLoop() = default;
  virtual void start(Exchange& exchange) = 0;
  // Asks for the end of one that will start, runs, or is done.
  virtual void abort(Exchange& exchange) = 0;

  // Waits for the whole reply, whatever its status; kIoError when the body passes `body_limit`, kInterrupted
  // when the ReadScope of this thread is cancelled. Sets `*untrusted` as an exchange does.
  Result<HttpReply> perform(const HttpRequest& request, uint64_t body_limit,
                            bool* untrusted = nullptr);
};

// The URL for messages: without user, password, query and fragment.
std::string redact_url(std::string_view url);

// Percent-encodes all but unreserved characters (RFC 3986) and, where `keep_slash`, '/'.
std::string percent_encode(std::string_view text, bool keep_slash);

}  // namespace neurofs
