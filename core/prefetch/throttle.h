// Throttle: how often each kind of guess has been right lately, and whether it may be made.
//
// Purpose: on reads that follow no rule every guess is wrong, and each kind must fall silent by its own
// record: a new stride, a new level of a walk, a sequence after its first two blocks; all of them together,
// and each walk alone, by what was fetched for nothing. A gate closes by failures and opens by successes,
// which are counted though nothing was fetched for them; a walk's silence ends by time.
// Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstdint>

namespace neurofs {

class Throttle {
 public:
  void stride_begun() { strides_ -= strides_ / 16; }
  void stride_went_on() { strides_ += (1 - strides_) / 8; }
  bool strides_pay() const { return strides_ >= 0.3F; }

  void level_begun() { levels_ -= levels_ / 16; }
  void level_went_on() { levels_ += (1 - levels_) / 8; }
  bool levels_pay() const { return levels_ >= 0.4F; }

  // A read that nothing foresaw was followed by the block after it, or by another.
  void lone_read(bool followed) { pairs_ += ((followed ? 1.0F : 0.0F) - pairs_) / 16; }
  float pair_rate() const { return pairs_; }

  // What became of `blocks` that a walk had proposed, noted in the record of all walks and in its own. Where most are
  // in vain, a walk must have been foreseen for long before it is believed, and its own must be worth it.
  void judge(bool used, uint64_t blocks) { note(&worth_, used, blocks); }
  static void note(float* worth, bool used, uint64_t blocks) {
    const float share = static_cast<float>(std::min<uint64_t>(blocks, kMostAtOnce)) / 64;
    *worth += ((used ? 1.0F : 0.0F) - *worth) * share;
  }
  bool believes(uint32_t confirmed) const { return worth_ >= kWorth || confirmed >= 8; }
  static constexpr float kWorth = 0.35F;

 private:
  static constexpr uint64_t kMostAtOnce = 16;  // blocks, or one read would decide

  float worth_ = 1;
  float strides_ = 1;
  float levels_ = 1;
  float pairs_ = 0;
};

}  // namespace neurofs
