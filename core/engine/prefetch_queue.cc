#include "core/engine/prefetch_queue.h"

#include <algorithm>
#include <new>
#include <utility>

#include "core/engine/field_state.h"

namespace neurofs {
namespace {

// Large enough for the device, small enough to share the threads.
constexpr uint64_t kBatchBytes = uint64_t{2} << 20;

}  // namespace

void PrefetchQueue::push(const std::shared_ptr<FieldState>& field,
                         std::span<const Proposal> proposals) {
  const std::lock_guard lock(mutex_);
  for (const Proposal& p : proposals) {
    if (entries_.size() == kMostEntries) break;
    if (p.run.count > 0) entries_.push_back({field, p.run, p.group});
  }
  start_one_locked();
}

void PrefetchQueue::start_one_locked() {
  if (entries_.empty() || running_ == threads_) return;
  if (executor_.try_submit([this] { run(); })) ++running_;
}

// A thread for every batch that waits, the next one started by this one.
void PrefetchQueue::run() {
  Batch batch;  // goes last: its fields may be what keeps the engine, and so this queue, alive
  try {
    {
      const std::lock_guard lock(mutex_);
      take_locked(&batch);
      start_one_locked();
    }
    if (!batch.blocks.empty()) batch.field->prefetch(batch.blocks);
  } catch (const std::bad_alloc&) {
    // What memory does not suffice for is left to its reader.
  }
  const std::lock_guard lock(mutex_);
  --running_;
  start_one_locked();
}

void PrefetchQueue::take_locked(Batch* batch) {
  size_t most = 1;
  while (!entries_.empty() && batch->blocks.size() < most) {
    Entry& entry = entries_.front();
    std::shared_ptr<FieldState> field = entry.field.lock();
    if (field == nullptr || !field->foresight().wants(entry.group)) {
      batch->passed.push_back(std::move(field));
      entries_.pop_front();
      continue;
    }
    if (batch->field == nullptr) {
      batch->field = field;
      const uint64_t bytes = std::min(kBatchBytes, field->cache().budget() / 8);
      most = std::max<uint64_t>(bytes / slot_size_for(field->block_size()), 1);
    } else if (batch->field != field) {
      batch->passed.push_back(std::move(field));
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
