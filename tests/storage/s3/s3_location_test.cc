#include "core/storage/s3/s3_location.h"

#include <gtest/gtest.h>

#include "tests/storage/s3/scripted_loop.h"

namespace neurofs::test {
namespace {

Result<std::unique_ptr<S3Location>> make(
    std::string_view url, const std::string& endpoint = "",
    std::vector<std::pair<std::string, std::string>> environment = {}, AwsConfig profile = {}) {
  RemoteOptions options;
  options.endpoint = endpoint;
  return S3Location::make(url, options, environment_of(std::move(environment)), profile);
}

std::string object_url(std::string_view url, const std::string& endpoint, std::string_view key) {
  const auto location = make(url, endpoint);
  return location.ok() ? (*location)->object_url(key) : location.status().to_string();
}

TEST(S3Location, Urls) {
  EXPECT_EQ(object_url("s3://bucket/a/b", "", "c/0"),
            "https://bucket.s3.us-east-1.amazonaws.com/a/b/c/0");
  EXPECT_EQ(object_url("s3://my.bucket", "", "c/0"),
            "https://s3.us-east-1.amazonaws.com/my.bucket/c/0");
  EXPECT_EQ(object_url("s3://bucket//x/", "http://127.0.0.1:9000", "c/0"),
            "http://127.0.0.1:9000/bucket/x/c/0");
  EXPECT_EQ(object_url("s3://bucket", "http://[::1]:9000/", "k"), "http://[::1]:9000/bucket/k");
  EXPECT_EQ(object_url("s3://bucket", "http://localhost", "k"), "http://localhost/bucket/k");
  EXPECT_EQ(object_url("s3://bucket", "http://minio:9000", "k"), "http://minio:9000/bucket/k");
  EXPECT_EQ(object_url("s3://bucket", "https://S3.Lab.org/base/", "k"),
            "https://bucket.s3.lab.org/base/k");
  EXPECT_EQ(object_url("s3://Bucket_1", "https://s3.lab.org", "k"),
            "https://s3.lab.org/Bucket_1/k");
}

TEST(S3Location, KeysAreEncodedOnce) {
  EXPECT_EQ(object_url("s3://bucket", "http://localhost", "a b/+/\xc3\xa9/%2e/~?#&="),
            "http://localhost/bucket/a%20b/%2B/%C3%A9/%252e/~%3F%23%26%3D");
}

TEST(S3Location, BucketUrls) {
  EXPECT_EQ((*make("s3://bucket/x"))->bucket_url("list-type=2"),
            "https://bucket.s3.us-east-1.amazonaws.com/?list-type=2");
  EXPECT_EQ((*make("s3://bucket/x", "http://localhost:1"))->bucket_url("list-type=2"),
            "http://localhost:1/bucket?list-type=2");
  EXPECT_EQ((*make("s3://bucket/x/"))->url(), "s3://bucket/x");
}

TEST(S3Location, WhereTheEndpointComesFrom) {
  AwsConfig profile;
  profile.values = {{"endpoint_url", "http://p:1"}};
  const auto url = [&](std::vector<std::pair<std::string, std::string>> environment) {
    return (*make("s3://bucket", "", std::move(environment), profile))->bucket_url("");
  };
  EXPECT_EQ(url({}), "http://p:1/bucket");
  EXPECT_EQ(url({{"AWS_ENDPOINT_URL", "http://e:1"}}), "http://e:1/bucket");
  EXPECT_EQ(url({{"AWS_ENDPOINT_URL", "http://e:1"}, {"AWS_ENDPOINT_URL_S3", "http://s:1"}}),
            "http://s:1/bucket");
  EXPECT_EQ(url({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}}),
            "https://bucket.s3.us-east-1.amazonaws.com/");
  profile.values = {{"endpoint_url", "http://p:1"}, {"s3.endpoint_url", "http://q:1"}};
  EXPECT_EQ(url({}), "http://q:1/bucket");
}

TEST(S3Location, RegionsAreLearnedWhenTheyAreNames) {
  const auto location = *make("s3://bucket", "", {{"AWS_REGION", "eu-west-1"}});
  EXPECT_EQ(location->bucket_url(""), "https://bucket.s3.eu-west-1.amazonaws.com/");
  EXPECT_FALSE(location->set_region("eu-west-1"));
  EXPECT_TRUE(location->set_region("cn-north-1"));
  EXPECT_EQ(location->bucket_url(""), "https://bucket.s3.cn-north-1.amazonaws.com.cn/");
  for (const char* hostile : {"", "evil.org", "x/y", "a@b", "a b", "a\r\nb"}) {
    EXPECT_FALSE(location->set_region(hostile)) << hostile;
  }
  EXPECT_EQ(location->region(), "cn-north-1");
  EXPECT_FALSE(make("s3://bucket", "", {{"AWS_REGION", "evil.org/"}}).ok());
}

TEST(S3Location, S9WhatIsNoPlaceIsRefusedWithoutItsSecrets) {
  for (const char* url :
       {"s3://", "s3://ab", "s3:///x", "s3://buck et/x", "s3://a..b", "s3://bucket/a/../b",
        "s3://bucket/a//b", "s3://user:hunter2@bucket/x", "s3://hunter2@bucket"}) {
    const auto location = make(url);
    ASSERT_FALSE(location.ok()) << url;
    EXPECT_EQ(location.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(location.status().message().find("hunter2"), std::string::npos);
  }
  for (const char* endpoint :
       {"127.0.0.1:9000", "ftp://x", "http://", "http://h:x", "http://h/?a=b", "http://u:hunter2@h",
        "http://a b", "http://h/%2e"}) {
    const auto location = make("s3://bucket", endpoint);
    ASSERT_FALSE(location.ok()) << endpoint;
    EXPECT_EQ(location.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(location.status().message().find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace neurofs::test
