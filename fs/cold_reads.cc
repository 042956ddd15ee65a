#include "fs/cold_reads.h"

#include <algorithm>
#include <exception>

namespace neurofs {

void ColdReads::serve(const Read& read) {
  std::unique_lock lock(mutex_);
  queue_.push_back(read);
  const auto now = Clock::now();
  // Leaders that have not come for long wait for something slow: this read must not wait for that.
  if (leaders_ >= most_leaders_ && now - taken_at_ < patience_) return;
  ++leaders_;
  std::array<Read, kMostBatch> batch;
  while (!queue_.empty()) {
    taken_at_ = Clock::now();
    const size_t n = std::min(queue_.size(), kMostBatch);
    std::copy_n(queue_.begin(), n, batch.begin());
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(n));
    lock.unlock();
    serve_batch(std::span(batch).first(n));
    lock.lock();
  }
  --leaders_;
}

// Every read of the batch is replied to, whatever happens.
void ColdReads::serve_batch(std::span<const Read> batch) noexcept {
  std::array<bool, kMostBatch> replied = {};
  std::vector<FileSystem::FileRead> reads;
  ByteVector bytes;
  try {
    size_t total = 0;
    for (const Read& r : batch) total += r.size;
    bytes.resize(total);
    reads.resize(batch.size());
    std::byte* at = bytes.data();
    for (size_t i = 0; i < batch.size(); ++i) {
      reads[i].id = batch[i].id;
      reads[i].offset = batch[i].offset;
      reads[i].caller = batch[i].caller;
      reads[i].out = {at, batch[i].size};
      at += batch[i].size;
    }
    fs_.read_together(reads, [&](size_t i) {
      replied[i] = true;
      const Result<size_t>& got = reads[i].result;
      reply_(batch[i].request, got, got.ok() ? Bytes(reads[i].out).first(*got) : Bytes());
    });
  } catch (const std::exception&) {
    // No memory: nothing here may need any.
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    if (!replied[i]) reply_(batch[i].request, out_of_memory_, {});
  }
}

}  // namespace neurofs
