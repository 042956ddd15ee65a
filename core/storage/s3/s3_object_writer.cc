#include "core/storage/s3/s3_object_writer.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

namespace neurofs {
namespace {

// Parts of one size before they double: 10,000 of them hold about a TiB.
constexpr size_t kOfOneSize = 2000;

}  // namespace

S3ObjectWriter::S3ObjectWriter(S3Client& client, std::string_view key,
                               const S3UploadOptions& options)
    : client_(client), key_(key), options_(options), parts_(client, key) {}

S3ObjectWriter::~S3ObjectWriter() {
  if (finished_ || !parts_.begun()) return;
  (void)wait_until_at_most(0);
  parts_.abort();
}

uint64_t S3ObjectWriter::part_bytes() const {
  return std::max<uint64_t>(options_.part_bytes, 1) << std::min<size_t>(count_ / kOfOneSize, 16);
}

Status S3ObjectWriter::append(Bytes bytes) {
  while (!bytes.empty()) {
    buffer_.reserve(part_bytes());
    const size_t taken = std::min<size_t>(bytes.size(), part_bytes() - buffer_.size());
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(taken));
    bytes = bytes.subspan(taken);
    if (buffer_.size() == part_bytes()) NF_TRY(send_part());
  }
  return {};
}

Status S3ObjectWriter::send_part() {
  if (count_ == S3Parts::kMost) {
    return unsupported(client_.location().url() + ": an object of more than 10,000 parts");
  }
  if (!parts_.begun()) NF_TRY(parts_.begin());
  NF_TRY(wait_until_at_most(kSending - 1));
  const auto part = std::make_shared<const ByteVector>(std::exchange(buffer_, {}));
  const size_t index = count_++;
  {
    const std::lock_guard lock(mutex_);
    ++sending_;
  }
  senders_.submit([this, index, part] { send(index, *part); });
  return {};
}

void S3ObjectWriter::send(size_t index, Bytes part) {
  Status status;
  try {
    status = parts_.put(index, part);
  } catch (const std::bad_alloc&) {
    status = no_memory("the system has no memory left to send " + key_);
  }
  const std::lock_guard lock(mutex_);
  if (status_.ok()) status_ = status;
  --sending_;
  sent_.notify_all();
}

Status S3ObjectWriter::wait_until_at_most(size_t sending) {
  std::unique_lock lock(mutex_);
  sent_.wait(lock, [&] { return sending_ <= sending; });
  return status_;
}

Status S3ObjectWriter::finish() {
  if (!parts_.begun()) {
    finished_ = true;
    return client_.call({.method = "PUT", .key = key_, .upload = buffer_}).status();
  }
  if (!buffer_.empty()) NF_TRY(send_part());
  NF_TRY(wait_until_at_most(0));
  NF_TRY(parts_.complete());
  finished_ = true;
  return {};
}

}  // namespace neurofs
