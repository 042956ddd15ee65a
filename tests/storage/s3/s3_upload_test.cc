// Uploads whole and in parts, and what is left when they fail.

#include "core/storage/s3/s3_upload.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/cancellation.h"
#include "core/storage/s3/s3_object_writer.h"
#include "tests/storage/s3/scripted_loop.h"

namespace neurofs::test {
namespace {

ByteVector some_bytes(size_t size) {
  ByteVector bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + (i >> 8));
  return bytes;
}

std::string md5_etag(size_t part) {
  std::string text = std::to_string(part);
  return "\"" + std::string(32 - text.size(), 'a') + text + "\"";
}

class Upload : public testing::Test {
 protected:
  Upload() {
    RemoteOptions options;
    options.endpoint = "http://localhost";
    options.retries = 2;
    location_ = *S3Location::make("s3://bucket", options, environment_of({}), {});
    AwsCredentials::Options with;
    with.anonymous = true;
    credentials_ = std::make_unique<AwsCredentials>(with);
    service_ = std::make_unique<S3Service>(*location_, *credentials_, false);
    loop_ = std::make_unique<ScriptedLoop>(
        [this](const HttpRequest& request) { return answer(request); });
    client_ = std::make_unique<S3Client>(*loop_, *service_, options);
  }

  // A server that takes parts, unless a test says otherwise for a request.
  Result<HttpReply> answer(const HttpRequest& request) {
    if (special) {
      if (auto reply = special(request)) return *reply;
    }
    const std::string& url = request.url;
    if (request.method == "POST" && url.ends_with("?uploads=")) {
      return reply_of(200,
                      "<InitiateMultipartUploadResult><UploadId>id+1</UploadId>"
                      "</InitiateMultipartUploadResult>");
    }
    if (request.method == "PUT" && url.find("partNumber=") != std::string::npos) {
      const size_t number = std::stoul(url.substr(url.find("partNumber=") + 11));
      parts_.resize(std::max(parts_.size(), number));
      parts_[number - 1].assign(request.upload.begin(), request.upload.end());
      return reply_of(200, "", {{"etag", md5_etag(number)}});
    }
    if (request.method == "POST") {
      completed_.assign(reinterpret_cast<const char*>(request.upload.data()),
                        request.upload.size());
      return reply_of(200, "<CompleteMultipartUploadResult/>");
    }
    if (request.method == "PUT") whole_.assign(request.upload.begin(), request.upload.end());
    return reply_of(request.method == "DELETE" ? 204 : 200);
  }

  Status put(const ByteVector& bytes) {
    S3UploadOptions options;
    options.whole_limit = 1000;
    options.part_bytes = 300;
    options.parallel = 3;
    return put_s3(*client_, "k", bytes, options);
  }
  // In pieces that are no parts.
  Status put_in_pieces(Bytes bytes, bool finish = true) {
    S3UploadOptions options;
    options.part_bytes = 300;
    S3ObjectWriter writer(*client_, "k", options);
    for (size_t size = 1; !bytes.empty(); ++size) {
      const Bytes piece = bytes.first(std::min(size * 10, bytes.size()));
      NF_TRY(writer.append(piece));
      bytes = bytes.subspan(piece.size());
    }
    return finish ? writer.finish() : Status();
  }
  ByteVector joined() const {
    ByteVector all;
    for (const ByteVector& part : parts_) all.insert(all.end(), part.begin(), part.end());
    return all;
  }
  size_t count(std::string_view method, std::string_view end) const {
    return static_cast<size_t>(
        std::ranges::count_if(loop_->requests, [&](const HttpRequest& request) {
          return request.method == method && request.url.find(end) != std::string::npos;
        }));
  }

  std::function<std::optional<Result<HttpReply>>(const HttpRequest&)> special;
  std::unique_ptr<S3Location> location_;
  std::unique_ptr<AwsCredentials> credentials_;
  std::unique_ptr<S3Service> service_;
  std::unique_ptr<ScriptedLoop> loop_;
  std::unique_ptr<S3Client> client_;
  std::vector<ByteVector> parts_;
  ByteVector whole_;
  std::string completed_;
};

TEST_F(Upload, SmallObjectsGoWhole) {
  const ByteVector bytes = some_bytes(1000);
  ASSERT_TRUE(put(bytes).ok());
  EXPECT_EQ(whole_, bytes);
  EXPECT_EQ(loop_->requests.size(), 1U);
}

TEST_F(Upload, LargeObjectsGoInParts) {
  const ByteVector bytes = some_bytes(1001);
  ASSERT_TRUE(put(bytes).ok());
  ASSERT_EQ(parts_.size(), 4U);
  ByteVector joined;
  for (const ByteVector& part : parts_) joined.insert(joined.end(), part.begin(), part.end());
  EXPECT_EQ(joined, bytes);
  EXPECT_EQ(parts_[3].size(), 101U);
  EXPECT_EQ(completed_, complete_document({md5_etag(1), md5_etag(2), md5_etag(3), md5_etag(4)}));
  EXPECT_EQ(count("PUT", "?partNumber=2&uploadId=id%2B1"), 1U);
  EXPECT_EQ(count("DELETE", ""), 0U);
}

TEST_F(Upload, PartsAreTriedAgain) {
  int failures = 2;
  special = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=2") == std::string::npos || failures-- <= 0) return {};
    return reply_of(500);
  };
  EXPECT_TRUE(put(some_bytes(1200)).ok());
  EXPECT_EQ(count("PUT", "partNumber=2&"), 3U);
  EXPECT_EQ(count("PUT", "partNumber=1&"), 1U);
}

