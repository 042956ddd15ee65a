#include "fs/cold_reads.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace neurofs {

ColdReads::ColdReads(const FileSystem& fs, const Limits& limits, Reply reply,
                     Interrupted interrupted)
    : fs_(fs),
      limits_(limits),
      reply_(std::move(reply)),
      was_interrupted_(std::move(interrupted)),
      minder_([this] { mind(); }) {}

ColdReads::~ColdReads() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_all();
  minder_.join();
}

bool ColdReads::may_lead_locked(Clock::time_point now) const {
  if (leaders_ >= std::max(limits_.most_waiting, 1u)) return false;
  // Leaders that have not come for long wait for something slow: this read must not wait for that.
  return leaders_ < limits_.leaders || queue_.back()->read.alone ||
         now - taken_at_ >= limits_.patience;
}

void ColdReads::serve(const Read& read) {
  std::unique_lock lock(mutex_);
  const auto now = Clock::now();
  open_.push_back({read, now + limits_.deadline, nullptr});
  const auto opened = std::prev(open_.end());
  try {
    by_request_.insert_or_assign(read.request, opened);
    queue_.push_back(opened);
  } catch (...) {
    by_request_.erase(read.request);
    open_.erase(opened);
    throw;
  }
  // From here on interrupt() finds it.
  if (was_interrupted_ && was_interrupted_(read.request)) {
    lock.unlock();
    return interrupt(read.request);
  }
  if (!may_lead_locked(now)) return;
  ++leaders_;
  while (!queue_.empty()) {
    taken_at_ = Clock::now();
    const auto batch = std::make_shared<Batch>();
    Clock::time_point deadline;
    const Taken taken = take_locked(batch, &deadline);
    lock.unlock();
    {
      const ReadScope scope(&batch->cancellation, deadline);
      serve_batch(taken);
    }
    lock.lock();
  }
  --leaders_;
}

ColdReads::Taken ColdReads::take_locked(const std::shared_ptr<Batch>& batch,
                                        Clock::time_point* deadline) {
  Taken taken;
  taken.reserve(kMostBatch);
  do {
    Open& open = *queue_.front();
    if (open.read.alone && !taken.empty()) break;
    queue_.pop_front();
    open.batch = batch;
    ++batch->waiting;
    *deadline = open.deadline;
    taken.push_back(open.read);
  } while (!queue_.empty() && taken.size() < kMostBatch && !taken.front().alone);
  return taken;
}

// Every read of the batch is replied to, whatever happens.
void ColdReads::serve_batch(std::span<const Read> batch) noexcept {
  try {
    if (batch.front().alone) {
      serve_alone(batch.front());
    } else {
      serve_together(batch);
    }
  } catch (const std::exception&) {
    // No memory: nothing here may need any.
  }
  for (const Read& read : batch) {
    if (claim(read.request)) reply_(read.request, out_of_memory_, Bytes());
  }
}

void ColdReads::serve_together(std::span<const Read> batch) {
  std::vector<FileSystem::FileRead> reads(batch.size());
  size_t total = 0;
  for (const Read& r : batch) total += r.size;
  ByteVector bytes(total);
  std::byte* at = bytes.data();
  for (size_t i = 0; i < batch.size(); ++i) {
    reads[i].id = batch[i].id;
    reads[i].offset = batch[i].offset;
    reads[i].caller = batch[i].caller;
    reads[i].out = {at, batch[i].size};
    at += batch[i].size;
  }
  fs_.read_together(reads, [&](size_t i) {
    if (!claim(batch[i].request)) return;
    const Result<size_t>& got = reads[i].result;
    reply_(batch[i].request, got.status(), got.ok() ? Bytes(reads[i].out).first(*got) : Bytes());
  });
}

void ColdReads::serve_alone(const Read& read) {
  PinnedRead data;
  const Status status = fs_.read_pinned(read.id, read.offset, read.size, read.caller, &data);
  if (claim(read.request)) reply_(read.request, status, &data);
}

std::shared_ptr<ColdReads::Batch> ColdReads::remove_locked(OpenList::iterator open) {
  std::shared_ptr<Batch> batch = std::move(open->batch);
  if (batch == nullptr) {
    queue_.erase(std::find(queue_.begin(), queue_.end(), open));
  } else {
    --batch->waiting;
  }
  by_request_.erase(open->read.request);
  open_.erase(open);
  return batch;
}

bool ColdReads::claim(void* request) {
  const std::lock_guard lock(mutex_);
  const auto it = by_request_.find(request);
  if (it == by_request_.end()) return false;
  (void)remove_locked(it->second);
  return true;
}

void ColdReads::give_up(void* request, const Status& status) {
  std::shared_ptr<Batch> unwanted;
  {
    const std::lock_guard lock(mutex_);
    const auto it = by_request_.find(request);
    if (it == by_request_.end()) return;
    unwanted = remove_locked(it->second);
    if (unwanted != nullptr && unwanted->waiting > 0) unwanted.reset();
  }
  reply_(request, status, Bytes());
  if (unwanted != nullptr) unwanted->cancellation.cancel();
}

void ColdReads::interrupt(void* request) {
  give_up(request, interrupted_);
}

// All reads have the same time, so the oldest ends first, and one that comes while nobody waits cannot
// end sooner than a whole deadline from then.
void ColdReads::mind() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto now = Clock::now();
    if (!open_.empty() && open_.front().deadline <= now) {
      void* const request = open_.front().read.request;
      lock.unlock();
      give_up(request, timed_out_);
      lock.lock();
      continue;
    }
    stop_.wait_until(lock, open_.empty() ? now + limits_.deadline : open_.front().deadline);
  }
}

}  // namespace neurofs
