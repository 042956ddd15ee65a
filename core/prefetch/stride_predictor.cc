// The stride rule: two equal deltas between a stream's reads foretell the next reads.
//
//   on a read of `run` in stream s:
//     delta = run.first - s.last.first
//     if delta repeats (a run that continues where the last ended always counts as repeating):
//       s.confirmed += 1; propose the following runs, twice as many as before, up to the limit,
//       starting after what was proposed already
//     else: s.confirmed = 0, the window starts small again
//   when more was evicted unread than was read as foreseen: silent for the next kPenaltyReads reads
//
// Reads that the kernel's read-ahead issues in parallel overtake each other; a read that starts
// within what a sequential stream was proposed is taken as progress, not as a break.

#include <algorithm>
#include <unordered_map>

#include "core/prefetch/predictor.h"

namespace neurofs {
namespace {

constexpr size_t kMaxStreams = 256;
constexpr uint64_t kPenaltyReads = 1024;
constexpr uint64_t kJudgeAfter = 64;  // blocks read as foreseen or wasted before the rule is judged

struct Stream {
  BlockRun last;
  int64_t delta = 0;
  uint32_t confirmed = 0;
  uint64_t window = 0;    // runs ahead
  uint64_t frontier = 0;  // sequential: proposals end here
  uint64_t issued = 0;    // strided: runs proposed and not yet reached
  uint64_t used_at = 0;   // for forgetting the stalest stream
  uint32_t group = 0;     // of what is proposed while the rule holds
};

class StridePredictor final : public Predictor {
 public:
  explicit StridePredictor(const PredictorLimits& limits) : limits_(limits) {}

  void observe(const Access& access, std::vector<Proposal>* out) override {
    ++now_;
    const BlockRun run = clipped(access.run);
    if (limits_.max_ahead_blocks == 0 || run.count == 0) return;
    Stream& s = stream(access.stream, run);
    s.used_at = now_;
    if (now_ < silent_until_) return;
    if (access.outcome != AccessOutcome::kMiss && foreseen(s, run)) judge(run.count, 0);
    if (sequential(s, run)) {
      advance_sequential(s, run, out);
    } else {
      advance_strided(s, run, out);
    }
    s.last = run;
  }

  void wasted(uint64_t /*block*/) override { judge(0, 1); }

  bool wants(uint32_t group) const override {
    return std::any_of(streams_.begin(), streams_.end(),
                       [group](const auto& s) { return s.second.group == group; });
  }

  std::string save() const override { return {}; }
  bool restore(std::string_view saved) override { return saved.empty(); }
  size_t memory_bytes() const override {
    return sizeof(*this) + streams_.size() * (sizeof(Stream) + 4 * sizeof(void*));
  }

 private:
  BlockRun clipped(BlockRun run) const {
    const uint64_t first = std::min(run.first, limits_.block_count);
    return {first, std::min(run.count, limits_.block_count - first)};
  }

  // Whether the run was proposed, as far as the stream remembers.
  static bool foreseen(const Stream& s, BlockRun run) {
    if (s.frontier != 0) return run.first < s.frontier && run.first >= s.last.first;
    return s.issued != 0 && static_cast<int64_t>(run.first - s.last.first) == s.delta;
  }

  void judge(uint64_t used, uint64_t wasted) {
    used_ += used;
    wasted_ += wasted;
    if (used_ + wasted_ < kJudgeAfter) return;
    if (wasted_ > used_) silent_until_ = now_ + kPenaltyReads;
    used_ = wasted_ = 0;
  }

  Stream& stream(uint64_t id, BlockRun run) {
    const auto it = streams_.find(id);
    if (it != streams_.end()) return it->second;
    if (streams_.size() >= kMaxStreams) {
      streams_.erase(std::min_element(streams_.begin(), streams_.end(), [](auto& a, auto& b) {
        return a.second.used_at < b.second.used_at;
      }));
    }
    Stream fresh;
    fresh.last = {run.first, 0};  // the first read has no delta
    fresh.group = ++groups_;
    return streams_.emplace(id, fresh).first->second;
  }

