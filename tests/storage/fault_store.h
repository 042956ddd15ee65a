// FaultStore: a store that misbehaves by rule, over any other store. For tests.
//
// Purpose: to show what a layer above does when a read fails, an object vanishes, its bytes are cut
// short or a bit flips. Header-only.
// Thread-safety: every method from any thread; rules may be added and cleared meanwhile.
// Ownership: shares the inner store.
//
//   auto faults = std::make_shared<FaultStore>(std::make_shared<MemoryStore>());
//   faults->add({.key_part = "c/0", .fault = Fault::kFlip, .times = 1});
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/storage/object_store.h"

namespace neurofs::test {

enum class Fault : uint8_t {
  kError,  // the op fails with FaultRule::code
  kMiss,   // the object seems missing
  kShort,  // the op fails as a read past the end does (kCorrupt)
  kFlip,   // the op succeeds with the lowest bit of its first byte flipped
  kWeak,   // the op succeeds, and its version is a weak one
  kSlow,   // the batch is delayed by FaultRule::delay
};

struct FaultRule {
  std::string key_part;  // holds for keys that contain this; "" for all
  Fault fault = Fault::kError;
  int times = -1;  // how many ops; -1: all
  int skip = 0;    // let that many matching ops pass first
  Code code = Code::kIoError;
  std::chrono::milliseconds delay{0};
};

class FaultStore : public ObjectStore {
 public:
  explicit FaultStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  void add(FaultRule rule) {
    const std::lock_guard lock(mutex_);
    rules_.push_back(std::move(rule));
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    rules_.clear();
  }
  uint64_t batches() const { return batches_; }
  uint64_t ops() const { return ops_; }
  uint64_t stat_batches() const { return stat_batches_; }
  uint64_t stats() const { return stats_; }

  std::string url() const override { return inner_->url(); }
  std::vector<std::pair<std::string, std::string>> describe() const override {
    return inner_->describe();
  }
  void read(std::span<ReadOp> batch) override {
    ++batches_;
    ops_ += batch.size();
    std::vector<std::optional<FaultRule>> hits;
    for (const ReadOp& op : batch) hits.push_back(match(op.key));
    for (const auto& hit : hits) {
      if (hit && hit->fault == Fault::kSlow) std::this_thread::sleep_for(hit->delay);
    }
    inner_->read(batch);
    for (size_t i = 0; i < batch.size(); ++i) {
      if (hits[i]) apply(*hits[i], batch[i]);
    }
  }
  Result<ObjectInfo> stat(std::string_view key) override { return inner_->stat(key); }
  void stat_all(std::span<StatOp> batch) override {
    ++stat_batches_;
    stats_ += batch.size();
    inner_->stat_all(batch);
    for (StatOp& op : batch) {
      const auto hit = match(op.key);
      if (!hit) continue;
      if (hit->fault == Fault::kMiss) op.info = ObjectInfo{};
      if (hit->fault == Fault::kError) op.info = injected(*hit, op.key);
      if (hit->fault == Fault::kSlow) std::this_thread::sleep_for(hit->delay);
    }
  }
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override {
    return inner_->list(prefix, limit);
  }
  Status put(std::string_view key, Bytes bytes) override { return inner_->put(key, bytes); }
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override {
    return inner_->write_at(key, offset, bytes, min_size);
  }
  bool can_write_at() const override { return inner_->can_write_at(); }
  Status remove(std::string_view key) override { return inner_->remove(key); }
  void forget(std::string_view key) override { inner_->forget(key); }

 private:
  std::optional<FaultRule> match(std::string_view key) {
    const std::lock_guard lock(mutex_);
    for (FaultRule& rule : rules_) {
      if (key.find(rule.key_part) == std::string_view::npos || rule.times == 0) continue;
      if (rule.skip > 0) {
        --rule.skip;
        continue;
      }
      if (rule.times > 0) --rule.times;
      return rule;
    }
    return std::nullopt;
  }

  static Status injected(const FaultRule& rule, std::string_view key) {
    return {rule.code, "injected fault reading " + std::string(key)};
  }

  static void apply(const FaultRule& rule, ReadOp& op) {
    switch (rule.fault) {
      case Fault::kError:
        op.outcome = ReadOp::Outcome::kError;
        op.status = injected(rule, op.key);
        break;
      case Fault::kMiss:
        op.outcome = ReadOp::Outcome::kMissing;
        op.status = {};
        break;
      case Fault::kShort:
        op.outcome = ReadOp::Outcome::kError;
        op.status = corrupt("injected short object " + std::string(op.key));
        break;
      case Fault::kFlip:
        flip(op);
        break;
      case Fault::kWeak:
        if (op.seen != nullptr) op.seen->weak = true;
        break;
      case Fault::kSlow:
        break;
    }
  }

  static void flip(ReadOp& op) {
    if (op.outcome != ReadOp::Outcome::kData) return;
    if (op.whole != nullptr) {
      if (!op.whole->empty()) op.whole->front() ^= std::byte{1};
      return;
    }
    for (const MutableBytes& dest : op.dests) {
      if (dest.empty()) continue;
      dest.front() ^= std::byte{1};
      return;
    }
  }

  const std::shared_ptr<ObjectStore> inner_;
  std::atomic<uint64_t> batches_{0};
  std::atomic<uint64_t> ops_{0};
  std::atomic<uint64_t> stat_batches_{0};
  std::atomic<uint64_t> stats_{0};
  std::mutex mutex_;
  std::vector<FaultRule> rules_;  // guarded by mutex_
};

}  // namespace neurofs::test
