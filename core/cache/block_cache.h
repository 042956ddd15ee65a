// BlockCache: the RAM tier. Blocks by key, found without a lock, loaded once each, evicted by
// policy.
//
// Purpose: turns "these blocks, please" into pinned bytes. A hit follows pointers under an
// EpochGuard (peek) or adds one to the entry's pin count (pin); neither takes a lock. A miss
// reserves memory first, then loads each block once however many readers wait for it.
//
//   fetch(requests):
//     wait until the group's bytes fit beside all other groups' (first come, first served)
//     for each block: pin it; else join its flight; else become its loader and take a slot
//     load all of mine in one batch, publish each; wait for the flights of others
//     again for those whose loader gave up, or only fetched ahead
//
// A fetch holds at most what it reserved and waits only for loads whose owners hold theirs, so it
// always ends, however small the budget. A pinned entry that the policy offers as a victim leaves
// the policy and comes back when its last pin goes.
// Thread-safety: every method from any thread. Ownership: the cache owns all slots; pins borrow.
// Units: bytes. Errors: kNoMemory when a block cannot fit the budget, or when live pins held it
// full for `slot_wait`; a loader's errors go to every reader that waited and are not remembered. A fetch ends
// when its thread's ReadScope does, with kInterrupted or kTimeout, whoever loads what it waits for.
#pragma once

#include <atomic>
#include <boost/container/static_vector.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/lazy_array.h"
#include "core/base/metrics.h"
#include "core/base/result.h"
#include "core/cache/arena.h"
#include "core/cache/block_key.h"
#include "core/cache/block_listener.h"
#include "core/cache/eviction_policy.h"
#include "core/cache/reservations.h"
#include "core/cache/use_notes.h"

namespace neurofs {

class BlockCache;

// A field's shortcut past the hash table: one per block, the entry that holds it plus one, 0 when it
// is not here. Kept by the cache, owned by the field (see core/engine/field_state.h), null for fields
// with too many blocks. It must outlive every entry: the owner drops its field before it goes.
using DirectSlot = std::atomic<uint32_t>;

// Keeps one block's bytes in place. Movable; unpins on destruction.
class BlockPin {
 public:
  BlockPin() = default;
  BlockPin(BlockPin&& other) noexcept { *this = std::move(other); }
  BlockPin& operator=(BlockPin&& other) noexcept;
  ~BlockPin() { reset(); }
  explicit operator bool() const { return cache_ != nullptr; }
  const std::byte* data() const { return data_; }
  void reset();

 private:
  friend class BlockCache;
  BlockPin(BlockCache* cache, EntryId entry, const std::byte* data)
      : cache_(cache), entry_(entry), data_(data) {}
  BlockCache* cache_ = nullptr;
  EntryId entry_ = kNoEntry;
  const std::byte* data_ = nullptr;
};

// One block asked of fetch().
struct BlockRequest {
  enum class Outcome : uint8_t { kPending, kData, kMissing, kError };
  BlockKey key;
  uint64_t size = 0;             // in: bytes of the block, the same for every request of that key
  DirectSlot* direct = nullptr;  // in: the block's shortcut, if its field has them
  Outcome outcome = Outcome::kPending;
  bool here = false;  // out, of fetch(): nobody had to load it
  bool late = false;  // out, of fetch(): it waited for a load that was begun ahead of any reader
  BlockPin pin;       // kData
  Status status;      // kError
};

// One block to load into `dest`.
struct BlockLoad {
  BlockKey key;
  MutableBytes dest;
  BlockRequest::Outcome outcome = BlockRequest::Outcome::kPending;  // out; kMissing: nothing stored
  Status status;                                                    // out, for kError
};
using LoadBlocks = std::function<void(std::span<BlockLoad>)>;

// A block kept in place, and the promise of memory that covers it. Members end in reverse order.
struct HeldBlock {
  Reservation reservation;
  BlockPin pin;
  BlockKey key;
  uint64_t size = 0;  // of its slot
};

class BlockCache {
 public:
  struct Options {
    uint64_t budget = 0;
    std::string policy = "lru";
    std::chrono::milliseconds slot_wait{10'000};
    Metrics* metrics = nullptr;  // required; must outlive the cache
  };
  static Result<std::unique_ptr<BlockCache>> create(const Options& options);
  ~BlockCache();

