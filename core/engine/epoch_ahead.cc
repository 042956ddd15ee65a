#include "core/engine/epoch_ahead.h"

#include <algorithm>
#include <new>
#include <utility>

namespace neurofs {
namespace {

constexpr unsigned kReadsToBegin = 3;
// Positions within which a read goes on from another, or is ahead of a plan; less in a small field, where reads at
// random are near one another.
constexpr Index kNear = 1024;
constexpr Index kNearPart = 1024;
constexpr uint64_t kAway = 32;      // reads of others after which a pass is over
constexpr size_t kMostReads = 256;  // told at once
constexpr size_t kMostUntold = 16384;
// Positions read that make a task worth its while, once a pass is under way.
constexpr Index kStep = 256;
constexpr unsigned kTasks =
    4;  // at once: while one reads the disk, the other fills and empties memory
constexpr unsigned kFarTasks = 16;

}  // namespace

EpochAhead::EpochAhead(std::shared_ptr<FieldState> field, std::shared_ptr<const EpochSource> source)
    : field_(std::move(field)),
      source_(std::move(source)),
      is_far_(field_->stored().store().is_far()) {}

EpochAhead::~EpochAhead() {
  stop();
}

void EpochAhead::stop() {
  Passes passes;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    passes.swap(passes_);
  }
  for (const auto& pass : passes) pass->run->end();
}

size_t EpochAhead::runs() const {
  const std::lock_guard lock(mutex_);
  return passes_.size();
}

void EpochAhead::read(Index first, Index last) {
  if (first >= last) return;
  Passes over;
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    ++clock_;
    take_over(&over);
    std::shared_ptr<Pass> pass = find_pass(first, last);
    const bool begins = !pass;
    if (begins) pass = find_beginning(first, last, &over);
    if (pass) tell(pass, first, last, begins);
  } catch (const std::bad_alloc&) {
    // The read itself went well: nothing is fetched ahead then.
  }
  for (const auto& pass : over) pass->run->end();  // returns many blocks
}

// A pass that has ended, or that nobody has read from while others were.
void EpochAhead::take_over(Passes* over) {
  const auto at = std::find_if(passes_.begin(), passes_.end(), [this](const auto& pass) {
    return pass->run->ended() || clock_ - pass->used > kAway;
  });
  if (at == passes_.end()) return;
  over->push_back(std::move(*at));
  passes_.erase(at);
}

void EpochAhead::tell(const std::shared_ptr<Pass>& pass, Index first, Index last, bool begins) {
  pass->used = clock_;
  if (!pass->reads.empty() && pass->reads.back().second == first) {
    pass->reads.back().second = last;
  } else {
    // While a store is slow tasks take no reads: what is lost here counts as left out.
    if (pass->reads.size() == kMostUntold) pass->reads.clear();
    pass->reads.emplace_back(first, last);
  }
  pass->pending += last - first;
  if (pass->tasks == 0 && (begins || is_due(*pass))) start_task(pass);
}

// Whether what has been read is worth a task; what ends the order is.
bool EpochAhead::is_due(const Pass& pass) {
  if (pass.reads.empty()) return false;
  const Index ahead = pass.run->horizon() - pass.reads.back().second;
  const Index enough = std::clamp<Index>(ahead / 4, 1, kStep);
  return pass.pending >= enough || pass.reads.size() >= kMostReads;
}

Index EpochAhead::near(Index length) const {
  return std::max(std::clamp<Index>(source_->size() / kNearPart, 1, kNear), 8 * length);
}

std::shared_ptr<EpochAhead::Pass> EpochAhead::find_pass(Index first, Index last) {
  for (const auto& pass : passes_) {
    const Index slack = near(last - first);
    if (last > pass->run->head() && first - pass->run->horizon() <= slack) return pass;
  }
  return nullptr;
}

std::shared_ptr<EpochAhead::Pass> EpochAhead::find_beginning(Index first, Index last,
                                                             Passes* over) {
  const auto oldest = [](const auto& a, const auto& b) { return a.used < b.used; };
  for (Candidate& c : candidates_) {
    if (last <= c.end || first < c.first || first - c.end > near(last - first)) continue;
    c.end = last;
    c.used = clock_;
    if (++c.reads < kReadsToBegin) return nullptr;
    const size_t others = field_->engine_state().ahead_holders().count();
    if (EpochRun::most_held(*field_, others + 1) == 0) return nullptr;
    const Index head = c.first;
    candidates_.erase(candidates_.begin() + (&c - candidates_.data()));
    std::shared_ptr<Pass> pass = begin_pass(head, over);
    pass->reads.emplace_back(head, first);
    return pass;
  }
  if (candidates_.size() == kMostCandidates) {
    candidates_.erase(std::min_element(candidates_.begin(), candidates_.end(), oldest));
  }
  candidates_.push_back({first, last, 1, clock_});
  return nullptr;
}

std::shared_ptr<EpochAhead::Pass> EpochAhead::begin_pass(Index head, Passes* over) {
  auto pass = std::make_shared<Pass>();
  pass->run = EpochRun::begin(field_, source_, head);
  if (passes_.size() == kMostRuns) {
    const auto least =
        std::min_element(passes_.begin(), passes_.end(),
                         [](const auto& a, const auto& b) { return a->used < b->used; });
    over->push_back(std::move(*least));
    passes_.erase(least);
  }
  passes_.push_back(pass);
  return pass;
}

// Under the lock.
void EpochAhead::start_task(const std::shared_ptr<Pass>& pass) {
  EngineState& engine = field_->engine_state();
  Executor& threads = is_far_ ? engine.far_prefetchers() : engine.prefetchers();
  try {
    if (threads.try_submit([self = shared_from_this(), pass] { self->work(pass); })) ++pass->tasks;
  } catch (const std::bad_alloc&) {
    // The next read tries again.
  }
}

void EpochAhead::work(const std::shared_ptr<Pass>& pass) {
  EpochRun::Step step = EpochRun::Step::kIdle;
  do {
    std::vector<EpochRun::Interval> reads;
    {
      const std::lock_guard lock(mutex_);
      reads.swap(pass->reads);
      pass->pending = 0;
    }
    try {
      step = pass->run->step(std::move(reads));
    } catch (const std::bad_alloc&) {
      pass->run->end();
      step = EpochRun::Step::kEnded;
    }
  } while (go_on(pass, step));
}

// After a step: true where this thread does the next one. Others get their turn between two steps.
bool EpochAhead::go_on(const std::shared_ptr<Pass>& pass, EpochRun::Step step) {
  const std::lock_guard lock(mutex_);
  if (step == EpochRun::Step::kFetched && !stopped_) {
    const unsigned before = pass->tasks;
    const unsigned most = is_far_ ? kFarTasks : kTasks;
    while (pass->tasks <= most) {
      const unsigned tasks = pass->tasks;
      start_task(pass);
      if (pass->tasks == tasks) break;  // the queue is full
    }
    if (pass->tasks == before && pass->tasks <= most) return true;
  }
  // Or what was read during the last step would wait for the next read, and at the end of an order for ever.
  if (step == EpochRun::Step::kIdle && pass->tasks == 1 && !stopped_ && is_due(*pass)) return true;
  --pass->tasks;
  if (step != EpochRun::Step::kEnded) return false;
  const auto at = std::find(passes_.begin(), passes_.end(), pass);
  if (at != passes_.end()) passes_.erase(at);
  return false;
}

}  // namespace neurofs
