// The chain of credentials, their refresh, and what endpoints may reply.

#include "core/storage/s3/aws_credentials.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/storage/s3/scripted_loop.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using Values = std::vector<std::pair<std::string, std::string>>;

const AwsDeadline kSoon = std::chrono::steady_clock::now() + std::chrono::hours(1);

std::string temporary_keys(const std::string& id, const std::string& expires) {
  return R"({"Code": "Success", "AccessKeyId": ")" + id +
         R"(", "SecretAccessKey": "hunter2", "Token": "tok", "Expiration": ")" + expires + R"("})";
}

class Credentials : public testing::Test {
 protected:
  void write(const std::string& text) {
    std::ofstream(dir_.path() + "/credentials", std::ios::trunc) << text;
  }
  AwsCredentials::Options options(Values values) {
    values.emplace_back("AWS_CONFIG_FILE", dir_.path() + "/config");
    values.emplace_back("AWS_SHARED_CREDENTIALS_FILE", dir_.path() + "/credentials");
    AwsCredentials::Options options;
    options.environment = environment_of(std::move(values));
    options.now = [this] { return now_; };
    return options;
  }
  AwsCredentials make(Values values) { return AwsCredentials(options(std::move(values))); }
  AwsCredentials make(Values values, AwsFetch fetch) {
    AwsCredentials::Options with = options(std::move(values));
    with.fetch = std::move(fetch);
    return AwsCredentials(with);
  }
  static std::string id_of(AwsCredentials& credentials) {
    const auto keys = credentials.keys(kSoon);
    if (!keys.ok()) return keys.status().to_string();
    return *keys ? (*keys)->access_key_id : "anonymous";
  }

