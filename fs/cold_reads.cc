#include "fs/cold_reads.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace neurofs {
namespace {

// How often who was interrupted is looked at: a killed reader is gone within 100 ms.
constexpr std::chrono::milliseconds kLook{30};
// Within that the kernel asks again for what it read ahead.
constexpr std::chrono::milliseconds kAgain{100};

}  // namespace

ColdReads::ColdReads(const FileSystem& fs, const Limits& limits, Reply reply,
                     Interrupted interrupted, WantsEnd wants_end)
    : fs_(fs),
      limits_(limits),
      reply_(std::move(reply)),
      was_interrupted_(std::move(interrupted)),
      wants_end_(std::move(wants_end)),
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
  if (has_just_timed_out_locked(read, now)) {
    lock.unlock();
    return reply_(read.request, timed_out_, Bytes());
  }
  open_.push_back({read, next_number_++, ended_ ? now : now + limits_.deadline, nullptr, false});
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
    interrupt(read.request);
    lock.lock();
  }
  if (queue_.empty() || !may_lead_locked(now)) return;
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
    taken.push_back({open.read, open.number});
  } while (!queue_.empty() && taken.size() < kMostBatch && !taken.front().read.alone);
  return taken;
}

// Every read of the batch is replied to, whatever happens.
void ColdReads::serve_batch(std::span<const Served> batch) noexcept {
  try {
    if (batch.front().read.alone) {
      serve_alone(batch.front());
    } else {
      serve_together(batch);
    }
  } catch (const std::exception&) {
    // No memory: nothing here may need any.
  }
  for (const Served& served : batch) {
    if (claim(served, out_of_memory_)) reply_(served.read.request, out_of_memory_, Bytes());
  }
}

void ColdReads::serve_together(std::span<const Served> batch) {
  std::vector<FileSystem::FileRead> reads(batch.size());
  size_t total = 0;
  for (const Served& served : batch) total += served.read.size;
  ByteVector bytes(total);
  std::byte* at = bytes.data();
  for (size_t i = 0; i < batch.size(); ++i) {
    const Read& read = batch[i].read;
    reads[i].id = read.id;
    reads[i].offset = read.offset;
    reads[i].caller = read.caller;
    reads[i].out = {at, read.size};
    at += read.size;
  }
  fs_.read_together(reads, [&](size_t i) {
    const Result<size_t>& got = reads[i].result;
    if (!claim(batch[i], got.status())) return;
    reply_(batch[i].read.request, got.status(),
           got.ok() ? Bytes(reads[i].out).first(*got) : Bytes());
  });
}

void ColdReads::serve_alone(const Served& served) {
  const Read& read = served.read;
  PinnedRead data;
  const Status status = fs_.read_pinned(read.id, read.offset, read.size, read.caller, &data);
  if (claim(served, status)) reply_(read.request, status, &data);
}

std::shared_ptr<ColdReads::Batch> ColdReads::remove_locked(OpenList::iterator open) {
  std::shared_ptr<Batch> batch = std::move(open->batch);
  if (batch == nullptr) {
    queue_.erase(std::find(queue_.begin(), queue_.end(), open));
  } else {
    --batch->waiting;
  }
  if (open->interrupted) --suspects_;
  by_request_.erase(open->read.request);
  open_.erase(open);
  return batch;
}

bool ColdReads::claim(const Served& served, const Status& outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome.code() == Code::kTimeout) note_timeout_locked(served.read);
  const auto it = by_request_.find(served.read.request);
  if (it == by_request_.end() || it->second->number != served.number) return false;
  (void)remove_locked(it->second);
  return true;
}

// Unlocks, replies, and locks again.
void ColdReads::give_up_locked(std::unique_lock<std::mutex>& lock, OpenList::iterator open,
                               const Status& status) {
  void* const request = open->read.request;
  std::shared_ptr<Batch> unwanted = remove_locked(open);
  if (unwanted != nullptr && unwanted->waiting > 0) unwanted.reset();
  lock.unlock();
  reply_(request, status, Bytes());
  if (unwanted != nullptr) unwanted->cancellation.cancel();
  lock.lock();
}

void ColdReads::interrupt(void* request) {
  std::unique_lock lock(mutex_);
  const auto it = by_request_.find(request);
  if (it == by_request_.end()) return;
  if (!wants_end_ || wants_end_(it->second->read.caller)) {
    return give_up_locked(lock, it->second, interrupted_);
  }
  if (it->second->interrupted) return;
  it->second->interrupted = true;
  ++suspects_;
  stop_.notify_all();
}

void ColdReads::note_timeout_locked(const Read& read) {
  last_timeout_ = Clock::now();
  timed_out_lately_[next_timed_out_++ % timed_out_lately_.size()] = {
      read.id, read.offset, read.offset + read.size, last_timeout_};
}

bool ColdReads::has_just_timed_out_locked(const Read& read, Clock::time_point now) const {
  if (now - last_timeout_ >= kAgain) return false;  // as nearly always
  return std::ranges::any_of(timed_out_lately_, [&](const TimedOut& was) {
    return was.id == read.id && was.begin <= read.offset && read.offset < was.end &&
           read.size < was.end - was.begin && now - was.at < kAgain;
  });
}

std::optional<ReadScope::Clock::duration> ColdReads::under_way(NodeId file) {
  const std::lock_guard lock(mutex_);
  const auto oldest = std::ranges::find(open_, file, [](const Open& open) { return open.read.id; });
  if (oldest == open_.end()) return std::nullopt;
  return Clock::now() - (oldest->deadline - limits_.deadline);
}

void ColdReads::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  for (Open& open : open_) open.deadline = Clock::now();
  stop_.notify_all();
}

// All reads have the same time, so the oldest ends first.
bool ColdReads::end_one_locked(std::unique_lock<std::mutex>& lock, Clock::time_point now) {
  if (!open_.empty() && open_.front().deadline <= now) {
    if (!ended_) note_timeout_locked(open_.front().read);
    give_up_locked(lock, open_.begin(), ended_ ? interrupted_ : timed_out_);
    return true;
  }
  if (suspects_ == 0) return false;
  const auto ends = std::find_if(open_.begin(), open_.end(), [this](const Open& open) {
    return open.interrupted && wants_end_(open.read.caller);
  });
  if (ends == open_.end()) return false;
  give_up_locked(lock, ends, interrupted_);
  return true;
}

// One that comes while nobody waits cannot end sooner than a whole deadline from then.
void ColdReads::mind() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto now = Clock::now();
    if (end_one_locked(lock, now)) continue;
    auto until = open_.empty() ? now + limits_.deadline : open_.front().deadline;
    if (suspects_ > 0) until = std::min(until, now + kLook);
    stop_.wait_until(lock, until);
  }
}

}  // namespace neurofs
