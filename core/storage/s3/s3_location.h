// S3Location: which bucket and prefix, at which server, and how the two make a URL.
//
// Pure: from the URL that the user gave, the options, the environment and the profile. Plain value but for
// the region, which the server may correct (set_region from any thread). Errors: kInvalidArgument, with
// what to write instead; they never show what stands before an '@', which may be a password.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/storage/remote/remote_options.h"
#include "core/storage/s3/aws_config.h"

namespace neurofs {

class S3Location {
 public:
  // "s3://bucket" or "s3://bucket/prefix". Endpoint: options, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL,
  // the profile, AWS. Region: options, AWS_REGION, AWS_DEFAULT_REGION, the profile, us-east-1.
  static Result<std::unique_ptr<S3Location>> make(std::string_view url,
                                                  const RemoteOptions& options,
                                                  const Environment& environment,
                                                  const AwsConfig& profile);

  const std::string& bucket() const { return bucket_; }
  const std::string& prefix() const { return prefix_; }  // without '/' at its ends; "" for all
  bool path_style() const { return path_style_; }
  std::string url() const;  // "s3://bucket/prefix"
  std::string region() const;

  // "prefix/key": the name of a key of the store in the bucket.
  std::string object_name(std::string_view key) const;
  std::string object_url(std::string_view key) const;
  std::string bucket_url(std::string_view query) const;

  // False when it is the region already or is no name of a region.
  bool set_region(std::string_view region);

 private:
  S3Location() = default;
  std::string host() const;
  Status set_endpoint(std::string_view endpoint);
  Status set_place(std::string_view url);

  std::string bucket_;
  std::string prefix_;
  std::string scheme_ = "https://";
  std::string host_;       // with its port; "" for AWS's of the region
  std::string base_path_;  // of the endpoint, without '/' at its end
  bool path_style_ = false;
  mutable std::mutex mutex_;
  std::string region_;  // guarded by mutex_
};

}  // namespace neurofs
