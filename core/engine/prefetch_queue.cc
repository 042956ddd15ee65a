#include "core/engine/prefetch_queue.h"

#include <algorithm>
#include <deque>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "core/engine/field_state.h"

namespace neurofs {
namespace {

// Large enough for the device, small enough to share the threads.
constexpr uint64_t kBatchBytes = uint64_t{2} << 20;

}  // namespace

class PrefetchQueue::State : public std::enable_shared_from_this<State> {
 public:
  State(Executor& executor, size_t threads) : executor_(&executor), threads_(threads) {}

  void push(const std::shared_ptr<FieldState>& field, std::span<const Proposal> proposals);
  // The executor is not asked any more.
  void close();

 private:
  struct Entry {
    std::weak_ptr<FieldState> field;
    BlockRun run;
    uint32_t group;
  };
  struct Batch {
    std::shared_ptr<FieldState> field;
    std::vector<uint64_t> blocks;                     // may have repeats
    std::vector<std::shared_ptr<FieldState>> passed;  // looked at; none may end under the lock
  };

  void start_one_locked();
  void run();
  void end_one();
  void take_or_drop_locked(Batch* batch);
  void take_locked(Batch* batch);
  std::shared_ptr<FieldState> field_of(const Entry& entry, Batch* batch) const;

  std::mutex mutex_;
  Executor* executor_;  // guarded by mutex_, null once closed
  const size_t threads_;
  std::deque<Entry> entries_;  // guarded by mutex_
  size_t running_ = 0;         // guarded by mutex_
};

PrefetchQueue::PrefetchQueue(Executor& executor, size_t threads)
    : state_(std::make_shared<State>(executor, threads)) {}

PrefetchQueue::~PrefetchQueue() {
  state_->close();
}

void PrefetchQueue::push(const std::shared_ptr<FieldState>& field,
                         std::span<const Proposal> proposals) {
  state_->push(field, proposals);
}

void PrefetchQueue::State::push(const std::shared_ptr<FieldState>& field,
                                std::span<const Proposal> proposals) {
  const std::lock_guard lock(mutex_);
  for (const Proposal& p : proposals) {
    if (entries_.size() == kMostEntries) break;
    if (p.run.count > 0) entries_.push_back({field, p.run, p.group});
  }
  start_one_locked();
}

void PrefetchQueue::State::close() {
  const std::lock_guard lock(mutex_);
  executor_ = nullptr;
  entries_.clear();
}

void PrefetchQueue::State::start_one_locked() {
  if (executor_ == nullptr || entries_.empty() || running_ == threads_) return;
  try {
    if (executor_->try_submit([self = shared_from_this()] { self->run(); })) ++running_;
  } catch (const std::bad_alloc&) {
    // The next push tries again.
  }
}

// A thread for every batch that waits, the next one started by this one.
void PrefetchQueue::State::run() {
  Batch batch;  // goes last: its fields may be what keeps the engine, and so the queue, alive
  struct Guard {
    State& state;
    ~Guard() { state.end_one(); }
  } const guard{*this};
  try {
    {
      const std::lock_guard lock(mutex_);
      take_or_drop_locked(&batch);
      start_one_locked();
    }
    if (!batch.blocks.empty()) batch.field->prefetch(batch.blocks);
  } catch (const std::bad_alloc&) {
    // What memory does not suffice for is left to its reader.
  }
}

void PrefetchQueue::State::end_one() {
  const std::lock_guard lock(mutex_);
  --running_;
  start_one_locked();
}

// Kept by the batch, whatever fails afterwards.
std::shared_ptr<FieldState> PrefetchQueue::State::field_of(const Entry& entry, Batch* batch) const {
  const std::weak_ptr<FieldState>& field = entry.field;
  if (batch->field && !field.owner_before(batch->field) && !batch->field.owner_before(field))
    return batch->field;
  return batch->passed.emplace_back() = field.lock();
}

// What fails would fail for ever.
void PrefetchQueue::State::take_or_drop_locked(Batch* batch) {
  try {
    take_locked(batch);
  } catch (...) {
    if (!entries_.empty()) entries_.pop_front();
    throw;
  }
}

void PrefetchQueue::State::take_locked(Batch* batch) {
  size_t most = 1;
  while (!entries_.empty() && batch->blocks.size() < most) {
    Entry& entry = entries_.front();
    const std::shared_ptr<FieldState> field = field_of(entry, batch);
    if (field == nullptr || !field->foresight().wants(entry.group)) {
      entries_.pop_front();
      continue;
    }
    if (batch->field == nullptr) {
      batch->field = field;
      const uint64_t bytes = std::min(kBatchBytes, field->cache().budget() / 8);
      most = std::max<uint64_t>(bytes / slot_size_for(field->block_size()), 1);
      batch->blocks.reserve(most);
    } else if (batch->field != field) {
      return;
    }
    const uint64_t count = std::min<uint64_t>(entry.run.count, most - batch->blocks.size());
    for (uint64_t i = 0; i < count; ++i) batch->blocks.push_back(entry.run.first + i);
    entry.run.first += count;
    entry.run.count -= count;
    if (entry.run.count == 0) entries_.pop_front();
  }
}

}  // namespace neurofs
