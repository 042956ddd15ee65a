// EpochSchedule: which blocks an epoch fetches next and which it lets go, when its order is known.
//
//   positions:  ... read ... | head ....... planned ....... | horizon ...... not looked at yet ...
//
//   plan:     count the uses that each block has between head and horizon; a block with a use that is not here
//             is wanted. A unit of positions is planned as a whole, so that what it wants is fetched in the
//             order of the blocks, in long runs, though its positions are in any order
//   read:     a use less. A block without any is let go, unless it is needed again beyond the horizon:
//             then it is retained while there is room
//   fetch:    wanted blocks in ascending order, while they fit; to make room, the retained block whose next
//             use is farthest goes first (Belady: L. A. Belady, "A study of replacement algorithms for a
//             virtual-storage computer", IBM Systems Journal 5 (1966))
//
// Reads may come in any order near the head, and leave positions out: what stays unread `tolerance` positions behind
// the foremost read counts as read. With a unit of one position and no lead, the number of fetches is Belady's.
// Thread-safety: none; pure, without lock, clock and I/O. Ownership: borrows the source. Units: positions of
// the order, blocks of the field. Errors: none; what was fetched for nothing costs time alone. Memory: some 60
// bytes for each block that is held or wanted, and as much again for each that is retained.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/geometry/shape.h"

namespace neurofs {

// What an epoch reads at each position, and when it needs a block again. Thread-safe.
class EpochSource {
 public:
  static constexpr Index kNever = INT64_MAX;

  virtual ~EpochSource() = default;
  // Makes what next_use() needs, which may take seconds: for a thread that holds no lock. Otherwise the first
  // next_use() makes it.
  virtual void prepare() const {}
  virtual Index size() const = 0;  // positions
  // Appends the blocks that positions [first, last) need, each as often as positions need it.
  virtual void add_blocks(Index first, Index last, std::vector<uint64_t>* blocks) const = 0;
  // The first position from `from` on that needs the block, as far as it can be told.
  virtual Index next_use(uint64_t block, Index from) const = 0;
  // Where the run of positions ends that is best fetched as a whole (a shuffle buffer), which `position` is in;
  // kNever where none is better than another.
  virtual Index group_end(Index position) const = 0;
  // Whether a block may be needed again after it has been read: else each holds one position.
  virtual bool shares_blocks() const = 0;
};

class EpochSchedule {
 public:
  struct Limits {
    uint64_t held = 1;     // blocks here and on their way at once
    uint64_t lead = 1;     // blocks with a planned use at which no more is planned
    uint64_t unit = 1;     // wanted blocks that make a unit
    Index tolerance = 64;  // positions
  };

  // What is before `head` counts as read.
  EpochSchedule(const EpochSource& source, const Limits& limits, Index head);

  Limits& limits() { return limits_; }
  // Units end where the source's groups do, whatever they want, if they fit.
  void use_groups(bool use) { use_groups_ = use; }

  // Positions [first, last) have been read. Appends to `gone` what is not to be held any longer.
  void read(Index first, Index last, std::vector<uint64_t>* gone);
  // Positions that are planned under one hold of the owner's lock.
  static constexpr Index kMostAtOnce = Index{1} << 14;
  // Appends what to fetch now, ascending and at most `most`, and what must go before that. Nothing: there is no
  // room, or no need; or, where the result is true, kMostAtOnce positions did not tell, and it is to be called again.
  bool next_fetch(size_t most, std::vector<uint64_t>* wanted, std::vector<uint64_t>* gone);
  // How the fetch of a block that next_fetch() gave ended: it is here, it is not to be had, or there was no memory to
  // try. True: it is to be held.
  enum class Fetch : uint8_t { kHere, kLost, kPutOff };
  bool fetched(uint64_t block, Fetch how);

  Index head() const { return head_; }             // every position before it has been read
  Index horizon() const { return horizon_; }       // every position before it is planned
  uint64_t consumed() const { return consumed_; }  // positions that were read
  uint64_t held() const { return blocks_.size() - wanted_; }

 private:
  enum class State : uint8_t { kWanted, kFetching, kHeld };
  struct Block {
    uint32_t uses = 0;  // planned and not read
    State state = State::kWanted;
    Index next = EpochSource::kNever;  // kHeld without uses: its place among the retained
  };

  // Calls f(first, last) for what of [first, last) is not in read_.
  template <typename F>
  void for_each_unread(Index first, Index last, const F& f) const;
  void consume(Index first, Index last, std::vector<uint64_t>* gone);
  // True: it is to be let go.
  bool retire(uint64_t block, Block* of);
  // False: the unit is not complete.
  bool plan_unit(std::vector<uint64_t>* gone);
  void plan_slice(Index first, Index last);
  // Whose next use was read out of turn has another one.
  void renew_retained(std::vector<uint64_t>* gone);
  bool has_room_for(uint64_t blocks) const;
  bool make_room(std::vector<uint64_t>* gone);  // for one block

  const EpochSource& source_;
  Limits limits_;
  bool use_groups_ = false;
  Index head_;
  Index horizon_;
  Index foremost_;
  uint64_t consumed_ = 0;
  std::map<Index, Index> read_;  // [first, last) beyond head_
  std::unordered_map<uint64_t, Block> blocks_;
  std::set<std::pair<Index, uint64_t>> retained_;  // by next use
  uint64_t wanted_ = 0;                            // of blocks_, those in state kWanted
  uint64_t used_ = 0;                              // of blocks_, those with uses
  std::vector<uint64_t> unit_;  // wanted by the last unit, ascending once complete
  size_t unit_at_ = 0;          // of them, those before it were fetched
  Index unit_begin_ = 0;
  bool unit_is_open_ = false;  // it is not complete
  std::vector<uint64_t> scratch_;
};

}  // namespace neurofs
