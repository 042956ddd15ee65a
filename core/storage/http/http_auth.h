// HttpAuth: who asks, for plain HTTP servers: basic or bearer credentials from a file or the environment.
//
// Purpose: secrets are never in URLs or arguments. The text is "user:password" or "bearer TOKEN"; a file is read
// anew when the server refuses us, so that credentials may be replaced while mounted. Thread-safety: any thread.
// Errors: kInvalidArgument and kIoError, naming the file, never its content.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "core/base/result.h"

namespace neurofs {

class HttpAuth {
 public:
  // `file` "": the variable NEUROFS_HTTP_AUTH, or nobody in particular.
  static Result<std::unique_ptr<HttpAuth>> load(const std::string& file);

  // "Authorization: ..."; "" for nobody in particular.
  std::string header() const;
  // Looks at the file again; whether it says something new.
  bool reload();

 private:
  HttpAuth(std::string file, std::string header)
      : file_(std::move(file)), header_(std::move(header)) {}

  const std::string file_;
  mutable std::mutex mutex_;
  std::string header_;  // guarded by mutex_
};

}  // namespace neurofs
