// SigV4 against the vectors that AWS publishes: its test suite for version 4 (service "service") and
// the examples of the Amazon S3 API Reference.

#include "core/storage/s3/sigv4.h"

#include <gtest/gtest.h>

namespace neurofs {
namespace {

constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string signature_in(const std::string& authorization) {
  return authorization.substr(authorization.rfind('=') + 1);
}

std::string suite_signature(SigV4Request request) {
  const AwsKeys keys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  request.headers.insert(request.headers.end(),
                         {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}});
  if (request.payload_hash.empty()) request.payload_hash = kEmptyHash;
  request.time = "20150830T123600Z";
  request.region = "us-east-1";
  request.service = "service";
  return signature_in(sigv4_authorization(request, keys));
}

TEST(SigV4, TestSuiteOfAws) {
  EXPECT_EQ(suite_signature({.method = "GET", .path = "/"}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(suite_signature({.method = "GET", .path = "/", .query = "Param2=value2&Param1=value1"}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(suite_signature(
                {.method = "GET",
                 .path = "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}),
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
  EXPECT_EQ(suite_signature({.method = "GET", .path = "/%E1%88%B4"}),
            "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
  EXPECT_EQ(suite_signature({.method = "POST", .path = "/"}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(suite_signature({.method = "POST", .path = "/", .headers = {{"My-Header1", "value1"}}}),
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c");
  const std::string body = "Param1=value1";
  const std::string hash = sha256_hex(std::as_bytes(std::span(body)));
  EXPECT_EQ(suite_signature({.method = "POST",
                             .path = "/",
                             .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                             .payload_hash = hash}),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

class S3Examples : public testing::Test {
 protected:
  static SigV4Request example(std::string_view method, std::string_view path,
                              std::string_view query, std::string_view hash) {
    return {.method = method,
            .path = path,
            .query = query,
            .headers = {{"Host", "examplebucket.s3.amazonaws.com"},
                        {"x-amz-content-sha256", std::string(hash)},
                        {"x-amz-date", "20130524T000000Z"}},
            .payload_hash = hash,
            .time = "20130524T000000Z",
            .region = "us-east-1"};
  }
  const AwsKeys keys_{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
};

TEST_F(S3Examples, GetObjectWithRange) {
  SigV4Request request = example("GET", "/test.txt", "", kEmptyHash);
  request.headers.emplace_back("Range", "bytes=0-9");
  EXPECT_EQ(string_to_sign(request),
            "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
            "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
  EXPECT_EQ(sigv4_authorization(request, keys_),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3Examples, PutObject) {
  const std::string body = "Welcome to Amazon S3.";
  const std::string hash = sha256_hex(std::as_bytes(std::span(body)));
  SigV4Request request = example("PUT", "/test%24file.text", "", hash);
  request.headers.insert(request.headers.end(), {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}});
  EXPECT_EQ(signature_in(sigv4_authorization(request, keys_)),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3Examples, GetBucketLifecycle) {
  const SigV4Request request = example("GET", "/", "lifecycle", kEmptyHash);
  EXPECT_EQ(signature_in(sigv4_authorization(request, keys_)),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3Examples, ListObjects) {
  const SigV4Request request = example("GET", "", "prefix=J&max-keys=2", kEmptyHash);
  EXPECT_EQ(signature_in(sigv4_authorization(request, keys_)),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_F(S3Examples, TheSecretIsNowhereInWhatIsSent) {
  const SigV4Request request = example("GET", "/x", "", kEmptyHash);
  EXPECT_EQ(sigv4_authorization(request, keys_).find(keys_.secret_access_key), std::string::npos);
}

TEST(SigV4, Time) {
  EXPECT_EQ(amz_time(std::chrono::system_clock::from_time_t(1440938160)), "20150830T123600Z");
}

}  // namespace
}  // namespace neurofs
