// S3ObjectWriter: an object that goes to the bucket while it is made.
//
// Purpose: what is appended is sent in parts as soon as it fills one, some at once, while the next is made; an
// object smaller than a part goes whole. Readers see the old object or the new one.
// Thread-safety: as ObjectWriter; owns the threads that send. Ownership: borrows the client. Memory: kSending + 1
// parts, of 16 MiB in an object of up to 32 GiB (10,000 parts have to do, so that later ones are larger).
// Errors: append() and finish() give the first part's that failed. The end of a writer that has not finished waits
// for the parts under way, and has the upload aborted.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "core/base/executor.h"
#include "core/storage/s3/s3_upload.h"

namespace neurofs {

class S3ObjectWriter : public ObjectWriter {
 public:
  S3ObjectWriter(S3Client& client, std::string_view key, const S3UploadOptions& options);
  ~S3ObjectWriter() override;

  Status append(Bytes bytes) override;
  Status finish() override;

 private:
  static constexpr size_t kSending = 2;

  uint64_t part_bytes() const;
  Status send_part();
  void send(size_t index, Bytes part);
  Status wait_until_at_most(size_t sending);

  S3Client& client_;
  const std::string key_;
  const S3UploadOptions options_;
  S3Parts parts_;
  size_t count_ = 0;  // of parts that were sent
  ByteVector buffer_;
  bool finished_ = false;
  std::mutex mutex_;
  std::condition_variable sent_;
  size_t sending_ = 0;                    // guarded by mutex_
  Status status_;                         // guarded by mutex_: the first failure
  Executor senders_{kSending, kSending};  // last: its end waits for them
};

}  // namespace neurofs
