// put_s3 of a large object:
//   id = POST ?uploads
//   PUT ?partNumber=i&uploadId=id, several at once
//   POST ?uploadId=id with the parts' ETags: now it is there
//   on failure: DELETE ?uploadId=id
#include "core/storage/s3/s3_upload.h"

#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/checked.h"
#include "core/base/log.h"
#include "core/storage/key.h"
#include "core/storage/s3/xml_walk.h"

namespace neurofs {
namespace {

constexpr uint64_t kMostParts = 10'000;
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

class MultipartUpload {
 public:
  MultipartUpload(S3Client& client, std::string_view key, Bytes bytes,
                  const S3UploadOptions& options)
      : client_(client),
        key_(key),
        bytes_(bytes),
        part_bytes_(part_size(bytes.size(), options.part_bytes)),
        etags_(ceil_div<uint64_t>(bytes.size(), part_bytes_)),
        threads_(std::max(
            1u, std::min<unsigned>(options.parallel, static_cast<unsigned>(etags_.size())))) {}

  Status run() {
    NF_TRY(begin());
    Status status = put_parts();
    if (status.ok()) status = complete();
    if (!status.ok()) abort();
    return status;
  }

 private:
  Status begin() {
    NF_ASSIGN(const HttpReply reply,
              client_.call({.method = "POST", .key = key_, .query = "uploads="}));
    NF_TRY(walk_xml(reply.body, [&](std::string_view path, std::string_view text) {
             if (path == "/InitiateMultipartUploadResult/UploadId") id_ = text;
             return Status();
           }).with_context("the upload's id"));
    if (!id_.empty() && id_.size() <= kTextLimit) return {};
    return io_error(client_.location().url() + " began an upload without an id");
  }

  Status put_part(size_t index) {
    const uint64_t offset = index * part_bytes_;
    const Bytes part = bytes_.subspan(offset, std::min(part_bytes_, bytes_.size() - offset));
    NF_ASSIGN(const HttpReply reply,
              client_.call({.method = "PUT",
                            .key = key_,
                            .query = "partNumber=" + std::to_string(index + 1) + "&" + id_query(),
                            .upload = part}));
    etags_[index] = reply.head.header("etag");
    if (!etags_[index].empty() && etags_[index].size() <= kTextLimit) return {};
    return io_error(client_.location().url() + " took a part without naming its ETag");
  }

  void work(const ReadScope* outer) {
    const auto never = ReadScope::Clock::time_point::max();
    const ReadScope scope(outer == nullptr ? nullptr : outer->cancellation(),
                          outer == nullptr ? never : outer->deadline());
    for (size_t part = next_++; part < etags_.size() && !stop_; part = next_++) {
      const Status status = put_part(part);
      if (status.ok()) continue;
      stop_ = true;
      const std::lock_guard lock(mutex_);
      if (status_.ok()) status_ = status;
    }
  }

  Status put_parts() {
    const ReadScope* outer = ReadScope::current();
    std::vector<std::thread> others;
    others.reserve(threads_);
    try {
      for (unsigned i = 1; i < threads_; ++i) others.emplace_back([&] { work(outer); });
    } catch (const std::system_error&) {
      // A limit on threads: those that there are do the work.
    }
    work(outer);
    for (std::thread& thread : others) thread.join();
    const std::lock_guard lock(mutex_);
    return status_;
  }

  Status complete() {
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
  bool is_done() {
    const std::string expected = multipart_etag(etags_);
    const auto head = client_.call({.method = "HEAD", .key = key_});
    return head.ok() && !expected.empty() && without_quotes(head->head.header("etag")) == expected;
  }

  // On a thread of its own: after a cancellation too, and outside of its scope.
  void abort() {
    try {
      std::thread([this] { abort_now(); }).join();
    } catch (const std::system_error&) {
      abort_now();
    }
  }
  void abort_now() {
    const auto reply = client_.call({.method = "DELETE", .key = key_, .query = id_query()});
    if (reply.ok() || reply.status().code() == Code::kNotFound) return;
    log_warning(
        "a failed upload could not be aborted; its parts stay in the bucket until its life cycle "
        "ends them: " +
        reply.status().message());
  }

  std::string id_query() const { return "uploadId=" + percent_encode(id_, /*keep_slash=*/false); }

  S3Client& client_;
  const std::string_view key_;
  const Bytes bytes_;
  const uint64_t part_bytes_;
  std::vector<std::string> etags_;  // as the server wrote them, with quotes
  const unsigned threads_;
  std::string id_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  Status status_;  // guarded by mutex_: the first failure
};

}  // namespace

uint64_t part_size(uint64_t object_bytes, uint64_t least) {
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  const uint64_t needed = ceil_div(object_bytes, kMostParts);
  return needed <= least ? std::max<uint64_t>(least, 1) : ceil_div(needed, kMiB) * kMiB;
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

Status put_s3(S3Client& client, std::string_view key, Bytes bytes, const S3UploadOptions& options) {
  if (bytes.size() > options.whole_limit) return MultipartUpload(client, key, bytes, options).run();
  return client.call({.method = "PUT", .key = key, .upload = bytes}).status();
}

}  // namespace neurofs
