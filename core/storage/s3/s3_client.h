// S3Client: single requests to a bucket that are no reads of objects: writes, removals, listings.
//
// Purpose: sends, explains and tries again, within a deadline. Thread-safety: call() from any thread; it
// waits for the reply. Ownership: borrows loop and service. Bounds: replies of `body_limit` bytes; the deadline
// of the options, longer for uploads (a second more for each 256 KiB), or that of the thread's ReadScope if
// it is sooner. Errors: kNotFound for a missing key; kInterrupted when the scope is cancelled; else as
// S3Service says.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/storage/remote/remote_options.h"
#include "core/storage/s3/s3_service.h"

namespace neurofs {

struct S3Call {
  std::string_view method = "GET";
  std::string_view key = {};  // of the store; "" for the bucket
  std::string query = {};     // percent-encoded
  Bytes upload = {};
  uint64_t body_limit = uint64_t{1} << 20;
};

class S3Client {
 public:
  S3Client(HttpLoop& loop, S3Service& service, const RemoteOptions& options)
      : loop_(loop), service_(service), options_(options) {}

  // `attempts`, unless null, is set to how many there were.
  Result<HttpReply> call(const S3Call& call, int* attempts = nullptr);

  const S3Location& location() const { return service_.location(); }
  const RemoteOptions& options() const { return options_; }

 private:
  using Clock = std::chrono::steady_clock;
  HttpRequest request_of(const S3Call& call, Clock::time_point deadline) const;
  Result<HttpReply> attempt(const S3Call& call, Clock::time_point deadline, RemoteAnswer* answer);

  HttpLoop& loop_;
  S3Service& service_;
  const RemoteOptions options_;
};

}  // namespace neurofs
