#include "core/cache/expert_contest.h"

#include <algorithm>
#include <cmath>

namespace neurofs {
namespace {

constexpr uint32_t kMostSampled = 2048;
// Far below half the most: what a cache holds varies by what a group takes, and each halving empties miniatures.
constexpr uint32_t kFewestSampled = kMostSampled / 4;
constexpr uint32_t kLeastSampled = 4;
constexpr uint64_t kLooks = 8;         // while as many reads pass as there are entries
constexpr uint32_t kLeastReads = 500;  // counted so for small caches
constexpr double kShortFade = 0.974;
constexpr double kLongFade = 0.993;
constexpr double kBetter = 0.99;
constexpr double kFarBetter = 0.9;
constexpr double kFewest = 4;  // misses that the better one must have less
constexpr double kDeviations = 3;

}  // namespace

ExpertContest::ExpertContest(std::span<const OrderFactory> experts, uint32_t capacity)
    : experts_(experts.size()), short_{kShortFade, {}}, long_{kLongFade, {}} {
  for (size_t i = 0; i < experts_; ++i) {
    minis_[i] = std::make_unique<SimulatedCache>(experts[i], std::min(capacity, kMostSampled));
  }
}

bool ExpertContest::sampled(uint64_t hash) const {
  hash *= 0xd6e8feb86659fd93ULL;
  return (hash ^ hash >> 32) <= UINT64_MAX >> sample_shift_;
}

bool ExpertContest::observe(uint64_t hash, uint32_t held) {
  if (sampled(hash)) sample(hash);
  // Until something leaves nobody knows how much fits.
  while (held >> sample_shift_ > kMostSampled) halve_sample();
  if (limit_ == 0 || ++reads_ * kLooks < std::max(limit_, kLeastReads)) return false;
  reads_ = 0;
  return true;
}

void ExpertContest::sample(uint64_t hash) {
  std::array<bool, kMostExperts> hit{};
  size_t hits = 0;
  for (size_t i = 0; i < experts_; ++i) {
    hit[i] = minis_[i]->access(hash);
    hits += hit[i] ? 1 : 0;
  }
  if (hits == experts_ || limit_ == 0) return;  // before anything has left, all miss the same
  for (size_t i = 0; i < experts_; ++i) {
    if (!hit[i]) {
      ++short_.misses[i];
      ++long_.misses[i];
      continue;
    }
    for (size_t j = 0; j < experts_; ++j) {
      if (!hit[j]) ++wins_[i][j];
    }
  }
}

void ExpertContest::halve_sample() {
  ++sample_shift_;
  for (size_t i = 0; i < experts_; ++i) {
    minis_[i]->remove_if([this](uint64_t hash) { return !sampled(hash); });
  }
}

void ExpertContest::set_limit(uint32_t entries) {
  if (entries == limit_) return;
  limit_ = std::max(entries, 1u);
  while (sample_shift_ > 0 && limit_ >> sample_shift_ < kFewestSampled) --sample_shift_;
  for (size_t i = 0; i < experts_; ++i) {
    minis_[i]->set_limit(std::max(limit_ >> sample_shift_, kLeastSampled));
  }
}

bool ExpertContest::clearly_better(size_t expert, size_t present) const {
  const double mine = short_.misses[expert];
  const double other = short_.misses[present];
  if (mine >= other * kBetter - kFewest) return false;
  const double ahead = wins_[expert][present] - wins_[present][expert];
  const double differ = wins_[expert][present] + wins_[present][expert];
  if (ahead <= kDeviations * std::sqrt(differ)) return false;
  return mine < other * kFarBetter || long_.misses[expert] < long_.misses[present];
}

size_t ExpertContest::better(size_t present) {
  const auto* first = short_.misses.begin();
  const auto best = static_cast<size_t>(
      std::min_element(first, first + static_cast<std::ptrdiff_t>(experts_)) - first);
  const bool change = clearly_better(best, present);
  for (Span* span : {&short_, &long_}) {
    for (double& misses : span->misses) misses *= span->fade;
  }
  for (Scores& row : wins_) {
    for (double& wins : row) wins *= kShortFade;
  }
  return change ? best : present;
}

}  // namespace neurofs
