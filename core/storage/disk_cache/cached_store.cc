#include "core/storage/disk_cache/cached_store.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <deque>

#include "core/storage/disk_cache/object_memory.h"
#include "core/storage/disk_cache/wanted_writes.h"
#include "core/storage/resolve_read.h"
#include "core/storage/scatter.h"
#include "core/storage/store_control.h"

namespace neurofs {
namespace {

using Outcome = ReadOp::Outcome;

std::string place_of(ObjectStore& store) {
  const StoreControl* const control = StoreControl::of(store);
  return control == nullptr ? std::string() : control->place();
}

class CachedStore : public ObjectStore, public StoreControl {
 public:
  CachedStore(std::shared_ptr<ObjectStore> below, std::shared_ptr<DiskCache> cache,
              const CachedStoreOptions& options)
      : below_(std::move(below)),
        cache_(std::move(cache)),
        options_(options),
        url_(below_->url()),
        identity_(place_of(*below_) + " " + url_) {}

  std::string url() const override { return url_; }
  std::vector<std::pair<std::string, std::string>> describe() const override {
    auto text = below_->describe();
    const std::string off = cache_->state();
    text.emplace_back("disk_cache", off.empty() ? "on" : "off: " + off);
    return text;
  }
  void read(std::span<ReadOp> batch) override;
  // Not is_far(): hits gain by batches.
  bool has_local_objects() const override { return below_->has_local_objects(); }
  Result<std::shared_ptr<const LocalObject>> open_local(std::string_view key) override {
    return below_->open_local(key);
  }
  Result<ObjectInfo> stat(std::string_view key) override {
    StatOp op{key};
    stat_all({&op, 1});
    return std::move(op.info);
  }
  void stat_all(std::span<StatOp> batch) override {
    std::vector<ObjectMemory::Asked> asked;
    for (const StatOp& op : batch) asked.push_back(memory_.asked(op.key));
    below_->stat_all(batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      const StatOp& op = batch[i];
      if (op.info.ok()) memory_.learn(op.key, *op.info, asked[i]);
      if (!op.info.ok() || !op.info->exists) memory_.forget(op.key);
    }
  }
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override {
    return below_->list(prefix, limit);
  }
  Status put(std::string_view key, Bytes bytes) override {
    Status status = below_->put(key, bytes);
    memory_.change(key);
    return status;
  }
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override {
    Status status = below_->write_at(key, offset, bytes, min_size);
    memory_.change(key);
    return status;
  }
  bool can_write_at() const override { return below_->can_write_at(); }
  Status remove(std::string_view key) override {
    Status status = below_->remove(key);
    memory_.change(key);
    return status;
  }
  void forget(std::string_view key) override {
    memory_.forget(key);
    below_->forget(key);
  }
  void forget_all() override {
    memory_.forget_all();
    if (StoreControl* below = StoreControl::of(*below_)) below->forget_all();
  }
  std::string place() const override { return place_of(*below_); }
  void renew_credentials() override {
    if (StoreControl* below = StoreControl::of(*below_)) below->renew_credentials();
  }

 private:
  struct Plan;
  struct Unit;
  struct Lower;
  std::vector<Plan> plan(std::span<ReadOp> batch);
  void learn_versions(std::vector<Plan>& plans);
  void look_up(std::vector<Plan>& plans);
  void fetch(std::vector<Plan>& plans, bool pinned);
  void settle(Plan& plan, const ReadOp& done, ObjectMemory::Asked asked);
  void keep(const Plan& plan, std::string_view version);

  const std::shared_ptr<ObjectStore> below_;
  const std::shared_ptr<DiskCache> cache_;
  const CachedStoreOptions options_;
  const std::string url_;
  const std::string identity_;  // what tells its objects from those of all other stores
  ObjectMemory memory_;
};

// A block: one destination of a range read, or a whole object.
struct CachedStore::Unit {
  CacheKey key;
  uint64_t offset = 0;  // in the object
  MutableBytes dest;
  bool hit = false;
};

// What becomes of one op.
struct CachedStore::Plan {
  ReadOp* op = nullptr;
  bool cacheable = false;
  ObjectHash object;
  boost::container::small_vector<Unit, 1> units;
  std::string version;  // that the units are looked for in; "" when it is not known
  ObjectInfo info;      // of that version, where `exists`
  bool asked = false;   // the caller named the version
  bool weak = false;    // what was read may be of another one, and the store cannot tell
  bool again = false;   // the object changed since its version was learned

