// Signatures on requests, what errors mean, and what is learned from them (R13, R14, R29, S9).

#include "core/storage/s3/s3_service.h"

#include <gtest/gtest.h>

#include "core/storage/s3/s3_client.h"
#include "tests/storage/s3/scripted_loop.h"

namespace neurofs::test {
namespace {

using Kind = RemoteAnswer::Kind;

class Service : public testing::Test {
 protected:
  void make(bool missing_403 = false, const std::string& token = "", bool anonymous = false,
            const std::string& endpoint = "http://localhost:80") {
    RemoteOptions options;
    options.endpoint = endpoint;
    location_ = *S3Location::make("s3://bucket/p", options, environment_of({}), {});
    AwsCredentials::Options with;
    with.anonymous = anonymous;
    with.environment = environment_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                                       {"AWS_SECRET_ACCESS_KEY", "hunter2"},
                                       {"AWS_SESSION_TOKEN", token}});
    credentials_ = std::make_unique<AwsCredentials>(with);
    service_ = std::make_unique<S3Service>(*location_, *credentials_, missing_403,
                                           [this] { return now_; });
  }
  HttpRequest authorized(const std::string& method = "GET") {
    HttpRequest request;
    request.method = method;
    request.url = service_->url_of("a b");
    request.deadline = std::chrono::steady_clock::now() + std::chrono::hours(1);
    const Status status = service_->authorize(request);
    EXPECT_TRUE(status.ok()) << status.to_string();
    return request;
  }
  RemoteAnswer explain(const HttpReply& reply) {
    RemoteAnswer answer;
    service_->explain(reply, answer);
    EXPECT_EQ(answer.status.message().find("hunter2"), std::string::npos);
    return answer;
  }
  RemoteAnswer explain(int status, const std::string& code, const std::string& more = "") {
    return explain(reply_of(status, error_xml(code, more)));
  }

