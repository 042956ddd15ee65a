// ScriptedLoop: an HttpLoop whose replies a test writes.
//
// Thread-safety: start() from any thread; `answer` is called by one at a time.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/storage/http/http_loop.h"

namespace neurofs::test {

inline HttpReply reply_of(int status, std::string_view body = "",
                          std::vector<std::pair<std::string, std::string>> headers = {}) {
  HttpReply reply;
  reply.head.status = status;
  reply.head.headers = std::move(headers);
  const Bytes bytes = std::as_bytes(std::span(body));
  reply.body.assign(bytes.begin(), bytes.end());
  return reply;
}

inline std::string error_xml(const std::string& code, const std::string& more = "") {
  return "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>why</Message>" + more +
         "</Error>";
}

class ScriptedLoop : public HttpLoop {
 public:
  using Answer = std::function<Result<HttpReply>(const HttpRequest&)>;
  explicit ScriptedLoop(Answer answer) : answer_(std::move(answer)) {}

  void start(Exchange& exchange) override {
    Result<HttpReply> reply = internal_error("no answer");
    {
      const std::lock_guard lock(mutex_);
      requests.push_back(exchange.request);
      requests.back().upload = {};
      reply = answer_(exchange.request);
    }
    if (!reply.ok()) {
      exchange.status = reply.status();
    } else {
      exchange.head = reply->head;
      const bool goes_on = !exchange.on_head || exchange.on_head(exchange.head);
      exchange.ended =
          !goes_on || (!reply->body.empty() && exchange.on_body && !exchange.on_body(reply->body));
    }
    exchange.done();
  }
  void abort(Exchange& /*exchange*/) override {}

  std::vector<HttpRequest> requests;

 private:
  std::mutex mutex_;
  const Answer answer_;
};

// An environment that a test writes.
inline std::function<std::string(const char*)> environment_of(
    std::vector<std::pair<std::string, std::string>> values) {
  return [values = std::move(values)](const char* name) {
    for (const auto& [known, value] : values) {
      if (known == name) return value;
    }
    return std::string();
  };
}

inline bool has_header(const std::vector<std::string>& headers, std::string_view begin) {
  for (const std::string& header : headers) {
    if (header.starts_with(begin)) return true;
  }
  return false;
}

}  // namespace neurofs::test
