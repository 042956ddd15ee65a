#include "core/cache/block_cache.h"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

#include "core/cache/epoch.h"

namespace neurofs {

// What one call has begun, and ends however it ends: others wait for flights of its own, and the
// loaders of those it joined have counted a pin for it.
class BlockCache::Begun {
 public:
  Begun(BlockCache& cache, std::span<BlockRequest> requests) : cache_(cache), requests_(requests) {
    mine.reserve(requests.size());
    joined.reserve(requests.size());
  }
  Begun(const Begun&) = delete;
  Begun& operator=(const Begun&) = delete;
  ~Begun() {
    for (Mine& m : mine) {
      if (!m.flight) continue;
      BlockRequest& r = requests_[m.request];
      r.outcome = BlockRequest::Outcome::kError;
      r.status = cache_.out_of_memory_;
      if (m.entry != kNoEntry) cache_.give_back(m.entry);
      cache_.finish_flight(r, m);
    }
    await_joined();
  }
  void await_joined() {
    for (Joined& j : joined) {
      if (j.flight) cache_.await(requests_[j.request], j);
    }
  }

  std::vector<Mine> mine;
  std::vector<Joined> joined;

 private:
  BlockCache& cache_;
  const std::span<BlockRequest> requests_;
};

BlockPin& BlockPin::operator=(BlockPin&& other) noexcept {
  if (this != &other) {
    reset();
    cache_ = std::exchange(other.cache_, nullptr);
    entry_ = std::exchange(other.entry_, kNoEntry);
    data_ = std::exchange(other.data_, nullptr);
  }
  return *this;
}

void BlockPin::reset() {
  if (cache_ != nullptr) cache_->unpin(entry_);
  cache_ = nullptr;
}

Result<std::unique_ptr<BlockCache>> BlockCache::create(const Options& options) {
  const auto* plugin = PolicyRegistry::instance().find(options.policy);
  if (plugin == nullptr) {
    std::string known;
    for (const auto& [name, p] : PolicyRegistry::instance().all()) known += " " + name;
    return invalid_argument("unknown eviction policy '" + options.policy + "'; known:" + known);
  }
  const uint64_t capacity = std::max<uint64_t>(options.budget / 4096, 1);
  if (capacity >= kNoEntry)
    return invalid_argument("RAM budgets of 16 TiB and more are not supported");
  try {
    return std::unique_ptr<BlockCache>(
        new BlockCache(options, plugin->factory(static_cast<uint32_t>(capacity))));
  } catch (const std::bad_alloc&) {
    return no_memory("cannot reserve the tables of a RAM tier of " +
                     std::to_string(options.budget) + " bytes; lower --ram or raise ulimit -v");
  }
}

BlockCache::BlockCache(const Options& options, std::unique_ptr<EvictionPolicy> policy)
    : slot_wait_(options.slot_wait),
      capacity_(static_cast<uint32_t>(std::max<uint64_t>(options.budget / 4096, 1))),
      shards_(new Shard[kShards]),
      reservations_(options.budget),
      policy_(std::move(policy)),
      arena_(options.budget),
      loads_(options.metrics->counter("ram_loads_total", "Blocks loaded into the RAM tier")),
      joins_(options.metrics->counter("ram_joined_loads_total",
                                      "Reads that waited for a load another read had begun")),
      evictions_(
          options.metrics->counter("ram_evictions_total", "Blocks evicted from the RAM tier")),
      prefetch_wasted_(options.metrics->counter("prefetch_wasted_blocks_total",
                                                "Prefetched blocks evicted before any read")),
      prefetch_used_(options.metrics->counter("prefetch_used_blocks_total",
                                              "Prefetched blocks that were read")),
      prefetch_late_(options.metrics->counter("prefetch_late_blocks_total",
                                              "Prefetched blocks that a reader had to wait for")) {
  const uint64_t buckets = std::bit_ceil(std::max<uint64_t>(capacity_, kShards));
  bucket_mask_ = buckets - 1;
  buckets_ = LazyArray<std::atomic<uint32_t>>(buckets);
  entries_ = LazyArray<Entry>(capacity_);
  free_entries_ = LazyArray<EntryId>(capacity_);
  retired_ = LazyArray<Retired>(capacity_);
  options.metrics->gauge("ram_used_bytes", "Memory held by the RAM tier",
                         [this] { return static_cast<double>(used()); });
  options.metrics->gauge("ram_budget_bytes", "Memory the RAM tier may hold",
                         [this] { return static_cast<double>(budget()); });
}

BlockCache::~BlockCache() = default;

bool BlockCache::note_use_slowly(EntryId id, uint32_t state, uint32_t now) {
  Entry& e = entries_[id];
  const bool first =
      (state & kPrefetched) != 0 &&
      (e.state.fetch_and(~kPrefetched, std::memory_order_relaxed) & kPrefetched) != 0;
  if (first) prefetch_used_.add();
  e.last_noted.store(now, std::memory_order_relaxed);
  const UseNotes::Note note{id, tag_of(e.key()), first};
  const bool has_room = notes_.push(note);
  if (has_room && (listener_ == nullptr || !is_promotable(e))) return first;
  // Lossy on purpose: a hit never waits for the policy.
  const std::unique_lock lock(policy_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return first;
  hear_notes_locked();
  if (!has_room) static_cast<void>(notes_.push(note));
  return first;
}

bool BlockCache::is_promotable(const Entry& entry) const {
  return clock_.load(std::memory_order_relaxed) -
             entry.last_promoted.load(std::memory_order_relaxed) >
         live_entries_.load(std::memory_order_relaxed) / kPromoteShare;
}

void BlockCache::hear_notes_locked() {
  notes_.drain([this](const UseNotes::Note& note) {
    Entry& e = entries_[note.entry];
    if ((e.state.load(std::memory_order_relaxed) & kLive) == 0 || tag_of(e.key()) != note.tag) {
      return;
    }
    policy_->touch(note.entry);
    if (!note.first && !is_promotable(e)) return;
    e.last_promoted.store(clock_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    if (listener_ != nullptr && !note.first) listener_->used_again(e.key());
  });
}

HeldBlock BlockCache::hold(const BlockKey& key) {
  HeldBlock held;
  held.pin = pin_unnoted(key, nullptr);
  if (!held.pin) return held;
  held.key = key;
  held.size = entries_[held.pin.entry_].slot_size;
  held.reservation = reservations_.try_reserve(held.size, reservations_.capacity());
  if (!held.reservation) held.pin.reset();
  return held;
}

BlockPin BlockCache::pin(const BlockKey& key, const DirectSlot* direct, bool* first) {
  BlockPin pin = pin_unnoted(key, direct);
  const bool is_first = pin && note_use(pin.entry_, use_clock());
  if (first != nullptr) *first = is_first;
  return pin;
}

BlockPin BlockCache::pin_unnoted(const BlockKey& key, const DirectSlot* direct) {
  const EpochGuard guard;
  const EntryId id = find(key, direct);
  if (id == kNoEntry) return {};
  Entry& e = entries_[id];
  const uint32_t before = e.state.fetch_add(1, std::memory_order_acq_rel);
  if ((before & kLive) == 0) {
    unpin(id);
    return {};
  }
  return {this, id, e.data};
}

bool BlockCache::contains(const BlockKey& key) const {
  const EpochGuard guard;
  return find(key, hash_of(key)) != kNoEntry;
}

void BlockCache::demote(const BlockKey& key) {
  const EpochGuard guard;
  const EntryId id = find(key, hash_of(key));
  if (id == kNoEntry) return;
  const std::unique_lock lock(policy_mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  hear_notes_locked();  // of the reads that brought it there
  policy_->demote(id);
}

Result<Reservation> BlockCache::fetch(std::span<BlockRequest> requests, const LoadBlocks& load) {
  uint64_t total = 0;
  for (const BlockRequest& r : requests) total += slot_size_for(r.size);
  if (total > reservations_.capacity()) {
    return no_memory("a read needs " + std::to_string(total) +
                     " bytes of blocks at once, but the RAM tier has " +
                     std::to_string(reservations_.capacity()) + "; raise --ram");
  }
  NF_TRY(scope_status(scope_end(), "its turn"));
  NF_ASSIGN(Reservation reservation, reservations_.reserve(total, shortage_));
  const auto is_pending = [](const BlockRequest& r) {
    return r.outcome == BlockRequest::Outcome::kPending;
  };
  for (BlockRequest& r : requests) r.outcome = BlockRequest::Outcome::kPending;
  do {
    fetch_pending(requests, load);
  } while (std::any_of(requests.begin(), requests.end(), is_pending));
  return reservation;
}

// What is still pending afterwards was another's to load, who gave up.
void BlockCache::fetch_pending(std::span<BlockRequest> requests, const LoadBlocks& load) {
  Begun begun(*this, requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].outcome == BlockRequest::Outcome::kPending) {
      join_or_start(i, requests[i], &begun);
    }
  }
  take_slots(requests, &begun.mine);
  run_loads(requests, begun.mine, load, For::kReader);
  begun.await_joined();
}

void BlockCache::demote(FieldId field, std::span<const uint64_t> blocks) {
  constexpr size_t kAtOnce = 256;  // who evicts waits for the lock, and memory for the guard
  while (!blocks.empty()) {
    const std::lock_guard lock(policy_mutex_);
    const EpochGuard guard;  // after the lock: guards never span a wait
    hear_notes_locked();     // or a read of before would take them back
    const size_t count = std::min(blocks.size(), kAtOnce);
    for (const uint64_t block : blocks.first(count)) {
      const BlockKey key{field, block};
      const EntryId id = find(key, hash_of(key));
      if (id != kNoEntry) policy_->demote(id);
    }
    blocks = blocks.subspan(count);
  }
}

Reservation BlockCache::bring_ahead(std::span<BlockRequest> requests, const LoadBlocks& load,
                                    uint64_t limit, bool keep) {
  uint64_t total = 0;
  for (const BlockRequest& r : requests) total += slot_size_for(r.size);
  Reservation reservation = reservations_.try_reserve(total, limit);
  if (!reservation) return {};
  std::vector<size_t> absent;
  absent.reserve(requests.size());
  {
    const EpochGuard guard;
    for (size_t i = 0; i < requests.size(); ++i) {
      BlockRequest& r = requests[i];
      if (keep) r.pin = pin_unnoted(r.key, r.direct);
      if (r.pin) {
        r.outcome = BlockRequest::Outcome::kData;
      } else if (find(r.key, r.direct) == kNoEntry) {
        absent.push_back(i);
      }
    }
  }
  if (absent.empty()) return reservation;
  // Side by side: each alone would cost as much to allocate as all its other steps.
  const std::shared_ptr<Flight[]> flights(new Flight[absent.size()]);
  Begun begun(*this, requests);
  for (size_t n = 0; n < absent.size(); ++n) {
    const BlockRequest& r = requests[absent[n]];
    std::shared_ptr<Flight> flight(flights, &flights[n]);
    flight->prefetched = true;
    // The slot comes before the flight: a reader must never join a flight that lacks memory.
    const Result<EntryId> slot = take_slot(r.size, std::chrono::milliseconds(0), absent.size() - n);
    if (!slot.ok() || *slot == kNoEntry) break;
    begun.mine.push_back({absent[n], *slot, flight});
    Shard& shard = shard_of(hash_of(r.key));
    bool started = false;
    {
      const std::lock_guard lock(shard.mutex);
      started = find(r.key, r.direct) == kNoEntry &&
                shard.flights.emplace(r.key, std::move(flight)).second;
    }
    if (!started) {
      begun.mine.pop_back();
      give_back(*slot);
    }
  }
  run_loads(requests, begun.mine, load, keep ? For::kKeeper : For::kAhead);
  return reservation;
}

void BlockCache::join_or_start(size_t index, BlockRequest& request, Begun* begun) {
  const uint64_t hash = hash_of(request.key);
  Shard& shard = shard_of(hash);
  for (;;) {
    request.pin = pin(request.key, request.direct);
    if (request.pin) {
      request.outcome = BlockRequest::Outcome::kData;
      request.here = true;
      return;
    }
    const std::lock_guard lock(shard.mutex);
    const auto it = shard.flights.find(request.key);
    if (it != shard.flights.end()) {
      ++it->second->waiters;
      request.late = it->second->prefetched;
      begun->joined.push_back({index, it->second});
      joins_.add();
      return;
    }
    if (find(request.key, hash) != kNoEntry) continue;  // published between the two looks
    auto flight = std::make_shared<Flight>();
    shard.flights.emplace(request.key, flight);
    begun->mine.push_back({index, kNoEntry, std::move(flight)});
    return;
  }
}

void BlockCache::take_slots(std::span<BlockRequest> requests, std::vector<Mine>* mine) {
  auto keep = mine->begin();
  size_t count = mine->size();
  for (Mine& m : *mine) {
    BlockRequest& r = requests[m.request];
    const Result<EntryId> slot = take_slot(r.size, slot_wait_, count--);
    if (slot.ok() && *slot != kNoEntry) {
      m.entry = *slot;
      if (&*keep != &m) *keep = std::move(m);
      ++keep;
      continue;
    }
    r.outcome = BlockRequest::Outcome::kError;
    r.status = slot.ok()
                   ? no_memory("live handles pin the whole RAM tier of " +
                               std::to_string(budget()) + " bytes; release some or raise --ram")
                   : slot.status();
    finish_flight(r, m);
  }
  mine->erase(keep, mine->end());
}

void BlockCache::run_loads(std::span<BlockRequest> requests, std::vector<Mine>& mine,
                           const LoadBlocks& load, For whom) {
  if (mine.empty()) return;
  // Those who wait for these flights must hear of what went wrong, whatever it was.
  std::vector<BlockLoad> loads;
  Status failed;
  try {
    loads.resize(mine.size());
    for (size_t i = 0; i < mine.size(); ++i) {
      const BlockRequest& r = requests[mine[i].request];
      loads[i].key = r.key;
      loads[i].dest = {entries_[mine[i].entry].data, r.size};
    }
    load(loads);
  } catch (const std::bad_alloc&) {
    failed = out_of_memory_;
  } catch (const std::exception& error) {
    failed = internal_error(std::string("a block could not be loaded: ") + error.what());
  }
  loads_.add(mine.size());
  for (size_t i = 0; i < mine.size(); ++i) {
    BlockRequest& r = requests[mine[i].request];
    r.outcome = failed.ok() ? loads[i].outcome : BlockRequest::Outcome::kError;
    r.status = failed.ok() ? std::move(loads[i].status) : failed;
    if (r.outcome == BlockRequest::Outcome::kData) {
      publish(r, mine[i], whom);
    } else {
      give_back(mine[i].entry);
      finish_flight(r, mine[i]);
    }
  }
}

// The entry carries the loader's pin while it is published, so that neither an eviction nor a drop
// can end it half-way; a victim chosen in between comes back by last_unpin().
void BlockCache::publish(BlockRequest& request, Mine& mine, For whom) {
  const bool prefetched = whom != For::kReader;
  Entry& e = entries_[mine.entry];
  const uint64_t hash = hash_of(request.key);
  e.field.store(request.key.field.value(), std::memory_order_relaxed);
  e.block.store(request.key.block, std::memory_order_relaxed);
  e.direct = request.direct;
  e.state.store((kLive | 1u) | (prefetched ? kPrefetched : 0u), std::memory_order_release);
  {
    const std::lock_guard lock(policy_mutex_);
    hear_notes_locked();
    const uint32_t now = clock_.fetch_add(1, std::memory_order_relaxed) + 1;
    e.last_noted.store(now, std::memory_order_relaxed);
    e.last_promoted.store(now, std::memory_order_relaxed);
    const uint32_t live = live_entries_.fetch_add(1, std::memory_order_relaxed) + 1;
    unheard_interval_.store(live / kUnheardShare, std::memory_order_relaxed);
    // A drop may have doomed it already: it then leaves with its last pin, unknown to the policy.
    if ((e.state.load(std::memory_order_relaxed) & kLive) != 0) {
      policy_->insert(mine.entry, hash, prefetched);
    }
  }
  Shard& shard = shard_of(hash);
  {
    const std::lock_guard lock(shard.mutex);
    e.state.fetch_add(mine.flight->waiters, std::memory_order_relaxed);
    if (mine.flight->waiters > 0 &&
        (e.state.fetch_and(~kPrefetched, std::memory_order_relaxed) & kPrefetched) != 0) {
      prefetch_used_.add();
      prefetch_late_.add();
      static_cast<void>(notes_.push({mine.entry, tag_of(request.key), true}));
    }
    // Once dropped it must not be found: by its shortcut it would be, and when it went it would
    // take the shortcut of the entry that was loaded in its place. A drop from here on unlinks it.
    if ((e.state.load(std::memory_order_relaxed) & kLive) != 0) link(mine.entry, hash);
    mine.flight->outcome = BlockRequest::Outcome::kData;
    mine.flight->entry = mine.entry;
    shard.flights.erase(request.key);
  }
  std::exchange(mine.flight, nullptr)->done.notify_all();
  BlockPin pin(this, mine.entry, e.data);
  if (whom != For::kAhead) request.pin = std::move(pin);
}

// Tells the waiters of a flight that brought no block.
void BlockCache::finish_flight(const BlockRequest& request, Mine& mine) noexcept {
  Shard& shard = shard_of(hash_of(request.key));
  {
    const std::lock_guard lock(shard.mutex);
    mine.flight->outcome = request.outcome;
    mine.flight->status = request.status;
    mine.flight->given_up = mine.flight->prefetched || scope_end() != ScopeEnd::kNone;
    const auto it = shard.flights.find(request.key);
    if (it != shard.flights.end() && it->second == mine.flight) shard.flights.erase(it);
  }
  std::exchange(mine.flight, nullptr)->done.notify_all();
}

ScopeEnd BlockCache::await_end(Flight& flight, std::mutex& mutex) {
  const auto landed = [&flight] { return flight.outcome != BlockRequest::Outcome::kPending; };
  {
    const std::lock_guard lock(mutex);
    if (landed()) return ScopeEnd::kNone;
  }
  ScopeWait wait(mutex, flight.done);
  std::unique_lock lock(mutex);
  const ScopeEnd end = wait.wait(lock, landed);
  if (end != ScopeEnd::kNone) --flight.waiters;  // no pin is counted for who has left
  return end;
}

void BlockCache::await(BlockRequest& request, Joined& joined) noexcept {
  const std::shared_ptr<Flight> flight = std::move(joined.flight);
  std::mutex& mutex = shard_of(hash_of(request.key)).mutex;
  try {
    const ScopeEnd end = await_end(*flight, mutex);
    if (end != ScopeEnd::kNone) {
      request.outcome = BlockRequest::Outcome::kError;
      request.status = out_of_memory_;  // unless there is memory for the reason
      request.status = scope_status(end, "a block that another read loads");
      return;
    }
  } catch (const std::bad_alloc&) {
    if (request.outcome == BlockRequest::Outcome::kError) return;  // it has left
    std::unique_lock lock(mutex);
    flight->done.wait(lock, [&] { return flight->outcome != BlockRequest::Outcome::kPending; });
  }
  request.outcome = flight->outcome;
  request.status = flight->status;
  if (request.outcome == BlockRequest::Outcome::kData) {
    request.pin = BlockPin(this, flight->entry, entries_[flight->entry].data);
  } else if (request.outcome == BlockRequest::Outcome::kError && flight->given_up &&
             scope_end() == ScopeEnd::kNone) {
    request.outcome = BlockRequest::Outcome::kPending;
    request.late = false;
    request.status = {};
  }
}

void BlockCache::link(EntryId id, uint64_t hash) {
  auto& head = buckets_[hash & bucket_mask_];
  entries_[id].next.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
  head.store(id + 1, std::memory_order_seq_cst);
  if (entries_[id].direct != nullptr) entries_[id].direct->store(id + 1, std::memory_order_seq_cst);
}

// The entry keeps its own `next`: a reader that stands on it still finds the rest of the chain.
void BlockCache::unlink(EntryId id) {
  Entry& e = entries_[id];
  const uint64_t hash = hash_of(e.key());
  const std::lock_guard lock(shard_of(hash).mutex);
  std::atomic<uint32_t>* from = &buckets_[hash & bucket_mask_];
  for (uint32_t link = from->load(std::memory_order_relaxed); link != 0;
       link = from->load(std::memory_order_relaxed)) {
    if (link == id + 1) {
      from->store(e.next.load(std::memory_order_relaxed), std::memory_order_seq_cst);
      if (e.direct != nullptr) e.direct->store(0, std::memory_order_seq_cst);
      e.direct = nullptr;
      return;
    }
    from = &entries_[link - 1].next;
  }
}

}  // namespace neurofs