  // The block's bytes, or null. Valid until the caller's EpochGuard ends; call only under one.
  const std::byte* peek(const BlockKey& key, const DirectSlot* direct = nullptr) {
    return peek(key, direct, use_clock());
  }

  // What a batch of looks asks for once: the policy's clock.
  struct UseClock {
    uint32_t now;
    uint32_t interval;
  };
  UseClock use_clock() const {
    return {clock_.load(std::memory_order_relaxed),
            unheard_interval_.load(std::memory_order_relaxed)};
  }
  const std::byte* peek(const BlockKey& key, const DirectSlot* direct, const UseClock& clock) {
    const EntryId id = find(key, direct);
    if (id == kNoEntry) return nullptr;
    note_use(id, clock);
    return entries_[id].data;
  }

  // Pins a block that is here; an empty pin when it is not. `*first`, unless null: it was fetched ahead, and nobody has
  // read it before.
  BlockPin pin(const BlockKey& key, const DirectSlot* direct = nullptr, bool* first = nullptr);

  // Loads or pins all blocks of a group; every request gets an outcome. The returned reservation
  // must live as long as the pins. Blocks of a group must differ. Group bytes that pass
  // max_group_bytes() are refused with kNoMemory.
  Result<Reservation> fetch(std::span<BlockRequest> requests, const LoadBlocks& load);
  uint64_t max_group_bytes() const { return reservations_.capacity(); }

  // Loads what is neither here nor in flight, if memory can be had without waiting. Errors are
  // dropped.
  void prefetch(std::span<BlockRequest> requests, const LoadBlocks& load) {
    // Most of what stays when half of the budget is kept ahead is for those who wait.
    bring_ahead(requests, load, reservations_.capacity() / 8 * 5, false);
  }
  // The same for who keeps what it brings until it is read: every block that is here then has a pin and kData, and
  // the result covers the pins. Unless with all other promises the group passes `limit`: empty then. kPending: the block
  // found no slot, or another loads it.
  Reservation keep_ahead(std::span<BlockRequest> requests, const LoadBlocks& load, uint64_t limit) {
    return bring_ahead(requests, load, limit, true);
  }
  // `let_go` is called, from any thread, before a reader waits for memory: who keeps blocks ahead returns them then,
  // without waiting for anything but short locks. Set once, before the first fetch.
  void on_shortage(std::function<void()> let_go) { shortage_ = std::move(let_go); }

  bool contains(const BlockKey& key) const;

  // For a faster tier. `listener` (null: none) must outlive the cache's use or be taken back while nobody
  // reads. hold(): the block, if it is here and a promise can be had without waiting; else no pin.
  void listen(BlockListener* listener) { listener_ = listener; }
  HeldBlock hold(const BlockKey& key);

  // The kernel's page cache holds this block whole: it may leave first.
  void demote(const BlockKey& key);
  // The same of many of one field, which were let go by who knows that they are not needed soon.
  void demote(FieldId field, std::span<const uint64_t> blocks);
  // Forgets all unpinned blocks of fields (ascending) / of all. Pinned ones are unlinked and die with their
  // pins.
  void drop(std::span<const FieldId> fields);
  void drop_all();

  uint64_t used() const;
  uint64_t peak() const;
  uint64_t budget() const { return arena_.budget(); }
  // Prefetched blocks that were evicted before anybody read them, and that were read, so far.
  uint64_t prefetch_wasted() const { return prefetch_wasted_.value(); }
  uint64_t prefetch_used() const { return prefetch_used_.value(); }
  // Appends which blocks of a field those were since the last call, without waiting and not all of them: the cache
  // remembers the newest kWastedRemembered of all fields.
  void take_wasted(FieldId field, std::vector<uint64_t>* blocks);

 private:
  friend class BlockPin;