  TempDir dir_;
  std::chrono::system_clock::time_point now_ =
      std::chrono::system_clock::from_time_t(1'800'000'000);
};

TEST_F(Credentials, Anonymous) {
  AwsCredentials::Options with = options({{"AWS_ACCESS_KEY_ID", "E"}});
  with.anonymous = true;
  AwsCredentials credentials(with);
  EXPECT_EQ(id_of(credentials), "anonymous");
  EXPECT_FALSE(credentials.refused());
}

TEST_F(Credentials, TheEnvironmentComesFirstUnlessAProfileIsNamed) {
  write(
      "[default]\naws_access_key_id = F\naws_secret_access_key = s\n"
      "[lab]\naws_access_key_id = L\naws_secret_access_key = s\naws_session_token = t\n");
  const Values set = {
      {"AWS_ACCESS_KEY_ID", "E"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}};
  AwsCredentials environment = make(set);
  EXPECT_EQ(*environment.keys(kSoon), (std::optional<AwsKeys>({"E", "s", "t"})));
  AwsCredentials files = make({});
  EXPECT_EQ(id_of(files), "F");
  AwsCredentials by_variable = make({{"AWS_PROFILE", "lab"}});
  EXPECT_EQ(*by_variable.keys(kSoon), (std::optional<AwsKeys>({"L", "s", "t"})));
  AwsCredentials::Options with = options(set);
  with.profile = "lab";
  AwsCredentials by_option(with);
  EXPECT_EQ(id_of(by_option), "L");
}

TEST_F(Credentials, WhatIsMissingOrNotSupportedIsSaid) {
  const auto message = [&](Values values) {
    AwsCredentials credentials = make(std::move(values));
    const auto keys = credentials.keys(kSoon);
    EXPECT_EQ(keys.status().code(), Code::kPermission);
    return keys.status().message();
  };
  EXPECT_NE(message({}).find("--anonymous"), std::string::npos);
  EXPECT_NE(message({{"AWS_ACCESS_KEY_ID", "E"}}).find("only one"), std::string::npos);
  EXPECT_NE(message({{"AWS_WEB_IDENTITY_TOKEN_FILE", "/x"}}).find("web identity"),
            std::string::npos);
  EXPECT_NE(message({{"AWS_ACCESS_KEY_ID", "E\r\nX: y"}, {"AWS_SECRET_ACCESS_KEY", "s"}})
                .find("characters"),
            std::string::npos);
  write("[default]\nrole_arn = arn:x\n");
  EXPECT_NE(message({}).find("role_arn is not supported"), std::string::npos);
}

TEST_F(Credentials, R30AFileThatChangesIsReadAnewWithinASecond) {
  write("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  AwsCredentials credentials = make({});
  EXPECT_EQ(id_of(credentials), "A");
  write("[default]\naws_access_key_id = BB\naws_secret_access_key = s\n");
  EXPECT_EQ(id_of(credentials), "A") << "not looked at for each request";
  now_ += seconds(1);
  EXPECT_EQ(id_of(credentials), "BB");
  write("[default]\naws_access");  // half written: the old ones hold
  now_ += seconds(1);
  EXPECT_EQ(id_of(credentials), "BB");
  write("[default]\naws_access_key_id = CCC\naws_secret_access_key = s\n");
  now_ += seconds(1);
  EXPECT_EQ(id_of(credentials), "CCC");
}

TEST_F(Credentials, WhereSomethingElseAnswersForEc2TheMessageNamesAllPlaces) {
  AwsCredentials credentials =
      make({}, [](const HttpRequest&) -> Result<HttpReply> { return reply_of(403); });
  const auto keys = credentials.keys(kSoon);
  EXPECT_EQ(keys.status().code(), Code::kPermission);
  EXPECT_NE(keys.status().message().find("no AWS credentials: AWS_ACCESS_KEY_ID is not set"),
            std::string::npos)
      << keys.status().to_string();
}

TEST_F(Credentials, R30AFileThatIsPutRightCountsSoonerThanThat) {
  write("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  AwsCredentials credentials = make({});
  EXPECT_EQ(id_of(credentials), "A");
  EXPECT_TRUE(credentials.refused());
  EXPECT_EQ(id_of(credentials), "A");
  EXPECT_FALSE(credentials.refused());
  write("[default]\naws_access_key_id = BB\naws_secret_access_key = s\n");
  EXPECT_EQ(id_of(credentials), "A");
  now_ += std::chrono::milliseconds(100);
  EXPECT_TRUE(credentials.refused());
  EXPECT_EQ(id_of(credentials), "BB");
}

TEST_F(Credentials, R29RefusedKeysAreLookedForOnce) {
  write("[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  AwsCredentials credentials = make({});
  EXPECT_EQ(id_of(credentials), "A");
  EXPECT_TRUE(credentials.refused());
  EXPECT_EQ(id_of(credentials), "A");
  EXPECT_FALSE(credentials.refused()) << "the same keys again";
  write("[default]\naws_access_key_id = BB\naws_secret_access_key = s\n");
  now_ += seconds(1);
  EXPECT_EQ(id_of(credentials), "BB");
  EXPECT_TRUE(credentials.refused()) << "a request of before may be meant";
  now_ += minutes(1);
  EXPECT_TRUE(credentials.refused());
  EXPECT_EQ(id_of(credentials), "BB");
  EXPECT_FALSE(credentials.refused());
}

TEST_F(Credentials, ContainersGiveKeysThatAreRenewedBeforeTheyExpire) {
  std::ofstream(dir_.path() + "/token") << "container-token\n";
  std::vector<HttpRequest> requests;
  int failing = 0;
  AwsCredentials credentials =
      make({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials"},
            {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", dir_.path() + "/token"}},
           [&](const HttpRequest& request) -> Result<HttpReply> {
             requests.push_back(request);
             if (failing > 0) return reply_of(500);
             // 2027-01-15T08:00:00Z is now_; keys hold for an hour.
             const char* expires =
                 requests.size() == 1 ? "2027-01-15T09:00:00Z" : "2027-01-15T11:00:00Z";
             return reply_of(200, temporary_keys("K" + std::to_string(requests.size()), expires));
           });
  EXPECT_EQ(id_of(credentials), "K1");
  EXPECT_EQ(id_of(credentials), "K1");
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].url, "http://169.254.170.23/v1/credentials");
  EXPECT_EQ(requests[0].secret_headers, std::vector<std::string>{"Authorization: container-token"});
  EXPECT_TRUE(requests[0].headers.empty());
  EXPECT_TRUE(requests[0].direct) << "the token is for no proxy";
  failing = 1;
  now_ += minutes(56);
  EXPECT_EQ(id_of(credentials), "K1") << "not renewed, but not expired either";
  EXPECT_EQ(id_of(credentials), "K1");
  EXPECT_EQ(requests.size(), 2U) << "a failure is not repeated for each request";
  failing = 0;
  now_ += seconds(31);
  EXPECT_EQ(id_of(credentials), "K3");
}

TEST_F(Credentials, ExpiredKeysAreNotUsed) {
  int asked = 0;
  AwsCredentials credentials =
      make({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}},
           [&](const HttpRequest& request) -> Result<HttpReply> {
             EXPECT_EQ(request.url, "http://169.254.170.2/x");
             if (asked++ > 0) return io_error("gone");
             return reply_of(200, temporary_keys("K", "2027-01-15T08:01:00Z"));
           });
  EXPECT_EQ(id_of(credentials), "K");
  now_ += minutes(2);
  const auto keys = credentials.keys(kSoon);
  ASSERT_FALSE(keys.ok());
  EXPECT_NE(keys.status().message().find("gone"), std::string::npos);
}

TEST_F(Credentials, TokensGoNowhereElse) {
  for (const char* url : {"http://evil.org/x", "http://169.254.170.2@evil.org/",
                          "http://169.254.170.2.evil.org/", "ftp://localhost/"}) {
    AwsCredentials credentials = make({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url},
                                       {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "hunter2"}},
                                      [](const HttpRequest&) -> Result<HttpReply> {
                                        ADD_FAILURE() << "asked";
                                        return reply_of(200);
                                      });
    EXPECT_EQ(credentials.keys(kSoon).status().code(), Code::kPermission) << url;
  }
}

TEST_F(Credentials, InstancesByVersionTwo) {
  std::vector<HttpRequest> requests;
  AwsCredentials credentials =
      make({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1/"}},
           [&](const HttpRequest& request) -> Result<HttpReply> {
             requests.push_back(request);
             if (request.method == "PUT") return reply_of(200, "session");
             if (request.url.ends_with("/security-credentials/")) return reply_of(200, "my-role\n");
             return reply_of(200, temporary_keys("R", "2027-01-15T14:00:00Z"));
           });
  EXPECT_EQ(id_of(credentials), "R");
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].url, "http://127.0.0.1:1/latest/api/token");
  for (const HttpRequest& request : requests) EXPECT_TRUE(request.direct);
  EXPECT_TRUE(has_header(requests[0].headers, "X-aws-ec2-metadata-token-ttl-seconds: "));
  EXPECT_EQ(requests[2].url,
            "http://127.0.0.1:1/latest/meta-data/iam/security-credentials/my-role");
  EXPECT_TRUE(has_header(requests[2].secret_headers, "X-aws-ec2-metadata-token: session"));
  EXPECT_NE(credentials.source().find("my-role"), std::string::npos);

  AwsCredentials disabled =
      make({{"AWS_EC2_METADATA_DISABLED", "TRUE"}}, [](const HttpRequest&) -> Result<HttpReply> {
        ADD_FAILURE() << "asked";
        return reply_of(200);
      });
  EXPECT_FALSE(disabled.keys(kSoon).ok());
  AwsCredentials elsewhere =
      make({}, [](const HttpRequest&) -> Result<HttpReply> { return io_error("no route"); });
  EXPECT_NE(id_of(elsewhere).find("no AWS credentials"), std::string::npos);
}

TEST_F(Credentials, AnInstanceThatDoesNotAnswerOnceIsAnInstanceStill) {
  std::optional<Status> hiccup;
  int asked = 0;
  AwsCredentials credentials = make({}, [&](const HttpRequest& request) -> Result<HttpReply> {
    if (request.method == "PUT") ++asked;
    if (hiccup) return *hiccup;
    if (request.method == "PUT") return reply_of(200, "session");
    if (request.url.ends_with("/security-credentials/")) return reply_of(200, "my-role\n");
    return reply_of(200, temporary_keys("K" + std::to_string(asked), "2027-01-15T08:10:00Z"));
  });
  EXPECT_EQ(id_of(credentials), "K1");
  // Refused keys are looked for until something is found out; the old ones are tried meanwhile.
  hiccup = Status(Code::kInterrupted, "Ctrl-C");
  EXPECT_TRUE(credentials.refused());
  EXPECT_EQ(id_of(credentials), "K1");
  EXPECT_TRUE(credentials.refused());
  hiccup.reset();
  EXPECT_EQ(id_of(credentials), "K3");
  // Those that have expired are no keys, and why there are no others may pass.
  now_ += minutes(11);
  for (const Code code : {Code::kTimeout, Code::kIoError, Code::kInterrupted}) {
    hiccup = Status(code, "hiccup");
    const auto keys = credentials.keys(kSoon);
    EXPECT_EQ(keys.status().code(), code) << keys.status().to_string();
    EXPECT_NE(keys.status().message().find("EC2"), std::string::npos);
  }
  AwsCredentials first = make({}, [](const HttpRequest&) -> Result<HttpReply> {
    return Status(Code::kInterrupted, "Ctrl-C");
  });
  EXPECT_EQ(first.keys(kSoon).status().code(), Code::kInterrupted);
}

TEST(TemporaryKeys, HostileReplies) {
  const std::string hostile[] = {
      "",
      "[]",
      "{",
      "null",
      R"({"Code": "AssumeRoleUnauthorizedAccess"})",
      R"({"AccessKeyId": 7, "SecretAccessKey": "hunter2"})",
      R"({"AccessKeyId": "A", "SecretAccessKey": ""})",
      R"({"AccessKeyId": "A\r\nX: y", "SecretAccessKey": "hunter2"})",
      R"({"AccessKeyId": "A", "SecretAccessKey": "hunter2", "Token": "a b"})",
      temporary_keys("A", "tomorrow"),
      temporary_keys("A", "2027-01-15T08:01:00+05:00")};
  for (const std::string& text : hostile) {
    const auto found = parse_temporary_keys(std::as_bytes(std::span(text)), "it");
    ASSERT_FALSE(found.ok()) << text;
    EXPECT_EQ(found.status().message().find("hunter2"), std::string::npos);
  }
  const std::string fine = temporary_keys("A", "2027-01-15T08:00:00.123Z");
  const auto found = parse_temporary_keys(std::as_bytes(std::span(fine)), "it");
  ASSERT_TRUE(found.ok()) << found.status().to_string();
  EXPECT_EQ(found->expires, std::chrono::system_clock::from_time_t(1'800'000'000));
}

}  // namespace
}  // namespace neurofs::test
