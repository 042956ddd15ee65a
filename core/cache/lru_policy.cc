// Least recently used: one list of entries.
//
//   insert, touch: move to the front;  victim: take the back;  demote: move to the back.

#include "core/cache/entry_lists.h"
#include "core/cache/eviction_policy.h"

namespace neurofs {
namespace {

constexpr uint32_t kAll = 0;

class LruPolicy final : public EvictionPolicy {
 public:
  explicit LruPolicy(uint32_t capacity) : list_(capacity, 1) {}

  void insert(EntryId entry, uint64_t /*key_hash*/, bool /*prefetched*/) override {
    list_.push_front(kAll, entry);
  }
  void touch(EntryId entry) override {
    if (list_.linked(entry)) list_.to_front(kAll, entry);
  }
  void remove(EntryId entry) override {
    if (list_.linked(entry)) list_.unlink(kAll, entry);
  }
  void demote(EntryId entry) override {
    if (!list_.linked(entry)) return;
    list_.unlink(kAll, entry);
    list_.push_back(kAll, entry);
  }
  EntryId victim() override { return list_.pop_back(kAll); }

 private:
  EntryLists list_;
};

const Registration<PolicyRegistry> kLru(
    "lru", "least recently used: the block that was read longest ago leaves first",
    [](uint32_t capacity) -> std::unique_ptr<EvictionPolicy> {
      return std::make_unique<LruPolicy>(capacity);
    });

}  // namespace
}  // namespace neurofs
