#include "core/storage/s3/s3_upload.h"

#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/checked.h"

namespace neurofs {
namespace {

class MultipartUpload {
 public:
  MultipartUpload(S3Client& client, std::string_view key, Bytes bytes,
                  const S3UploadOptions& options)
      : parts_(client, key),
        bytes_(bytes),
        part_bytes_(part_size(bytes.size(), options.part_bytes)),
        count_(ceil_div<uint64_t>(bytes.size(), part_bytes_)),
        threads_(
            std::max(1u, std::min<unsigned>(options.parallel, static_cast<unsigned>(count_)))) {}

  Status run() {
    NF_TRY(parts_.begin());
    Status status = put_parts();
    if (status.ok()) status = parts_.complete();
    if (!status.ok()) parts_.abort();
    return status;
  }

 private:
  Status put_part(size_t index) {
    const uint64_t offset = index * part_bytes_;
    return parts_.put(index, bytes_.subspan(offset, std::min(part_bytes_, bytes_.size() - offset)));
  }

  void work(const ReadScope* outer) {
    const auto never = ReadScope::Clock::time_point::max();
    const ReadScope scope(outer == nullptr ? nullptr : outer->cancellation(),
                          outer == nullptr ? never : outer->deadline());
    for (size_t part = next_++; part < count_ && !stop_; part = next_++) {
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

  S3Parts parts_;
  const Bytes bytes_;
  const uint64_t part_bytes_;
  const size_t count_;
  const unsigned threads_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  Status status_;  // guarded by mutex_: the first failure
};

}  // namespace

uint64_t part_size(uint64_t object_bytes, uint64_t least) {
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  const uint64_t needed = ceil_div(object_bytes, S3Parts::kMost);
  return needed <= least ? std::max<uint64_t>(least, 1) : ceil_div(needed, kMiB) * kMiB;
}

Status put_s3(S3Client& client, std::string_view key, Bytes bytes, const S3UploadOptions& options) {
  if (bytes.size() > options.whole_limit) return MultipartUpload(client, key, bytes, options).run();
  return client.call({.method = "PUT", .key = key, .upload = bytes}).status();
}

}  // namespace neurofs