  std::chrono::system_clock::time_point now_ =
      std::chrono::system_clock::from_time_t(1'800'000'000);
  std::unique_ptr<S3Location> location_;
  std::unique_ptr<AwsCredentials> credentials_;
  std::unique_ptr<S3Service> service_;
};

TEST_F(Service, RequestsAreSigned) {
  make(false, "session");
  const HttpRequest request = authorized();
  EXPECT_EQ(request.url, "http://localhost:80/bucket/p/a%20b");
  EXPECT_TRUE(has_header(request.headers, "x-amz-date: 20270115T080000Z"));
  EXPECT_TRUE(has_header(request.headers, "x-amz-content-sha256: e3b0c442"));
  EXPECT_TRUE(has_header(request.secret_headers, "x-amz-security-token: session"));
  EXPECT_TRUE(has_header(
      request.secret_headers,
      "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20270115/us-east-1/s3/aws4_request, "
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, Signature="));
  for (const std::string& header : request.headers) {
    EXPECT_EQ(header.find("Credential"), std::string::npos) << header;
    EXPECT_EQ(header.find("session"), std::string::npos) << header;
  }
}

TEST_F(Service, TheHostIsSignedAsItIsSent) {
  make();
  SigV4Request same{.method = "GET", .path = "/bucket/p/a%20b"};
  const std::string hash = sha256_hex({});
  same.headers = {{"host", "localhost"},  // port 80 goes without saying
                  {"x-amz-content-sha256", hash},
                  {"x-amz-date", "20270115T080000Z"}};
  same.payload_hash = hash;
  same.time = "20270115T080000Z";
  same.region = "us-east-1";
  EXPECT_EQ(authorized().secret_headers.front(),
            "Authorization: " + sigv4_authorization(same, {"AKID", "hunter2", ""}));
}

TEST_F(Service, AnonymousRequestsAreBare) {
  make(false, "", /*anonymous=*/true);
  const HttpRequest request = authorized();
  EXPECT_TRUE(request.headers.empty());
  EXPECT_TRUE(request.secret_headers.empty());
}

TEST_F(Service, R13MissingIsOnlyWhatS3SaysIsMissing) {
  make();
  EXPECT_EQ(explain(404, "NoSuchKey").kind, Kind::kMissing);
  const RemoteAnswer bare = explain(reply_of(404));
  EXPECT_EQ(bare.kind, Kind::kRetry) << "a load balancer's";
  EXPECT_TRUE(bare.unproven) << "HEAD has no body";
  const RemoteAnswer bucket = explain(404, "NoSuchBucket");
  EXPECT_EQ(bucket.kind, Kind::kFailed);
  EXPECT_EQ(bucket.status.code(), Code::kIoError);
  EXPECT_NE(bucket.status.message().find("s3://bucket/p answers 404 NoSuchBucket: why"),
            std::string::npos);
  EXPECT_EQ(explain(reply_of(404, "<html>no such page</html>")).kind, Kind::kFailed);
  EXPECT_EQ(explain(404, "NoSuchUpload").kind, Kind::kFailed);
  EXPECT_EQ(explain(500, "InternalError").kind, Kind::kRetry);
  EXPECT_EQ(explain(reply_of(502, "bad gateway")).kind, Kind::kRetry);
  EXPECT_EQ(explain(412, "PreconditionFailed").kind, Kind::kChanged);
  EXPECT_EQ(explain(reply_of(412)).status.code(), Code::kStale);
  EXPECT_EQ(explain(400, "InvalidArgument").kind, Kind::kFailed);
  const RemoteAnswer slow = explain(503, "SlowDown");
  EXPECT_EQ(slow.kind, Kind::kRetry);
  EXPECT_TRUE(slow.slow_down);
  EXPECT_TRUE(explain(reply_of(503)).slow_down);
}

TEST_F(Service, R14RefusedIsMissingOnlyWhereAskedFor) {
  make();
  const RemoteAnswer refused = explain(403, "AccessDenied");
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_EQ(refused.status.code(), Code::kPermission);
  EXPECT_NE(refused.status.message().find("--missing-403-fill"), std::string::npos);
  EXPECT_EQ(explain(reply_of(403)).kind, Kind::kRefused);
  make(/*missing_403=*/true);
  EXPECT_EQ(explain(403, "AccessDenied").kind, Kind::kMissing);
  EXPECT_EQ(explain(reply_of(403)).kind, Kind::kRefused);
  EXPECT_TRUE(explain(reply_of(403)).unproven) << "HEAD has no body";
  EXPECT_FALSE(explain(reply_of(403, "<html>go away</html>")).unproven);
  EXPECT_EQ(explain(403, "AccountProblem").kind, Kind::kRefused);
  authorized();
  EXPECT_EQ(explain(403, "InvalidAccessKeyId").kind, Kind::kRetry) << "until they are looked for";
}

TEST_F(Service, R29CredentialsAreLookedForOnce) {
  make();
  authorized();
  EXPECT_EQ(explain(403, "ExpiredToken").kind, Kind::kRetry);
  authorized();
  const RemoteAnswer refused = explain(403, "ExpiredToken");
  EXPECT_EQ(refused.kind, Kind::kRefused);
  EXPECT_NE(refused.status.message().find("keys from the environment"), std::string::npos);
}

TEST_F(Service, R29ClocksAreNamedAndCorrectedOnce) {
  make();
  const auto skewed = [&](const std::string& body) {
    return explain(reply_of(403, body, {{"date", "Fri, 15 Jan 2027 11:00:00 GMT"}}));
  };
  const RemoteAnswer first = skewed(error_xml("RequestTimeTooSkewed"));
  EXPECT_EQ(first.kind, Kind::kRetry);
  EXPECT_NE(first.status.message().find("Fri, 15 Jan 2027 08:00:00 GMT"), std::string::npos);
  EXPECT_NE(first.status.message().find("Fri, 15 Jan 2027 11:00:00 GMT"), std::string::npos);
  EXPECT_EQ(service_->clock_offset(), std::chrono::hours(3));
  EXPECT_TRUE(has_header(authorized().headers, "x-amz-date: 20270115T110000Z"));

  make();
  EXPECT_EQ(skewed("").kind, Kind::kRetry) << "HEAD: by its Date alone";
  EXPECT_EQ(service_->clock_offset(), std::chrono::hours(3));
  make();
  EXPECT_EQ(explain(403, "RequestTimeTooSkewed").kind, Kind::kRefused) << "no Date";
  EXPECT_EQ(explain(reply_of(403, error_xml("RequestTimeTooSkewed"),
                             {{"date", "Fri, 15 Jan 2027 08:00:10 GMT"}}))
                .kind,
            Kind::kRefused)
      << "its own clock says that ours is right";
}

TEST_F(Service, RegionsAreLearned) {
  make(false, "", false, "https://s3.lab.org");
  EXPECT_EQ(explain(reply_of(301, "", {{"x-amz-bucket-region", "eu-west-1"}})).kind, Kind::kRetry);
  EXPECT_EQ(location_->region(), "eu-west-1");
  EXPECT_EQ(explain(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>").kind,
            Kind::kRetry)
      << "a request from before";
  make();
  const RemoteAnswer nowhere = explain(301, "PermanentRedirect");
  EXPECT_EQ(nowhere.kind, Kind::kFailed);
  EXPECT_NE(nowhere.status.message().find("--region"), std::string::npos);
  EXPECT_EQ(explain(301, "PermanentRedirect", "<Region>evil.org/</Region>").kind, Kind::kFailed);
  EXPECT_EQ(location_->region(), "us-east-1");
}

TEST_F(Service, HostileErrorBodies) {
  make();
  const std::string entity =
      "<!DOCTYPE a [<!ENTITY x \"NoSuchKey\">]><Error><Code>&x;</Code></Error>";
  EXPECT_EQ(explain(reply_of(404, entity)).kind, Kind::kFailed);
  EXPECT_EQ(explain(reply_of(404, error_xml("NoSuchKey", std::string(70'000, ' ')))).kind,
            Kind::kFailed);
  const RemoteAnswer lines = explain(400, "Bad\n\x7fWord");
  EXPECT_EQ(lines.status.message().find('\n'), std::string::npos);
  EXPECT_LT(explain(400, std::string(5000, 'x')).status.message().size(), 1000U);
}

class Client : public Service {
 protected:
  Result<HttpReply> call(ScriptedLoop& loop, const S3Call& what) {
    RemoteOptions options;
    options.retries = 3;
    return S3Client(loop, *service_, options).call(what, &attempts_);
  }
  int attempts_ = 0;
};

TEST_F(Client, TriesAgainWhatMayImprove) {
  make();
  std::vector<Result<HttpReply>> replies = {io_error("reset"), reply_of(500),
                                            reply_of(403, error_xml("ExpiredToken")),
                                            reply_of(200, "body")};
  size_t next = 0;
  ScriptedLoop loop([&](const HttpRequest&) { return replies[next++]; });
  const auto reply = call(loop, {.key = "k", .query = "a=b"});
  ASSERT_TRUE(reply.ok()) << reply.status().to_string();
  EXPECT_EQ(attempts_, 4);
  EXPECT_EQ(loop.requests[0].url, "http://localhost:80/bucket/p/k?a=b");
}

TEST_F(Client, GivesUpWithTheCause) {
  make();
  ScriptedLoop broken([](const HttpRequest&) { return reply_of(500, error_xml("InternalError")); });
  const auto reply = call(broken, {.method = "PUT", .key = "k"});
  EXPECT_EQ(reply.status().code(), Code::kIoError);
  EXPECT_NE(reply.status().message().find("PUT s3://bucket/p 'k': "), std::string::npos)
      << reply.status().message();
  EXPECT_EQ(attempts_, 4);
  ScriptedLoop denied([](const HttpRequest&) { return reply_of(403, error_xml("AccessDenied")); });
  EXPECT_EQ(call(denied, {.key = "k"}).status().code(), Code::kPermission);
  EXPECT_EQ(attempts_, 1);
  ScriptedLoop missing([](const HttpRequest&) { return reply_of(404, error_xml("NoSuchKey")); });
  EXPECT_EQ(call(missing, {.key = "k"}).status().code(), Code::kNotFound);
  ScriptedLoop aborted([](const HttpRequest&) { return Status(Code::kInterrupted, "aborted"); });
  EXPECT_EQ(call(aborted, {.key = "k"}).status().code(), Code::kInterrupted);
  EXPECT_EQ(attempts_, 1);
}

}  // namespace
}  // namespace neurofs::test