  // state: pin count in the low bits, flags above. All zero: the entry is not in use.
  static constexpr uint32_t kLive = 1u << 31;        // may be pinned
  static constexpr uint32_t kOffPolicy = 1u << 30;   // pinned when it was chosen as a victim
  static constexpr uint32_t kPrefetched = 1u << 29;  // nobody has read it yet
  static constexpr uint32_t kDoomed = 1u << 28;      // dropped while pinned: dies with its last pin
  static constexpr uint32_t kPinMask = kDoomed - 1;

  // Lives in zeroed memory that is never unmapped, so that a stale look at it is harmless.
  struct alignas(64) Entry {
    std::atomic<uint32_t> state;
    std::atomic<uint32_t> next;           // bucket chain: entry + 1, 0 at the end
    std::atomic<uint32_t> last_noted;     // clock of the last note for the policy
    std::atomic<uint32_t> last_promoted;  // clock when it last counted as read again
    std::atomic<uint32_t> field;
    std::atomic<uint64_t> block;
    std::byte* data;     // constant while linked
    DirectSlot* direct;  // guarded by the shard's mutex; null once unlinked
    uint64_t slot_size;

    BlockKey key() const {
      return {FieldId(field.load(std::memory_order_relaxed)),
              block.load(std::memory_order_relaxed)};
    }
  };

  struct Flight {
    BlockRequest::Outcome outcome = BlockRequest::Outcome::kPending;
    Status status;
    EntryId entry = kNoEntry;
    uint32_t waiters = 0;
    bool prefetched = false;  // begun by nobody who waits
    bool given_up =
        false;  // its failure is no reader's but the loader's: who waits loads by itself
    std::condition_variable done;
  };
  struct alignas(64) Shard {
    std::mutex mutex;
    std::unordered_map<BlockKey, std::shared_ptr<Flight>, BlockKeyHash>
        flights;  // guarded by mutex
  };
  struct Retired {
    uint64_t epoch;
    EntryId entry;
  };
  struct Mine {
    size_t request;
    EntryId entry;
    std::shared_ptr<Flight> flight;  // null once it is settled
  };
  struct Joined {
    size_t request;
    std::shared_ptr<Flight> flight;  // null once it was awaited
  };
  class Begun;

  BlockCache(const Options& options, std::unique_ptr<EvictionPolicy> policy);

  // Call under an EpochGuard, or under the shard's mutex.
  EntryId find(const BlockKey& key, const DirectSlot* direct) const {
    // 0 wraps to kNoEntry.
    return direct != nullptr ? direct->load(std::memory_order_seq_cst) - 1
                             : find(key, hash_of(key));
  }
  EntryId find(const BlockKey& key, uint64_t hash) const {
    uint32_t link = buckets_[hash & bucket_mask_].load(std::memory_order_seq_cst);
    while (link != 0) {
      const Entry& e = entries_[link - 1];
      if (e.block.load(std::memory_order_relaxed) == key.block &&
          e.field.load(std::memory_order_relaxed) == key.field.value() &&
          (e.state.load(std::memory_order_acquire) & kLive) != 0) {
        return link - 1;
      }
      link = e.next.load(std::memory_order_acquire);
    }
    return kNoEntry;
  }
  // True when it was fetched ahead and nobody had read it.
  bool note_use(EntryId id, const UseClock& clock) {
    const Entry& e = entries_[id];
    const uint32_t state = e.state.load(std::memory_order_relaxed);
    if (clock.now - e.last_noted.load(std::memory_order_relaxed) > clock.interval ||
        (state & kPrefetched) != 0) {
      return note_use_slowly(id, state, clock.now);
    }
    return false;
  }
  BlockPin pin_unnoted(const BlockKey& key, const DirectSlot* direct);
  bool note_use_slowly(EntryId id, uint32_t state, uint32_t now);
  static uint32_t tag_of(const BlockKey& key) {
    return (static_cast<uint32_t>(key.block) ^ key.field.value() << 20) & (UINT32_MAX >> 1);
  }
  void unpin(EntryId id) {
    const uint32_t left = entries_[id].state.fetch_sub(1, std::memory_order_acq_rel) - 1;
    if ((left & kPinMask) == 0 && (left & (kOffPolicy | kDoomed)) != 0) last_unpin(id);
  }
  Shard& shard_of(uint64_t hash) const { return shards_[(hash & bucket_mask_) % kShards]; }

