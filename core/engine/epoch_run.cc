#include "core/engine/epoch_run.h"

#include <algorithm>

namespace neurofs {
namespace {

// One batch: for local files deep enough for the queue, and enough neighbours for large reads.
constexpr uint64_t kBatch = uint64_t{8} << 20;
constexpr uint64_t kFarBatch = uint64_t{2} << 20;
// Of a group, which a reader gets into only when nearly all of it is here: what is on its way he waits for, what is
// not he would fetch by single blocks.
constexpr uint64_t kGroupBatch = uint64_t{32} << 20;
// What all runs keep together, in sixteenths of RAM.
constexpr uint64_t kShare = 8;
constexpr uint64_t kPromised = 10;  // sixteenths that all promises together may reach by a batch
constexpr uint64_t kLeastHeld = 4;
// Enough to hide what a batch takes; more, where positions share blocks, is better spent on what is needed again.
constexpr uint64_t kLead = uint64_t{64} << 20;
constexpr uint64_t kFirstLead = 16;  // blocks
constexpr uint64_t kRamp = 4;        // times as far ahead as it has come
constexpr Index kGroupRamp = 64;     // a group is fetched whole after so small a part of it
constexpr Index kTolerance = 4096;   // positions
// What a kept block takes beside its slot: its place in the schedule, among what is retained, and its pin.
constexpr uint64_t kOverhead = 192;

}  // namespace

uint64_t EpochRun::most_held(const FieldState& field, size_t sharers) {
  const uint64_t share =
      field.cache().max_group_bytes() / 16 * kShare / std::max<uint64_t>(sharers, 1);
  const uint64_t held = share / (slot_size_for(field.block_size()) + kOverhead);
  return held < kLeastHeld ? 0 : held;
}

std::shared_ptr<EpochRun> EpochRun::begin(std::shared_ptr<FieldState> field,
                                          std::shared_ptr<const EpochSource> source, Index head) {
  std::shared_ptr<EpochRun> run(new EpochRun(std::move(field), std::move(source), head));
  run->field_->engine_state().ahead_holders().add(run);
  return run;
}

EpochRun::EpochRun(std::shared_ptr<FieldState> field, std::shared_ptr<const EpochSource> source,
                   Index head)
    : field_(std::move(field)),
      source_(std::move(source)),
      generation_(field_->generation()),
      slot_(slot_size_for(field_->block_size())),
      ending_(&field_->engine_state().ending(), [this] { cancel_.cancel(); }),
      head_(head),
      horizon_(head),
      last_read_(Clock::now().time_since_epoch().count()),
      schedule_(std::make_unique<EpochSchedule>(*source_, EpochSchedule::Limits{}, head)) {
  schedule_->limits().tolerance = kTolerance;
}

EpochRun::~EpochRun() {
  end();
}

size_t EpochRun::batch_blocks() {
  const bool is_far = field_->stored().store().is_far();
  const uint64_t bytes = groups_ ? kGroupBatch : is_far ? kFarBatch : kBatch;
  const uint64_t part = groups_ ? 8 : 4;
  return std::max<uint64_t>(std::min(bytes / slot_, schedule_->limits().held / part), 1);
}

void EpochRun::adjust(size_t sharers) {
  EpochSchedule::Limits& limits = schedule_->limits();
  limits.held = std::min(most_held(*field_, sharers), room_);
  const uint64_t come = schedule_->consumed() * kRamp;
  const Index head = schedule_->head();
  const Index group = head < source_->size() ? source_->group_end(head) : EpochSource::kNever;
  groups_ = group != EpochSource::kNever &&
            (group - head) / kGroupRamp <= static_cast<Index>(schedule_->consumed());
  schedule_->use_groups(groups_);
  const uint64_t lead =
      std::min(kLead / slot_, source_->shares_blocks() ? limits.held / 4 : limits.held);
  limits.lead = std::clamp(come, std::min(kFirstLead, lead), groups_ ? limits.held : lead);
  limits.lead = std::max<uint64_t>(limits.lead, 1);
  limits.unit = std::max<uint64_t>(limits.lead / 4, 1);
}

// Lets others have the lock every now and then: readers who take memory back wait for it.
EpochRun::Step EpochRun::step(std::vector<Interval> reads) {
  if (!reads.empty()) last_read_ = Clock::now().time_since_epoch().count();
  source_->prepare();
  std::span<Interval> untold(reads);
  std::vector<uint64_t> wanted;
  Planned planned = Planned::kPart;
  while (planned == Planned::kPart) {
    std::vector<uint64_t> gone;
    std::vector<BlockPin> pins;
    planned = plan(&untold, &wanted, &gone, &pins);
    pins.clear();
    field_->cache().demote(generation_.id, gone);
  }
  if (planned == Planned::kOver) {
    end();
    return Step::kEnded;
  }
  return wanted.empty() ? Step::kIdle : fetch(wanted);
}

EpochRun::Planned EpochRun::plan(std::span<Interval>* reads, std::vector<uint64_t>* wanted,
                                 std::vector<uint64_t>* gone, std::vector<BlockPin>* pins) {
  const size_t sharers = field_->engine_state().ahead_holders().count();
  const std::lock_guard lock(mutex_);
  if (ended() || cancel_.cancelled() || &generation_ != &field_->generation()) {
    return Planned::kOver;
  }
  bool has_more = true;
  if (!reads->empty()) {
    take_reads(reads, gone);
  } else {
    adjust(sharers);
    has_more = schedule_->next_fetch(batch_blocks(), wanted, gone);
  }
  head_ = schedule_->head();
  horizon_ = schedule_->horizon();
  take_out(*gone, pins);
  if (head_ >= source_->size()) return Planned::kOver;
  return has_more ? Planned::kPart : Planned::kAll;
}

void EpochRun::take_reads(std::span<Interval>* reads, std::vector<uint64_t>* gone) {
  Index left = EpochSchedule::kMostAtOnce;
  while (!reads->empty() && left > 0) {
    auto& [first, last] = reads->front();
    const Index count = std::min(last - first, left);
    schedule_->read(first, first + count, gone);
    first += count;
    left -= std::max<Index>(count, 1);
    if (first >= last) *reads = reads->subspan(1);
  }
}

void EpochRun::take_out(const std::vector<uint64_t>& gone, std::vector<BlockPin>* pins) {
  for (const uint64_t block : gone) {
    const auto it = pins_.find(block);
    if (it == pins_.end()) continue;
    pins->push_back(std::move(it->second));
    pins_.erase(it);
  }
  // The promise goes a moment before the pins do, which only makes a slot come a moment late.
  memory_.give_back(pins->size() * slot_);
}

EpochRun::Step EpochRun::fetch(const std::vector<uint64_t>& wanted) {
  const ReadScope scope(&cancel_, ReadScope::Clock::time_point::max());
  std::vector<BlockRequest> requests;
  requests.reserve(wanted.size());
  for (const uint64_t block : wanted) {
    requests.push_back(generation_.request(block, field_->block_size()));
  }
  const uint64_t limit = field_->cache().max_group_bytes() / 16 * kPromised;
  Reservation reservation = field_->keep_ahead(requests, limit);
  const bool is_short = !reservation;
  settle(requests, std::move(reservation));
  if (ended()) {
    end();
    return Step::kEnded;
  }
  if (is_short && read_since(Clock::now() - AheadHolders::kLately)) {
    field_->engine_state().ahead_holders().look(AheadHolders::kLately);
  }
  return is_short ? Step::kIdle : Step::kFetched;
}

void EpochRun::settle(std::span<BlockRequest> requests, Reservation reservation) {
  using Outcome = BlockRequest::Outcome;
  using Fetch = EpochSchedule::Fetch;
  const std::lock_guard lock(mutex_);
  if (!schedule_) return;
  const bool is_short = !reservation;
  uint64_t kept = 0;
  for (BlockRequest& request : requests) {
    if (request.outcome == Outcome::kError) ended_ = true;
    const bool is_here = request.outcome == Outcome::kData && !ended_;
    const Fetch how = is_here ? Fetch::kHere : is_short ? Fetch::kPutOff : Fetch::kLost;
    if (!schedule_->fetched(request.key.block, how)) continue;
    pins_.emplace(request.key.block, std::move(request.pin));
    ++kept;
  }
  // Others hold memory too: it has to do with what it has, and asks for a little more when that went well.
  room_ = is_short ? schedule_->held() : room_ + std::min(room_ / 8 + 1, UINT64_MAX - room_);
  room_ = std::max(room_, kLeastHeld);
  reservation.give_back((reservation.bytes() / slot_ - kept) * slot_);
  memory_.absorb(std::move(reservation));
}

void EpochRun::end() noexcept {
  cancel();
  {
    // They go without the lock, pins before the promise that covers them.
    std::unique_ptr<EpochSchedule> schedule;
    Reservation memory;
    std::unordered_map<uint64_t, BlockPin> pins;
    const std::lock_guard lock(mutex_);
    schedule = std::move(schedule_);
    memory = std::move(memory_);
    pins_.swap(pins);
  }
  field_->engine_state().ahead_holders().remove(this);
}

void EpochRun::cancel() noexcept {
  ended_ = true;
  cancel_.cancel();
}

bool EpochRun::read_since(Clock::time_point since) const noexcept {
  return last_read_.load(std::memory_order_relaxed) >= since.time_since_epoch().count();
}

}  // namespace neurofs
