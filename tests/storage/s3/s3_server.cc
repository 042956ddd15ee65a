#include "tests/storage/s3/s3_server.h"

#include <unistd.h>

#include <atomic>
#include <chrono>

namespace neurofs::test {

std::vector<S3Server> s3_servers() {
  const auto get = system_environment;
  return {{"radosgw",
           get("NEUROFS_TEST_S3_ENDPOINT"),
           get("NEUROFS_TEST_S3_BUCKET"),
           {get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"), ""}},
          {"swift",
           get("NEUROFS_TEST_SWIFT_ENDPOINT"),
           get("NEUROFS_TEST_SWIFT_BUCKET"),
           {get("NEUROFS_TEST_SWIFT_ACCESS_KEY"), get("NEUROFS_TEST_SWIFT_SECRET_KEY"), ""}}};
}

std::string S3Server::why_not() const {
  return "no " + name + " in the environment: run by tests/servers/with-servers";
}

std::string S3Server::fresh_url() const {
  static std::atomic<int> next{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return "s3://" + bucket + "/test-" + std::to_string(::getpid()) + "-" + std::to_string(now) +
         "-" + std::to_string(next++);
}

Environment S3Server::environment() const {
  return [keys = keys](const char* variable) -> std::string {
    const std::string_view wanted(variable);
    if (wanted == "AWS_ACCESS_KEY_ID") return keys.access_key_id;
    if (wanted == "AWS_SECRET_ACCESS_KEY") return keys.secret_access_key;
    return wanted == "AWS_EC2_METADATA_DISABLED" ? "true" : "";
  };
}

Result<std::shared_ptr<S3Store>> S3Server::open(const std::string& url,
                                                StoreOptions options) const {
  S3Store::Tuning tuning;
  tuning.environment = environment();
  return open(url, std::move(options), std::move(tuning));
}

Result<std::shared_ptr<S3Store>> S3Server::open(const std::string& url, StoreOptions options,
                                                S3Store::Tuning tuning) const {
  options.writable = true;
  options.remote.endpoint = endpoint;
  return S3Store::open(url, options, tuning);
}

}  // namespace neurofs::test
