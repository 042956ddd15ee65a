// Least recently used: one doubly linked list over arrays of entry numbers.
//
//   insert, touch: move to the head;  victim: take the tail;  demote: move to the tail.
//
// Links are kept plus one in zeroed arrays, which the system provides page by page as entries come
// into use; 0 means "not in the list".

#include "core/base/lazy_array.h"
#include "core/cache/eviction_policy.h"

namespace neurofs {
namespace {

class LruPolicy final : public EvictionPolicy {
 public:
  // The extra entry is the list's anchor: next of it is the most recent, prev of it the oldest.
  explicit LruPolicy(uint32_t capacity)
      : anchor_(capacity), next_(size_t{capacity} + 1), prev_(size_t{capacity} + 1) {
    set(next_, anchor_, anchor_);
    set(prev_, anchor_, anchor_);
  }

  void insert(EntryId entry, uint64_t /*key_hash*/, bool /*prefetched*/) override {
    link_after(anchor_, entry);
  }
  void touch(EntryId entry) override {
    if (!linked(entry) || get(next_, anchor_) == entry) return;
    unlink(entry);
    link_after(anchor_, entry);
  }
  void remove(EntryId entry) override {
    if (linked(entry)) unlink(entry);
  }
  void demote(EntryId entry) override {
    if (!linked(entry)) return;
    unlink(entry);
    link_after(get(prev_, anchor_), entry);
  }
  EntryId victim() override {
    const EntryId oldest = get(prev_, anchor_);
    if (oldest == anchor_) return kNoEntry;
    unlink(oldest);
    return oldest;
  }

 private:
  using Links = LazyArray<uint32_t>;
  static EntryId get(const Links& links, EntryId i) { return links[i] - 1; }
  static void set(Links& links, EntryId i, EntryId to) { links[i] = to + 1; }

  bool linked(EntryId entry) const { return next_[entry] != 0; }
  void link_after(EntryId where, EntryId entry) {
    const EntryId after = get(next_, where);
    set(next_, entry, after);
    set(prev_, entry, where);
    set(prev_, after, entry);
    set(next_, where, entry);
  }
  void unlink(EntryId entry) {
    set(next_, get(prev_, entry), get(next_, entry));
    set(prev_, get(next_, entry), get(prev_, entry));
    next_[entry] = prev_[entry] = 0;
  }

  const EntryId anchor_;
  Links next_;
  Links prev_;
};

const Registration<PolicyRegistry> kLru(
    "lru", "least recently used: the block that was read longest ago leaves first",
    [](uint32_t capacity) -> std::unique_ptr<EvictionPolicy> {
      return std::make_unique<LruPolicy>(capacity);
    });

}  // namespace
}  // namespace neurofs
