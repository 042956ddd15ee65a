// Epochs: readers look at blocks without pinning each; memory is reused only when none can still
// look.
//
// Purpose: a batch of a thousand values must not pay two atomic read-modify-writes per block. A
// reader marks itself active once (EpochGuard), then follows published pointers freely; whoever
// unlinks a block retires it and reuses its memory only after every guard that was active then has
// ended. Thread-safety: all of it. Guards nest. Ownership: one process-wide domain; a thread's
// record is reused by a later thread. Guards must be short: they never span I/O, locks or waits.
// Source: Fraser, "Practical lock-freedom" (2004), epoch-based reclamation.
#pragma once

#include <atomic>
#include <cstdint>

namespace neurofs {

class EpochDomain {
 public:
  struct alignas(64) Record {
    std::atomic<uint64_t> active{0};  // 0: not reading; else the epoch in which the reading began
    std::atomic<bool> taken{false};
    Record* next = nullptr;  // immutable once published
    unsigned depth = 0;      // nested guards of the owning thread
  };

  // Call after unlinking: what was unlinked may be reused once is_safe(returned value).
  static uint64_t retire() { return epoch().fetch_add(1, std::memory_order_seq_cst); }

  // True when every guard that was active at that retire() has ended.
  static bool is_safe(uint64_t retired);

  static Record& record_of_this_thread();
  static std::atomic<uint64_t>& epoch();
};

class EpochGuard {
 public:
  EpochGuard() : record_(EpochDomain::record_of_this_thread()) {
    if (record_.depth++ == 0) {
      // Sequentially consistent: the mark must be visible before any pointer is followed.
      record_.active.store(EpochDomain::epoch().load(std::memory_order_seq_cst),
                           std::memory_order_seq_cst);
    }
  }
  ~EpochGuard() {
    if (--record_.depth == 0) record_.active.store(0, std::memory_order_release);
  }
  EpochGuard(const EpochGuard&) = delete;
  EpochGuard& operator=(const EpochGuard&) = delete;

 private:
  EpochDomain::Record& record_;
};

}  // namespace neurofs
