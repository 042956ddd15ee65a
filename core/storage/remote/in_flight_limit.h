// InFlightLimit: how many requests a store bears at once, shared by all who read from it.
//
// Purpose: additive increase, multiplicative decrease. A server that refuses (503, SlowDown) halves the
// limit, once for all the requests that ran then; each full round of answers after it regains one.
// Who finds no room queues, one place a waiter, so that a large batch leaves room for small ones.
// Thread-safety: any thread. Ownership: borrows waiters until admitted() or withdraw().
#pragma once

#include <list>
#include <mutex>

namespace neurofs {

class InFlightLimit {
 public:
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // There is room, and it is the waiter's. Called once per queueing, under the limit's lock: must not
    // wait, nor call the limit.
    virtual void admitted() = 0;
  };
  enum class Answer { kServed, kSlowDown, kUnknown };

  explicit InFlightLimit(unsigned cap);

  // True: there is room, and it is the caller's.
  bool try_enter();
  // As that; false: the waiter is queued, and admitted() comes.
  bool enter(Waiter& waiter);
  // Takes it out of the queue. False: it was not there (admitted() was called, or it never queued).
  bool withdraw(Waiter& waiter);
  // Gives room back. True: it is `own`, which was queued, that has room now, and admitted() is not called.
  bool leave(Answer answer, const Waiter* own = nullptr);

  unsigned limit() const;
  unsigned running() const;

 private:
  void learn(Answer answer);

  const unsigned cap_;
  mutable std::mutex mutex_;
  unsigned limit_;  // all guarded by mutex_
  unsigned running_ = 0;
  unsigned served_ = 0;  // since the limit last changed
  unsigned deaf_ = 0;    // answers to requests that ran when the limit was halved: tell nothing new
  std::list<Waiter*> queue_;
};

}  // namespace neurofs
