// HttpAuth: who asks, for plain HTTP servers: basic or bearer credentials from a file or the environment.
//
// Purpose: secrets are never in URLs or arguments. The text is "user:password" or "bearer TOKEN"; a file is read
// anew when the server refuses us, so that credentials may be replaced while mounted. Thread-safety: any thread.
// header() may wait for the file, no more than once a second and one thread at a time (the others go on with what
// was known); nothing else waits. Errors: kInvalidArgument and kIoError, naming the file, never its content.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace neurofs {

class HttpAuth {
 public:
  // `file` "": the variable NEUROFS_HTTP_AUTH, or nobody in particular.
  static Result<std::unique_ptr<HttpAuth>> load(const std::string& file);

  // "Authorization: ..."; "" for nobody in particular.
  std::string header();
  bool is_nobody() const;
  // The server refused what header() gave. True when asking again may help: it was replaced lately, or the next
  // header() looks at the file.
  bool refused();
  void look_anew();

 private:
  using Clock = std::chrono::steady_clock;
  HttpAuth(std::string file, std::string header)
      : file_(std::move(file)), header_(std::move(header)) {}

  const std::string file_;
  std::mutex looking_;  // held by the thread that reads the file; taken before mutex_
  mutable std::mutex mutex_;
  std::string header_;  // guarded by mutex_, as those below
  bool look_anew_ = false;
  std::optional<Clock::time_point> looked_;
  std::optional<Clock::time_point> changed_;
};

}  // namespace neurofs
