// S3Parts: one object that is uploaded in parts.
//
//   begin:     id = POST ?uploads
//   put:       PUT ?partNumber=i&uploadId=id, several at once
//   complete:  POST ?uploadId=id with the parts' ETags: now it is there; when the reply was lost, the object's
//              ETag decides whether it was done
//   abort:     DELETE ?uploadId=id, so that the parts are not kept (and paid for)
//
// Thread-safety: put() from many threads, the rest from one, when no put() runs. Ownership: borrows the client.
// Errors: of the client. Source: Amazon S3 API Reference, "Multipart upload".
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "core/storage/s3/s3_client.h"

namespace neurofs {

class S3Parts {
 public:
  static constexpr uint64_t kMost = 10'000;

  S3Parts(S3Client& client, std::string_view key) : client_(client), key_(key) {}

  Status begin();
  bool begun() const { return !id_.empty(); }
  Status put(size_t index, Bytes part);  // from 0, without gaps in the end
  Status complete();
  // Also after a cancellation, and outside of the thread's scope.
  void abort();

 private:
  bool is_done();
  void abort_now();
  std::string id_query() const;

  S3Client& client_;
  const std::string key_;
  std::string id_;
  std::mutex mutex_;
  std::vector<std::string> etags_;  // guarded by mutex_; as the server wrote them, with quotes
};

// Pure parts.

// The ETag of an object made of parts with these ETags, without quotes; "" where they are no MD5 sums.
std::string multipart_etag(const std::vector<std::string>& parts);
std::string complete_document(const std::vector<std::string>& parts);

}  // namespace neurofs
