// A store that does not answer until it is told to: for tests of what goes on meanwhile.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/scope_wait.h"
#include "tests/storage/fault_store.h"

namespace neurofs::test {

// A store whose reads of some keys end only when they are let go or their scope is cancelled.
class StalledStore final : public FaultStore {
 public:
  // Of keys that contain `key_part`.
  StalledStore(std::shared_ptr<ObjectStore> inner, std::string key_part)
      : FaultStore(std::move(inner)), key_part_(std::move(key_part)) {}

  void read(std::span<ReadOp> batch) override {
    if (batch.front().key.find(key_part_) == std::string_view::npos) return FaultStore::read(batch);
    ++stalled;
    ScopeEnd end = ScopeEnd::kNone;
    while (!let_go && end == ScopeEnd::kNone) {
      std::this_thread::yield();
      end = scope_end();
    }
    if (end == ScopeEnd::kNone) return FaultStore::read(batch);
    ++cancelled;
    for (ReadOp& op : batch) {
      op.outcome = ReadOp::Outcome::kError;
      op.status = scope_status(end, "a store that stalls");
    }
  }
  std::atomic<int> stalled = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<bool> let_go = false;

 private:
  const std::string key_part_;
};

}  // namespace neurofs::test