TEST_F(Upload, AFailedUploadIsAborted) {
  special = [](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=3") == std::string::npos) return {};
    return reply_of(403, error_xml("QuotaExceeded"));
  };
  const Status status = put(some_bytes(1200));
  EXPECT_EQ(status.code(), Code::kPermission) << status.to_string();
  EXPECT_NE(status.message().find("QuotaExceeded"), std::string::npos);
  EXPECT_EQ(count("DELETE", "?uploadId=id%2B1"), 1U);
  EXPECT_TRUE(completed_.empty());
}

TEST_F(Upload, ACancelledUploadIsAbortedToo) {
  Cancellation cancellation;
  special = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=") == std::string::npos) return {};
    cancellation.cancel();
    return Status(Code::kInterrupted, "cancelled");
  };
  const ReadScope scope(&cancellation, ReadScope::Clock::now() + std::chrono::hours(1));
  EXPECT_EQ(put(some_bytes(1200)).code(), Code::kInterrupted);
  EXPECT_EQ(count("DELETE", "?uploadId=id%2B1"), 1U);
}

TEST_F(Upload, AnErrorMayComeWithStatus200) {
  int failures = 1;
  special = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.method != "POST" || request.url.ends_with("uploads=") || failures-- <= 0) return {};
    return reply_of(200, error_xml("InternalError"));
  };
  EXPECT_TRUE(put(some_bytes(1200)).ok());
  EXPECT_EQ(count("POST", "?uploadId="), 2U);
  special = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.method != "POST" || request.url.ends_with("uploads=")) return {};
    return reply_of(200, error_xml("EntityTooSmall"));
  };
  EXPECT_FALSE(put(some_bytes(1200)).ok());
  EXPECT_EQ(count("DELETE", "?uploadId="), 1U);
}

TEST_F(Upload, ALostReplyIsDecidedByTheObject) {
  std::string etag =
      "\"" + multipart_etag({md5_etag(1), md5_etag(2), md5_etag(3), md5_etag(4)}) + "\"";
  int completions = 0;
  special = [&](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.method == "HEAD") return reply_of(200, "", {{"etag", etag}});
    if (request.method != "POST" || request.url.ends_with("uploads=")) return {};
    if (completions++ == 0) return io_error("connection lost");
    return reply_of(404, error_xml("NoSuchUpload"));
  };
  EXPECT_TRUE(put(some_bytes(1200)).ok());
  completions = 0;
  etag = "\"another-4\"";
  EXPECT_FALSE(put(some_bytes(1200)).ok());
}

TEST_F(Upload, PiecesBecomeParts) {
  for (const size_t size : {300UL, 301UL, 600UL, 5000UL}) {
    parts_.clear();
    const ByteVector bytes = some_bytes(size);
    ASSERT_TRUE(put_in_pieces(bytes).ok());
    EXPECT_EQ(joined(), bytes);
    EXPECT_EQ(parts_.size(), (size + 299) / 300);
    std::vector<std::string> etags;
    for (size_t part = 1; part <= parts_.size(); ++part) etags.push_back(md5_etag(part));
    EXPECT_EQ(completed_, complete_document(etags));
  }
  EXPECT_EQ(count("DELETE", ""), 0U);
}

TEST_F(Upload, FewPiecesGoWhole) {
  for (const size_t size : {0UL, 299UL}) {
    whole_ = ByteVector(1);
    const ByteVector bytes = some_bytes(size);
    ASSERT_TRUE(put_in_pieces(bytes).ok());
    EXPECT_EQ(whole_, bytes);
  }
  EXPECT_EQ(loop_->requests.size(), 2U);
}

TEST_F(Upload, PiecesThatAreNotFinishedAreNothing) {
  EXPECT_TRUE(put_in_pieces(some_bytes(200), /*finish=*/false).ok());
  EXPECT_EQ(loop_->requests.size(), 0U);
  EXPECT_TRUE(put_in_pieces(some_bytes(1200), /*finish=*/false).ok());
  EXPECT_EQ(count("DELETE", "?uploadId=id%2B1"), 1U);
  EXPECT_TRUE(completed_.empty());
}

TEST_F(Upload, APieceThatIsRefusedEndsTheUpload) {
  special = [](const HttpRequest& request) -> std::optional<Result<HttpReply>> {
    if (request.url.find("partNumber=3") == std::string::npos) return {};
    return reply_of(403, error_xml("QuotaExceeded"));
  };
  EXPECT_EQ(put_in_pieces(some_bytes(100'000)).code(), Code::kPermission);
  EXPECT_EQ(count("DELETE", "?uploadId=id%2B1"), 1U);
  EXPECT_TRUE(completed_.empty());
  EXPECT_LT(count("PUT", "partNumber="), 10U) << "the rest is not sent";
}

TEST(UploadPure, PartSizes) {
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  EXPECT_EQ(part_size(100 * kMiB, 16 * kMiB), 16 * kMiB);
  EXPECT_EQ(part_size(uint64_t{10'000} * 16 * kMiB, 16 * kMiB), 16 * kMiB);
  EXPECT_EQ(part_size(uint64_t{10'000} * 16 * kMiB + 1, 16 * kMiB), 17 * kMiB);
}

TEST(UploadPure, EtagOfParts) {
  // md5 of the two raw sums, by md5sum(1).
  EXPECT_EQ(
      multipart_etag({"\"d41d8cd98f00b204e9800998ecf8427e\"", "900150983cd24fb0d6963f7d28e17f72"}),
      "66027c6d92d43d01c4f2aa8759629be3-2");
  EXPECT_EQ(multipart_etag({"\"not-md5\""}), "");
  EXPECT_EQ(complete_document({"\"a&b\""}),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"a&amp;b\"</ETag>"
            "</Part></CompleteMultipartUpload>");
}

}  // namespace
}  // namespace neurofs::test
