// What an S3 store takes for missing, from a server that a test writes (R13, R14): fill values are read only
// where S3 itself says that there is no such key.

#include <gtest/gtest.h>

#include "core/storage/s3/s3_store.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/http/test_server.h"
#include "tests/storage/s3/scripted_loop.h"

namespace neurofs::test {
namespace {

using Outcome = ReadOp::Outcome;

std::string reply_text(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

class Absent : public testing::Test {
 protected:
  // The bucket answers listings with `listing`, HEAD by `status` alone, and GET with `body` as well.
  void serve(const std::string& status, const std::string& body,
             const std::string& listing = "200 OK") {
    server_.handle([=](const TestServer::Request& request, TestServer::Connection& connection) {
      const bool lists = request.target.find("list-type") != std::string::npos;
      if (lists) {
        const std::string said =
            listing.starts_with("200") ? "<ListBucketResult/>" : error_xml("AccessDenied");
        return connection.send(reply_text(listing, said));
      }
      return connection.send(reply_text(status, request.method == "HEAD" ? "" : body));
    });
  }
  Result<std::shared_ptr<S3Store>> open(bool missing_403 = false, bool writable = false) {
    StoreOptions options;
    options.writable = writable;
    options.remote.endpoint = server_.url();
    options.remote.anonymous = true;
    options.remote.path_style = true;
    options.remote.missing_403 = missing_403;
    options.remote.retries = 1;
    return S3Store::open("s3://bucket/p", options);
  }
  ReadOp read(S3Store& store) {
    ByteVector out;
    return read_range(store, "c/0", {0, 10}, out);
  }

  TestServer server_;
};

TEST_F(Absent, R13OnlyACodeOfS3sSaysThatAKeyIsMissing) {
  serve("404 Not Found", error_xml("NoSuchKey"));
  auto store = open();
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  EXPECT_EQ(read(**store).outcome, Outcome::kMissing);
  auto info = (*store)->stat("c/0");
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_FALSE(info->exists);
  for (const char* body : {"", "<html>no such page</html>"}) {
    serve("404 Not Found", body);
    EXPECT_EQ(read(**store).status.code(), Code::kIoError) << body;
    EXPECT_EQ((*store)->stat("c/0").status().code(), Code::kIoError) << body;
  }
}

TEST_F(Absent, R14RefusedIsMissingOnlyByTheCodeForIt) {
  serve("403 Forbidden", error_xml("AccessDenied"));
  auto store = open(/*missing_403=*/true);
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  EXPECT_EQ(read(**store).outcome, Outcome::kMissing);
  auto info = (*store)->stat("c/0");
  ASSERT_TRUE(info.ok()) << info.status().to_string();
  EXPECT_FALSE(info->exists);
  serve("403 Forbidden", "");
  EXPECT_EQ(read(**store).status.code(), Code::kPermission);
  EXPECT_EQ((*store)->stat("c/0").status().code(), Code::kPermission);
}

TEST_F(Absent, R14NothingThatIsRefusedIsMissingForWhoWrites) {
  serve("200 OK", "");
  const auto store = open(/*missing_403=*/true, /*writable=*/true);
  EXPECT_EQ(store.status().code(), Code::kInvalidArgument);
  EXPECT_NE(store.status().message().find("--missing-403-fill"), std::string::npos);
  EXPECT_EQ(server_.requests(), 0);
}

TEST_F(Absent, ABucketThatIsReadButNotListedIsOpenedByAnybody) {
  serve("404 Not Found", error_xml("NoSuchKey"), "403 Forbidden");
  const auto store = open();
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  EXPECT_EQ(read(**store).outcome, Outcome::kMissing);
}

}  // namespace
}  // namespace neurofs::test
