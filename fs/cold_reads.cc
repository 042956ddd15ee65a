#include "fs/cold_reads.h"

#include <algorithm>
#include <new>

namespace neurofs {

void ColdReads::serve(const Read& read) {
  std::unique_lock lock(mutex_);
  queue_.push_back(read);
  if (leaders_ == most_leaders_) return;
  ++leaders_;
  std::array<Read, kMostBatch> batch;
  while (!queue_.empty()) {
    const size_t n = std::min(queue_.size(), kMostBatch);
    std::copy_n(queue_.begin(), n, batch.begin());
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(n));
    lock.unlock();
    serve_batch(std::span(batch).first(n));
    lock.lock();
  }
  --leaders_;
}

void ColdReads::serve_batch(std::span<const Read> batch) {
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
    fs_.read_together(reads);
  } catch (const std::bad_alloc&) {
    const Result<size_t> failed = no_memory("the system has no memory left; lower --ram");
    for (const Read& r : batch) reply_(r.request, failed, {});
    return;
  }
  for (size_t i = 0; i < batch.size(); ++i) {
    const Result<size_t>& got = reads[i].result;
    reply_(batch[i].request, got, got.ok() ? Bytes(reads[i].out).first(*got) : Bytes());
  }
}

}  // namespace neurofs
