#include "core/engine/field_state.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <new>
#include <utility>

#include "core/base/cancellation.h"

namespace neurofs {
namespace {

// Shortcuts are for fields whose slots cost at most this share of the budget.
constexpr uint64_t kDirectShare = 64;
constexpr size_t kMostShortcuts = 8;

// Who asks for the tier wants an attribute, which no store may hold up.
constexpr std::chrono::milliseconds kTierPatience{500};

// What is kept for a reader who reads no more goes when others need memory; a training step may take long.
constexpr std::chrono::seconds kAheadIdle{60};

}  // namespace

FieldState::FieldState(std::shared_ptr<EngineState> engine, std::shared_ptr<StoredField> stored,
                       BlockGrid grid, std::unique_ptr<Predictor> predictor)
    : engine_(std::move(engine)),
      stored_(std::move(stored)),
      grid_(std::move(grid)),
      versions_([this] { renew(); }, !stored_->store().has_local_objects()),
      foresight_(grid_, std::move(predictor)) {
  const FieldSpec& spec = stored_->spec();
  if (!spec.object_version.empty()) versions_.see(spec.object_key, spec.object_version);
  new_generation();
  if (engine_->learned() != nullptr) {
    static_cast<void>(foresight_.restore(engine_->learned()->load(stored_->url())));
  }
}

FieldState::~FieldState() {
  try {
    if (engine_->learned() != nullptr) engine_->learned()->save(stored_->url(), foresight_.save());
  } catch (const std::exception&) {
    // The order is learned again, then.
  }
  std::vector<FieldId> names;
  for (const auto& g : generations_) names.push_back(g->id);
  drop(names);
}

FieldId FieldState::new_generation() {
  const std::lock_guard lock(generations_mutex_);
  const FieldId old = generations_.empty() ? FieldId(0) : generations_.back()->id;
  auto fresh = std::make_unique<Generation>();
  fresh->id = FieldId(engine_->next_field_id());
  // Those of old generations stay for loads in flight; a field that changes ever again does without.
  fresh->has_direct = generations_.size() < kMostShortcuts &&
                      grid_.block_count() <= cache().budget() / kDirectShare / sizeof(DirectSlot);
  if (fresh->has_direct) fresh->direct = LazyArray<DirectSlot>(grid_.block_count());
  generations_.push_back(std::move(fresh));
  generation_.store(generations_.back().get(), std::memory_order_release);
  return old;
}

// What this process has written or removed is not to be doubted.
void FieldState::invalidate() {
  versions_.forget_all();
}

void FieldState::renew() {
  stored_->forget_indexes();
  // Loads in flight end under the old name, where no later read finds them.
  const FieldId old = new_generation();
  drop({&old, 1});
  const std::lock_guard lock(on_change_mutex_);
  if (on_change_) on_change_();
}

void FieldState::check_object(std::string_view key, const ObjectInfo& now) {
  const std::string_view version = now.exists ? std::string_view(now.version) : "";
  if (!versions_.differs(key, version)) return;
  if (!now.exists && !versions_.believe_missing(key, ObjectVersions::Clock::now())) return;
  stored_->store().forget(key);  // or the next load would read the old one from an open file
  versions_.see(key, version);
}

void FieldState::on_change(std::function<void()> changed) {
  const std::lock_guard lock(on_change_mutex_);
  on_change_ = std::move(changed);
}

Status FieldState::unsteady() const {
  return {Code::kStale,
          stored_->url() + " is being replaced faster than it can be read; read again"};
}

BlockLoader FieldState::make_loader() {
  return {*stored_, grid_, versions_, engine_->decoders(), engine_->scratch()};
}

Result<Reservation> FieldState::fetch(std::span<BlockRequest> requests) {
  engine_->ahead_holders().look(kAheadIdle);
  return cache().fetch(requests, [this](std::span<BlockLoad> loads) { load(loads); });
}

void FieldState::load(std::span<BlockLoad> loads) {
  const BlockLoader loader = make_loader();
  if (DeviceTier* gpus = engine_->tier()) {
    gpus->load(loads, [&loader](std::span<BlockLoad> rest) { loader.load(rest); });
  } else {
    loader.load(loads);
  }
}

// A copy that is under way to a GPU may still end there, under a name that nobody asks for again.
void FieldState::drop(std::span<const FieldId> names) {
  cache().drop(names);
  if (DeviceTier* gpus = engine_->tier()) gpus->drop(names);
}

void FieldState::observe(const TouchedBlocks& touched) {
  try {
    std::vector<Proposal> proposals;
    foresight_.observe(touched, cache(), generation().id, &proposals);
    if (proposals.empty()) return;
    PrefetchQueue& queue = stored_->store().is_far() ? engine_->far_queue() : engine_->near_queue();
    queue.push(std::static_pointer_cast<FieldState>(shared_from_this()), proposals);
  } catch (const std::bad_alloc&) {
    // The read has ended well, and what comes next is left to its reader.
  }
}

void FieldState::prefetch(std::span<const uint64_t> blocks) {
  const ReadScope scope(&engine_->ending(), ReadScope::Clock::time_point::max());
  std::vector<BlockRequest> requests;
  requests.reserve(blocks.size());
  const Generation& generation = this->generation();
  for (const uint64_t block : blocks) requests.push_back(generation.request(block, block_size()));
  cache().prefetch(requests, [this](std::span<BlockLoad> loads) { load(loads); });
}

std::string FieldState::tier_of_neuron(Index neuron) const {
  const Region region = neuron_region(spec(), neuron);
  uint64_t block = 0;
  for (size_t axis = 0; axis < region.axes.size(); ++axis) {
    if (region.axes[axis].count == 0) return "fill";
    block += grid_.place(axis, region.axes[axis].start).block_share;
  }
  const BlockKey key = generation().key(block);
  if (cache().contains(key)) return "ram";
  if (engine_->tier() != nullptr && engine_->tier()->contains(key)) return "gpu";
  const ReadScope scope(nullptr, ReadScope::Clock::now() + kTierPatience);
  ChunkQuery query{grid_.chunk_of(block), {}};
  stored_->locate({&query, 1});
  return query.place.kind == ChunkPlace::Kind::kMissing ? "fill" : "disk";
}

Region neuron_region(const FieldSpec& spec, Index neuron) {
  Region region = whole_region(spec.shape);
  for (size_t axis = spec.neuron_axes; axis-- > 0;) {
    AxisSlice& slice = region.axes[axis];
    const Index extent = std::max<Index>(spec.shape[axis], 1);
    slice.start = neuron % extent;
    slice.count = 1;
    slice.step = 1;
    slice.drop = true;
    neuron /= extent;
  }
  return region;
}

}  // namespace neurofs
