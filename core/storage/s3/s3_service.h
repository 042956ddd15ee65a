// S3Service: S3's side of HttpService: URLs of a bucket, signatures, and what its errors mean.
//
// Purpose: one for a store; it also learns: the bucket's region, how far the server's clock is from ours, and
// that keys are to be looked for anew. Each of these is a kRetry once; a second time the server is believed.
// Thread-safety: every method from any thread; authorize() may wait for keys, explain() never waits.
// Ownership: borrows location and credentials. Errors: messages name the bucket, the server's own code and
// words and its request id, and what to do; never a key, token or signature.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>

#include "core/storage/http/http_service.h"
#include "core/storage/s3/aws_credentials.h"
#include "core/storage/s3/s3_errors.h"
#include "core/storage/s3/s3_location.h"

namespace neurofs {

class S3Service : public HttpService {
 public:
  using Now = std::function<std::chrono::system_clock::time_point()>;

  S3Service(S3Location& location, AwsCredentials& credentials, bool missing_403,
            Now now = std::chrono::system_clock::now);

  std::string url_of(std::string_view key) const override { return location_.object_url(key); }
  Status authorize(HttpRequest& request) override;
  void explain(const HttpReply& reply, RemoteAnswer& answer) override;

  const S3Location& location() const { return location_; }
  // What is added to our clock before it signs.
  std::chrono::seconds clock_offset() const { return std::chrono::seconds(offset_); }

 private:
  // A thing was learned lately: requests from before it may still be under way.
  class Lately {
   public:
    void mark() { at_ = std::chrono::steady_clock::now().time_since_epoch().count(); }
    bool holds() const;

   private:
    std::atomic<int64_t> at_{0};
  };

  void explain_missing(const HttpReply& reply, const S3Error& error, RemoteAnswer& answer);
  void explain_refused(const HttpReply& reply, const S3Error& error, RemoteAnswer& answer);
  void explain_credentials(const S3Error& error, RemoteAnswer& answer);
  void explain_clock(const S3Error& error, RemoteAnswer& answer);
  void explain_region(const S3Error& error, RemoteAnswer& answer);
  bool clock_differs(const S3Error& error) const;

  S3Location& location_;
  AwsCredentials& credentials_;
  const bool missing_403_;
  const Now now_;
  std::atomic<int64_t> offset_{0};  // seconds
  Lately clock_learned_;
  Lately region_learned_;
  std::atomic<bool> told_missing_403_{false};
};

}  // namespace neurofs
