// HttpHop: one exchange of HttpLoop as libcurl sees it: an easy handle, its options, its callbacks.
//
// Purpose: http_loop.cc decides when hops start and end; this file says what curl is told and what it tells.
// Thread-safety: one thread at a time: who calls start(), then the loop's. Ownership: owns the handle; borrows
// the exchange.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

#include "core/storage/http/http_loop.h"

namespace neurofs {

struct CurlDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlEasy = std::unique_ptr<CURL, CurlDeleter>;

class HttpHop {
 public:
  using Clock = HttpLoop::Clock;

  HttpHop(CurlEasy easy, HttpLoop::Exchange& exchange, const HttpLoop::Options& options);

  // Tells curl everything; not ok: it cannot be started.
  Status prepare();
  // What the exchange's outcome is when curl ended with `code`.
  Status outcome(CURLcode code) const;
  // Where the reply sends us, if we go there: then prepare() has been told of it. Not ok: refused.
  Result<bool> redirect();
  // No byte, in or out, since `stall` ago.
  bool stalled(Clock::time_point now);

  CURL* easy() const { return easy_.get(); }
  CurlEasy take_easy() { return std::move(easy_); }
  HttpLoop::Exchange& exchange() { return exchange_; }

  bool abort = false;  // asked for; guarded by the loop's mutex
  size_t place = 0;    // in the loop's list

 private:
  static size_t header_callback(char* data, size_t size, size_t count, void* self);
  static size_t body_callback(char* data, size_t size, size_t count, void* self);
  static curl_socket_t socket_callback(void* self, curlsocktype purpose, curl_sockaddr* address);

  bool take_header(std::string_view line);
  bool end_of_headers();
  bool follows() const;
  void set_transport_options();
  void set_method();
  Status set_headers();

  CurlEasy easy_;
  HttpLoop::Exchange& exchange_;
  const HttpLoop::Options& options_;
  std::unique_ptr<curl_slist, CurlDeleter> headers_;
  std::string url_;
  std::string error_;  // curl writes here
  std::string refused_address_;
  size_t header_bytes_ = 0;
  bool head_done_ = false;
  bool too_many_headers_ = false;
  bool following_ = false;  // the body of a redirect is dropped
  uint64_t dropped_ = 0;
  unsigned hops_ = 0;
  bool keep_secrets_ = true;
  int64_t moved_ = -1;  // bytes so far, when last looked at
  Clock::time_point moved_at_;
};

}  // namespace neurofs
