#include "fs/page_pusher.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace neurofs {
namespace {

constexpr size_t kMostQueued = 16;
constexpr int64_t kGiveUp = 3;  // files that the kernel does not know: it knows none of them
// For what a batch lacks in RAM: a walk that waits longer for its store gains nothing by saved requests.
constexpr std::chrono::milliseconds kPatience{20};

}  // namespace

PagePusher::PagePusher(const FileSystem& fs, Calls calls)
    : fs_(fs),
      calls_(std::move(calls)),
      pushed_(fs.metrics().counter("fs_pushed_files_total",
                                   "Files that the kernel was given before it asked for them")),
      refused_(fs.metrics().counter("fs_refused_pushes_total",
                                    "Files that the kernel was offered and did not know")),
      worker_(1, 1) {}

void PagePusher::asked_for(NodeId id, uint64_t caller) noexcept {
  const auto file = fs_.neuron_file(id);
  if (!file || file->size > kMostFileBytes) return;
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const auto batch = walk_of(file->first_id).plan.observe(file->number, file->count);
  if (!batch || queue_.size() == kMostQueued) return;
  try {
    queue_.push_back({*file, *batch, caller});
    if (!working_) working_ = worker_.try_submit([this] { work(); });
  } catch (const std::exception&) {
    // Without memory nothing is pushed: it was a favour.
  }
}

PagePusher::Walk* PagePusher::find_walk(uint64_t first_file) {
  const auto known = std::ranges::find(walks_, first_file, &Walk::first_file);
  return known != walks_.end() ? &*known : nullptr;
}

PagePusher::Walk& PagePusher::walk_of(uint64_t first_file) {
  Walk* const known = find_walk(first_file);
  Walk& walk = known != nullptr ? *known : *std::ranges::min_element(walks_, {}, &Walk::used);
  if (known == nullptr) walk = {first_file, 0, {}};
  walk.used = ++now_;
  return walk;
}

void PagePusher::work() {
  Work work;
  while (next(&work)) {
    try {
      push(work);
    } catch (const std::exception&) {
      // As above.
    }
  }
}

bool PagePusher::next(Work* work) {
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || stopped_) {
    working_ = false;
    idle_.notify_all();
    return false;
  }
  *work = queue_.front();
  queue_.pop_front();
  return true;
}

void PagePusher::push(const Work& work) {
  const ReadScope scope(&ending_, ReadScope::Clock::now() + kPatience);
  ByteVector buffer(work.file.size);
  int64_t stored = 0;
  int64_t unknown = 0;
  for (int64_t i = 0; i < work.batch.count && unknown < kGiveUp && !stopped_; ++i) {
    const uint64_t number = work.batch.first + static_cast<uint64_t>(i * work.batch.step);
    const Push push = push_file(number, work, &buffer);
    if (push == Push::kLate) return;
    if (push == Push::kDone) ++stored;
    if (push == Push::kUnknown) ++unknown;
  }
  const std::lock_guard lock(mutex_);
  Walk* const walk = find_walk(work.file.first_id);
  if (walk != nullptr && unknown == kGiveUp) walk->plan.refused(work.batch.count - stored);
}

bool PagePusher::is_ahead(const Work& work, uint64_t number) {
  const std::lock_guard lock(mutex_);
  const Walk* const walk = find_walk(work.file.first_id);
  return walk != nullptr && walk->plan.is_ahead(number);
}

PagePusher::Push PagePusher::push_file(uint64_t number, const Work& work, ByteVector* buffer) {
  const NodeId id(work.file.first_id + number);
  const uint64_t changes = calls_.changes();
  // Told to the predictor as the program's own, which hears of no others while pushing works.
  const auto got = fs_.read_ahead(id, *buffer, work.caller);
  if (!got.ok() || *got != buffer->size()) return Push::kLeft;
  if (!is_ahead(work, number)) return Push::kLate;
  if (calls_.under_way(id) || calls_.changes() != changes) return Push::kLeft;
  const bool known = calls_.store(id, *buffer);
  (known ? pushed_ : refused_).add();
  // Old bytes may have been put where the kernel had just dropped them.
  if (calls_.changes() != changes) calls_.changed(work.file.field);
  return known ? Push::kDone : Push::kUnknown;
}

void PagePusher::stop() {
  ending_.cancel();
  const std::lock_guard lock(mutex_);
  stopped_ = true;
}

bool PagePusher::wait(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, limit, [this] { return !working_; });
}

}  // namespace neurofs