  // Continues at (or within a block of) the end of the last run, or lies in the window proposed.
  static bool sequential(const Stream& s, BlockRun run) {
    const uint64_t end = s.last.first + s.last.count;
    if (s.last.count != 0 && run.first <= end && run.first + 1 >= end && run.first > s.last.first)
      return true;
    return s.frontier != 0 && run.first <= s.frontier && run.first + 4 * run.count >= s.last.first;
  }

  void advance_sequential(Stream& s, BlockRun run, std::vector<Proposal>* out) {
    const uint64_t end = std::max(run.first + run.count, s.last.first + s.last.count);
    if (++s.confirmed < 2) return;
    s.window = std::min(std::max(s.window * 2, run.count * 2), limits_.max_ahead_blocks);
    const uint64_t from = std::max(s.frontier, end);
    const uint64_t to = std::min(end + s.window, limits_.block_count);
    // Half a window at least, so that fetches stay large.
    if (to > from && (to - from) * 2 >= std::min(s.window, limits_.block_count - end)) {
      out->push_back({{from, to - from}, s.group});
      s.frontier = to;
    }
  }

  void advance_strided(Stream& s, BlockRun run, std::vector<Proposal>* out) {
    s.frontier = 0;
    const int64_t delta = static_cast<int64_t>(run.first - s.last.first);
    if (delta == 0) return;  // the same block again says nothing
    const bool repeats = s.last.count != 0 && delta == s.delta;
    s.delta = delta;
    if (!repeats) {
      s.confirmed = 0;
      s.window = s.issued = 0;
      s.group = ++groups_;
      return;
    }
    ++s.confirmed;
    if (s.issued > 0) --s.issued;
    const uint64_t most = std::max<uint64_t>(limits_.max_ahead_blocks / run.count, 1);
    s.window = std::min(std::max<uint64_t>(s.window * 2, 1), std::min<uint64_t>(most, 64));
    for (; s.issued < s.window; ++s.issued) {
      const int64_t steps = static_cast<int64_t>(s.issued) + 1;
      int64_t jump = 0;
      int64_t first = 0;
      if (__builtin_mul_overflow(delta, steps, &jump) ||
          __builtin_add_overflow(static_cast<int64_t>(run.first), jump, &first) || first < 0 ||
          static_cast<uint64_t>(first) >= limits_.block_count) {
        return;
      }
      const auto at = static_cast<uint64_t>(first);
      const uint64_t left = limits_.block_count - at;
      out->push_back({{at, std::min({run.count, limits_.max_ahead_blocks, left})}, s.group});
    }
  }

  const PredictorLimits limits_;
  std::unordered_map<uint64_t, Stream> streams_;
  uint64_t now_ = 0;
  uint64_t silent_until_ = 0;
  uint64_t used_ = 0;
  uint64_t wasted_ = 0;
  uint32_t groups_ = 0;
};

class NoPredictor final : public Predictor {
 public:
  void observe(const Access&, std::vector<Proposal>*) override {}
  void wasted(uint64_t) override {}
  bool wants(uint32_t) const override { return false; }
  std::string save() const override { return {}; }
  bool restore(std::string_view saved) override { return saved.empty(); }
  size_t memory_bytes() const override { return sizeof(*this); }
};

const Registration<PredictorRegistry> kStride(
    "stride", "two equal steps foretell the next reads; silent while it does not pay",
    [](const PredictorLimits& limits) -> std::unique_ptr<Predictor> {
      return std::make_unique<StridePredictor>(limits);
    });
const Registration<PredictorRegistry> kNone(
    "none", "nothing is fetched ahead", [](const PredictorLimits&) -> std::unique_ptr<Predictor> {
      return std::make_unique<NoPredictor>();
    });

}  // namespace
}  // namespace neurofs
