#include "core/storage/s3/s3_parts.h"

#include <openssl/evp.h>

#include <array>
#include <system_error>
#include <thread>

#include "core/base/log.h"
#include "core/storage/key.h"
#include "core/storage/s3/xml_walk.h"

namespace neurofs {
namespace {

constexpr size_t kTextLimit = 1024;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

Status S3Parts::begin() {
  NF_ASSIGN(const HttpReply reply,
            client_.call({.method = "POST", .key = key_, .query = "uploads="}));
  NF_TRY(walk_xml(reply.body, [&](std::string_view path, std::string_view text) {
           if (path == "/InitiateMultipartUploadResult/UploadId") id_ = text;
           return Status();
         }).with_context("the upload's id"));
  if (!id_.empty() && id_.size() <= kTextLimit) return {};
  return io_error(client_.location().url() + " began an upload without an id");
}

Status S3Parts::put(size_t index, Bytes part) {
  NF_ASSIGN(const HttpReply reply,
            client_.call({.method = "PUT",
                          .key = key_,
                          .query = "partNumber=" + std::to_string(index + 1) + "&" + id_query(),
                          .upload = part}));
  std::string etag(reply.head.header("etag"));
  if (etag.empty() || etag.size() > kTextLimit) {
    return io_error(client_.location().url() + " took a part without naming its ETag");
  }
  const std::lock_guard lock(mutex_);
  etags_.resize(std::max(etags_.size(), index + 1));
  etags_[index] = std::move(etag);
  return {};
}

Status S3Parts::complete() {
  // By now no put() runs.
  const std::string document = complete_document(etags_);
  int attempts = 0;
  const auto reply = client_.call({.method = "POST",
                                   .key = key_,
                                   .query = id_query(),
                                   .upload = std::as_bytes(std::span(document))},
                                  &attempts);
  if (reply.ok() || attempts == 1 || !is_done()) return reply.status();
  return {};
}

// Whether an attempt whose reply was lost has made the object.
bool S3Parts::is_done() {
  const std::string expected = multipart_etag(etags_);
  const auto head = client_.call({.method = "HEAD", .key = key_});
  return head.ok() && !expected.empty() && without_quotes(head->head.header("etag")) == expected;
}

void S3Parts::abort() {
  try {
    std::thread([this] { abort_now(); }).join();
  } catch (const std::system_error&) {
    abort_now();
  }
}

void S3Parts::abort_now() {
  const auto reply = client_.call({.method = "DELETE", .key = key_, .query = id_query()});
  if (reply.ok() || reply.status().code() == Code::kNotFound) return;
  log_warning(
      "a failed upload could not be aborted; its parts stay in the bucket until its life cycle "
      "ends them: " +
      reply.status().message());
}

std::string S3Parts::id_query() const {
  return "uploadId=" + percent_encode(id_, /*keep_slash=*/false);
}

std::string multipart_etag(const std::vector<std::string>& parts) {
  std::string sums;
  for (const std::string& part : parts) {
    const std::string text = without_quotes(part);
    if (text.size() != 32) return {};
    for (size_t i = 0; i < text.size(); i += 2) {
      const int high = hex_digit(text[i]);
      const int low = hex_digit(text[i + 1]);
      if (high < 0 || low < 0) return {};
      sums += static_cast<char>(high * 16 + low);
    }
  }
  std::array<unsigned char, 16> digest{};
  if (EVP_Digest(sums.data(), sums.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    return {};
  }
  std::string etag;
  for (const unsigned char byte : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    etag += kDigits[byte >> 4];
    etag += kDigits[byte & 15];
  }
  return etag + "-" + std::to_string(parts.size());
}

std::string complete_document(const std::vector<std::string>& parts) {
  std::string text = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < parts.size(); ++i) {
    text += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" +
            escape_xml(parts[i]) + "</ETag></Part>";
  }
  return text + "</CompleteMultipartUpload>";
}

}  // namespace neurofs
