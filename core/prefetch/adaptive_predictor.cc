// The default: walks that are followed (see follower.h), and for what no walk explains, the order
// that it had the last time (see association.h).
//
//   on a read of x by a reader:
//     the reader's last read again, or a part of it: nothing
//     credit the guess that x was proposed for
//     a walk foresaw x, or can explain it: follow it
//     else: x may begin a walk, and the table learns what x came after

#include <algorithm>
#include <optional>

#include "core/prefetch/association.h"
#include "core/prefetch/follower.h"
#include "core/prefetch/predictor.h"
#include "core/prefetch/reader_table.h"

namespace neurofs {
namespace {

constexpr uint32_t kAssociated = UINT32_MAX;  // the group of what the table proposes

// Of a field that is read.
class Adaptive {
 public:
  explicit Adaptive(const PredictorLimits& limits)
      : follower_(limits), association_(follower_.grid().block_count(), follower_.share()) {}

  void observe(const Access& access, std::vector<Proposal>* out) {
    BlockRead read;
    if (!clip(access, &read)) return;
    read.now = ++now_;
    Reader& reader = readers_.find(access.stream, now_);
    if (!leave_out_known(&read, reader)) return;
    if (follower_.outstanding().take(read.first) == kAssociated)
      association_.used(read.outcome == AccessOutcome::kLate);
    if (follower_.follow(read, reader, out)) {
      reader.trail = {};
      return;
    }
    follower_.begin(read, reader, out);
    associate(read, reader, out);
  }

  void wasted(uint64_t block) {
    if (block >= static_cast<uint64_t>(follower_.grid().block_count())) return;
    const auto at = static_cast<int64_t>(block);
    const uint32_t group = follower_.outstanding().take(at);
    if (group == kAssociated) return association_.wasted();
    follower_.wasted(at, group, now_);
  }

  bool wants(uint32_t group) const {
    return group == kAssociated ? association_.trusted() : follower_.wants(group);
  }

  Association& association() { return association_; }
  size_t memory_bytes() const {
    return sizeof(*this) + Follower::table_bytes() + ReaderTable::table_bytes() +
           association_.memory_bytes();
  }

 private:
  bool clip(const Access& access, BlockRead* read) const {
    const auto blocks = static_cast<uint64_t>(follower_.grid().block_count());
    if (access.run.count == 0 || access.run.first >= blocks) return false;
    read->first = static_cast<int64_t>(access.run.first);
    read->count = std::min(access.run.count, blocks - access.run.first);
    read->outcome = access.outcome;
    return true;
  }

  // Leaves of the read what the reader's last one did not bring already; false: nothing.
  static bool leave_out_known(BlockRead* read, Reader& reader) {
    const int64_t end = read->first + static_cast<int64_t>(read->count);
    const bool overlaps = read->first >= reader.first && read->first < reader.end;
    if (overlaps && end <= reader.end) return false;
    if (overlaps) read->first = reader.end;
    read->count = static_cast<uint64_t>(end - read->first);
    reader.first = read->first;
    reader.end = end;
    return true;
  }

  void associate(const BlockRead& read, Reader& reader, std::vector<Proposal>* out) {
    next_.clear();
    association_.observe(reader.stream, &reader.trail, read.first, &next_);
    for (const int64_t block : next_) {
      follower_.outstanding().add(block, kAssociated);
      out->push_back({{static_cast<uint64_t>(block), 1}, kAssociated});
    }
  }

  Follower follower_;
  Association association_;
  ReaderTable readers_;
  std::vector<int64_t> next_;  // scratch
  uint64_t now_ = 0;
};

// Most fields of a large group are not read at all, or at one place: for these nothing is made yet.
class AdaptivePredictor final : public Predictor {
 public:
  explicit AdaptivePredictor(const PredictorLimits& limits) : limits_(limits) {}

  void observe(const Access& access, std::vector<Proposal>* out) override {
    if (limits_.max_ahead_blocks == 0 || access.run.count == 0) return;
    if (made_ == nullptr) {
      if (!first_) first_ = access;
      if (first_->run == access.run) return;
      make().observe(*first_, out);
    }
    made_->observe(access, out);
  }

  void wasted(uint64_t block) override {
    if (made_ != nullptr) made_->wasted(block);
  }
  bool wants(uint32_t group) const override { return made_ != nullptr && made_->wants(group); }

  std::string save() const override {
    return made_ == nullptr ? std::string() : made_->association().save();
  }
  bool restore(std::string_view saved) override {
    return saved.empty() || make().association().restore(saved);
  }
  size_t memory_bytes() const override {
    return sizeof(*this) + (made_ == nullptr ? 0 : made_->memory_bytes());
  }

 private:
  Adaptive& make() {
    if (made_ == nullptr) made_ = std::make_unique<Adaptive>(limits_);
    return *made_;
  }

  const PredictorLimits limits_;
  std::optional<Access> first_;  // the only read so far
  std::unique_ptr<Adaptive> made_;
};

const Registration<PredictorRegistry> kAdaptive(
    "adaptive", "sequences, strides, walks of sub-boxes and orders that come again; silent else",
    [](const PredictorLimits& limits) -> std::unique_ptr<Predictor> {
      return std::make_unique<AdaptivePredictor>(limits);
    });

}  // namespace
}  // namespace neurofs