  // Steps of fetch.
  void fetch_pending(std::span<BlockRequest> requests, const LoadBlocks& load);
  void join_or_start(size_t index, BlockRequest& request, Begun* begun);
  void take_slots(std::span<BlockRequest> requests, std::vector<Mine>* mine);
  Reservation bring_ahead(std::span<BlockRequest> requests, const LoadBlocks& load, uint64_t limit,
                          bool keep);
  enum class For : uint8_t { kReader, kAhead, kKeeper };  // whom a load is for
  void run_loads(std::span<BlockRequest> requests, std::vector<Mine>& mine, const LoadBlocks& load,
                 For whom);
  void publish(BlockRequest& request, Mine& mine, For whom);
  void finish_flight(const BlockRequest& request, Mine& mine) noexcept;
  void await(BlockRequest& request, Joined& joined) noexcept;
  ScopeEnd await_end(Flight& flight, std::mutex& mutex);

  // kNoEntry when nothing can be evicted now; waits for pins to go until the deadline. `count`: as many more slots
  // of the size are about to be taken, this one included.
  Result<EntryId> take_slot(uint64_t bytes, std::chrono::milliseconds patience, size_t count = 1);
  void give_back(EntryId id) noexcept;
  void link(EntryId id, uint64_t hash);
  void unlink(EntryId id);
  void last_unpin(EntryId id);
  void drop_if(const std::function<bool(const Entry&)>& predicate);

  enum class Eviction : uint8_t { kDone, kAllPinned };
  // These hold policy_mutex_.
  void hear_notes_locked();
  bool is_promotable(const Entry& entry) const;
  Eviction evict_one_locked();
  Reservation promise_victim_locked(const Entry& entry);
  void note_wasted_locked(const BlockKey& key);
  void retire_locked(EntryId id);
  void reclaim_locked();

  static constexpr size_t kShards = 64;
  static constexpr size_t kWastedRemembered = 256;

  const std::chrono::milliseconds slot_wait_;
  BlockListener* listener_ = nullptr;
  std::function<void()> shortage_ = [] {};
  uint64_t bucket_mask_ = 0;
  LazyArray<std::atomic<uint32_t>> buckets_;  // entry + 1, 0 when empty
  LazyArray<Entry> entries_;
  uint32_t capacity_ = 0;
  std::atomic<uint32_t> clock_{0};  // insertions so far, wrapping
  // A hit makes a note for the policy only when more insertions than this have passed since it last did.
  std::atomic<uint32_t> unheard_interval_{0};
  UseNotes notes_;  // drained under policy_mutex_
  mutable std::unique_ptr<Shard[]> shards_;
  Reservations reservations_;

  mutable std::mutex policy_mutex_;
  std::condition_variable slot_freed_;
  std::unique_ptr<EvictionPolicy> policy_;  // guarded by policy_mutex_
  Arena arena_;                             // guarded by policy_mutex_
  // A place for every entry in both, so that ending a load or an eviction never allocates.
  LazyArray<EntryId> free_entries_;        // guarded by policy_mutex_: a stack
  LazyArray<Retired> retired_;             // guarded by policy_mutex_: a ring, oldest first
  uint32_t free_count_ = 0;                // guarded by policy_mutex_
  uint32_t retired_first_ = 0;             // guarded by policy_mutex_
  uint32_t retired_count_ = 0;             // guarded by policy_mutex_
  uint64_t retired_bytes_ = 0;             // guarded by policy_mutex_
  uint32_t fresh_entries_ = 0;             // guarded by policy_mutex_: never used from here on
  std::atomic<uint32_t> live_entries_{0};  // written under policy_mutex_
  // Guarded by policy_mutex_; has its room from the start, since an eviction never allocates.
  boost::container::static_vector<BlockKey, kWastedRemembered> wasted_;
  // Made in time: where memory has run out, no message can be made.
  const Status out_of_memory_ = no_memory("the system has no memory left to load a block");

  Counter& loads_;
  Counter& joins_;
  Counter& evictions_;
  Counter& prefetch_wasted_;
  Counter& prefetch_used_;
  Counter& prefetch_late_;
};

}  // namespace neurofs
