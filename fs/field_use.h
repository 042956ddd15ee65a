// FieldUse: which fields somebody uses, so that the store is not asked about those that nobody does.
//
//   note(field):  somebody looks a name of it up, asks for a file's attributes, or reads
//   take(field):  before a look for changes: was it used since the last one? If not, it sleeps
//   note() of one that sleeps: a look has been left out, so that one is due at once: `woken`
//
// What the kernel serves from its own memory does not come here; but names do, and the attributes of a file that
// is kept open and read, each time that their timeout is over, which therefore must be no longer than the time
// between two looks. Pages of a map (mmap) that are in memory ask for neither.
// Thread-safety: every method from any thread. Cost of note(): a load, as long as the field is awake.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace neurofs {

class FieldUse {
 public:
  explicit FieldUse(size_t fields) : states_(fields) {}

  void note(size_t field) {
    if (states_[field].load(std::memory_order_relaxed) != State::kUsed) use(field);
  }
  bool take(size_t field);
  // Called from any thread that uses a field; must not wait. Null: no longer; waits for a call.
  void on_wake(std::function<void()> woken);

 private:
  enum class State : uint8_t { kQuiet, kUsed, kAsleep };
  void use(size_t field);

  std::vector<std::atomic<State>> states_;
  std::mutex mutex_;
  std::function<void()> woken_;  // guarded by mutex_
};

}  // namespace neurofs