  bool all_hit() const {
    return cacheable && !version.empty() && std::ranges::all_of(units, &Unit::hit);
  }
};

struct CachedStore::Lower {
  size_t plan = 0;
  bool split = false;  // else the op goes down as it is
  ObjectMemory::Asked asked{};
};

std::vector<CachedStore::Plan> CachedStore::plan(std::span<ReadOp> batch) {
  std::vector<Plan> plans(batch.size());
  std::string_view last_key;
  ObjectHash last_hash;
  for (size_t i = 0; i < batch.size(); ++i) {
    ReadOp& op = batch[i];
    Plan& plan = plans[i];
    plan.op = &op;
    plan.cacheable =
        op.whole != nullptr || (op.origin == ReadOp::Origin::kStart && op.range.length > 0 &&
                                op.range.offset <= UINT64_MAX - op.range.length &&
                                total_size(op.dests) == op.range.length);
    if (!plan.cacheable) continue;
    if (i == 0 || op.key != last_key) last_hash = hash_object(identity_, op.key);
    last_key = op.key;
    plan.object = last_hash;
    plan.asked = !op.if_version.empty();
    if (plan.asked) plan.version = op.if_version;
    if (op.whole != nullptr) {
      plan.units.push_back({cache_key(plan.object, kWholeObject, 0), 0, {}, false});
      continue;
    }
    uint64_t offset = op.range.offset;
    for (const MutableBytes& dest : op.dests) {
      if (dest.empty()) continue;
      plan.units.push_back({cache_key(plan.object, {offset, dest.size()}, 0), offset, dest, false});
      offset += dest.size();
    }
  }
  return plans;
}

// For ops that name none. Asks below only where the cache has something that the answer is needed for.
void CachedStore::learn_versions(std::vector<Plan>& plans) {
  struct Probe {
    size_t plan;
    std::byte byte;
    MutableBytes dest;
    ObjectInfo info;
    ObjectMemory::Asked asked;
  };
  std::vector<Probe> probes;
  for (size_t i = 0; i < plans.size(); ++i) {
    Plan& plan = plans[i];
    // A range of a version that the caller names needs nothing but the range.
    const bool needs_info = !plan.asked || plan.op->seen != nullptr || plan.op->whole != nullptr;
    if (!plan.cacheable || !needs_info) continue;
    auto known = memory_.recent(
        plan.op->key, plan.asked ? ObjectMemory::Clock::duration::max() : options_.version_ttl);
    if (known && (!plan.asked || known->version == plan.version)) {
      plan.version = known->version;
      plan.info = std::move(*known);
    }
    if (!plan.version.empty()) continue;
    const bool held = std::ranges::any_of(
        plan.units, [&](const Unit& unit) { return cache_->find(unit.key) > 0; });
    if (held) probes.push_back({i, {}, {}, {}, memory_.asked(plan.op->key)});
  }
  if (probes.empty()) return;
  std::vector<ReadOp> ops;
  for (Probe& probe : probes) {
    probe.dest = {&probe.byte, 1};
    ReadOp op;
    op.key = plans[probe.plan].op->key;
    op.range = {0, 1};
    op.dests = {&probe.dest, 1};
    op.seen = &probe.info;
    ops.push_back(op);
  }
  below_->read(ops);
  for (size_t i = 0; i < ops.size(); ++i) {
    if (ops[i].outcome != Outcome::kData) continue;
    plans[probes[i].plan].version = probes[i].info.version;
    plans[probes[i].plan].info = probes[i].info;
    memory_.learn(ops[i].key, probes[i].info, probes[i].asked);
  }
}

void CachedStore::look_up(std::vector<Plan>& plans) {
  boost::container::small_vector<CacheRead, 2> reads;
  boost::container::small_vector<Unit*, 2> of;
  for (Plan& plan : plans) {
    if (!plan.cacheable || plan.version.empty()) continue;
    ReadOp& op = *plan.op;
    // The object's size is asked for, and known for whole objects alone.
    const bool sized = op.seen == nullptr || op.whole != nullptr || plan.info.exists;
    const uint64_t version = hash_version(plan.object, plan.version);
    for (Unit& unit : plan.units) {
      unit.key.version = version;
      if (!sized) continue;
      if (op.whole != nullptr) {
        const uint64_t length = cache_->find(unit.key);
        if (length == 0 || length > op.whole_limit) continue;
        op.whole->resize(length);
        unit.dest = *op.whole;
      }
      reads.push_back({unit.key, unit.dest, false});
      of.push_back(&unit);
    }
  }
  if (reads.empty()) return;
  cache_->read({reads.data(), reads.size()});
  for (size_t i = 0; i < reads.size(); ++i) of[i]->hit = reads[i].hit;
}

void CachedStore::fetch(std::vector<Plan>& plans, bool pinned) {
  const auto skip = [&](const Plan& plan) { return pinned ? plan.all_hit() : !plan.again; };
  if (std::ranges::all_of(plans, skip)) return;
  std::vector<Lower> lower;
  std::vector<ReadOp> ops;
  std::vector<std::vector<MutableBytes>> dests;
  std::deque<ObjectInfo> infos;
  for (size_t p = 0; p < plans.size(); ++p) {
    Plan& plan = plans[p];
    if (skip(plan)) continue;
    ReadOp op = *plan.op;
    op.outcome = Outcome::kPending;
    const bool split = pinned && plan.cacheable && op.whole == nullptr && !plan.version.empty();
    if (plan.cacheable || op.seen == nullptr) op.seen = &infos.emplace_back();
    const ObjectMemory::Asked asked = memory_.asked(op.key);
    if (!split) {
      lower.push_back({p, false, asked});
      ops.push_back(op);
      continue;
    }
    op.if_version = plan.version;
    for (size_t u = 0; u < plan.units.size();) {
      size_t end = u;
      auto& run = dests.emplace_back();
      for (; end < plan.units.size() && !plan.units[end].hit; ++end) {
        run.push_back(plan.units[end].dest);
      }
      if (end > u) {
        op.range = {plan.units[u].offset, total_size(run)};
        op.dests = run;
        lower.push_back({p, true, asked});
        ops.push_back(op);
      }
      u = std::max(end, u + 1);
    }
  }
  if (ops.empty()) return;
  below_->read(ops);
  for (size_t i = 0; i < ops.size(); ++i) {
    Plan& plan = plans[lower[i].plan];
    const ReadOp& done = ops[i];
    const bool gone = done.outcome == Outcome::kMissing ||
                      (done.outcome == Outcome::kError && done.status.code() == Code::kStale);
    if (gone && lower[i].split && !plan.asked && plan.op->outcome == Outcome::kPending) {
      plan.again = true;
    } else {
      settle(plan, done, lower[i].asked);
    }
  }
}

// What a read below says of the op it is for.
void CachedStore::settle(Plan& plan, const ReadOp& done, ObjectMemory::Asked asked) {
  ReadOp& op = *plan.op;
  if (op.outcome == Outcome::kError || op.outcome == Outcome::kMissing) return;
  if (done.outcome == Outcome::kData) {
    if (done.seen == nullptr || !done.seen->exists) return;
    plan.info = *done.seen;
    plan.weak |= done.seen->weak;
    memory_.learn(op.key, *done.seen, asked);
    return;
  }
  op.outcome = done.outcome;
  op.status = done.status;
  memory_.forget(op.key);
  if (done.outcome != Outcome::kMissing || plan.asked) return;
  const bool told = plan.again || !plan.version.empty();
  if (memory_.believe_missing(op.key, told)) return;
  op.outcome = Outcome::kError;
  op.status = {Code::kStale, "object " + std::string(op.key) + " of " + url_ +
                                 " was there and the store now denies it; it is being replaced, or "
                                 "has been deleted"};
}

void CachedStore::keep(const Plan& plan, std::string_view version) {
  if (version.empty()) return;
  const uint64_t hash = hash_version(plan.object, version);
  boost::container::small_vector<CacheWrite, 2> writes;
  for (const Unit& unit : plan.units) {
    if (unit.hit) continue;
    CacheWrite& write = writes.emplace_back();
    write.key = unit.key;
    write.key.version = hash;
    write.bytes = plan.op->whole != nullptr ? Bytes(*plan.op->whole) : Bytes(unit.dest);
  }
  cache_->write({writes.data(), writes.size()});
}

void CachedStore::read(std::span<ReadOp> batch) {
  for (ReadOp& op : batch) {
    op.outcome = Outcome::kPending;
    op.status = {};
  }
  auto plans = plan(batch);
  learn_versions(plans);
  look_up(plans);
  fetch(plans, true);
  for (Plan& plan : plans) {
    if (!plan.again) continue;
    plan.version.clear();
    for (Unit& unit : plan.units) unit.hit = false;
    memory_.forget(plan.op->key);
  }
  fetch(plans, false);
  for (Plan& plan : plans) {
    ReadOp& op = *plan.op;
    if (op.outcome != Outcome::kPending) continue;
    const bool all_hit = plan.all_hit();
    op.outcome = Outcome::kData;
    if (op.seen != nullptr) {
      *op.seen = plan.info;
      if (all_hit && !plan.info.exists) *op.seen = {true, op.whole->size(), plan.version, 0};
    }
    if (!plan.cacheable || all_hit) continue;
    // On disk it would be taken for that version for ever.
    if (plan.weak) {
      WantedWrites::lose(plan.units.size());
      continue;
    }
    // What was read without a pin is of the version that the read itself told.
    keep(plan, plan.asked ? std::string_view(plan.version) : std::string_view(plan.info.version));
  }
}

}  // namespace

Result<std::shared_ptr<ObjectStore>> cached_store(std::shared_ptr<ObjectStore> below,
                                                  std::shared_ptr<DiskCache> cache,
                                                  const CachedStoreOptions& options) {
  if (!below || !cache) return invalid_argument("a cached store needs a store and a cache");
  return std::shared_ptr<ObjectStore>(
      std::make_shared<CachedStore>(std::move(below), std::move(cache), options));
}

}  // namespace neurofs
