// UseNotes: hits on their way to the eviction policy, without a lock on the way in.
//
// Purpose: who hits writes a note into a ring that few other threads share, and goes on; whoever holds the policy's
// lock next takes the notes out. Lossy on purpose: a ring that is full takes nothing, and of two threads that write to
// one ring at once one may lose a note, or a few taken ones may be lost with it.
// Thread-safety: push() from any thread, drain() from one at a time. No call allocates.
// Source: the buffers of Caffeine, B. Manes; BP-Wrapper, Ding, Jiang, Zhang, ICDE 2009.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/cache/eviction_policy.h"

namespace neurofs {

class UseNotes {
 public:
  struct Note {
    EntryId entry;
    uint32_t tag;  // of the block that was read, 31 bits: the entry may hold another by now
    bool first;    // nobody had read it before
  };

  // False when there is no room.
  bool push(const Note& note) {
    Ring& ring = rings_[mine()];
    const uint32_t head = ring.head.load(std::memory_order_relaxed);
    if (head - ring.tail.load(std::memory_order_relaxed) >= kSlots) return false;
    ring.slots[head % kSlots].store(pack(note), std::memory_order_relaxed);
    ring.head.store(head + 1, std::memory_order_release);
    return true;
  }

  template <typename Take>
  void drain(const Take& take) {
    for (Ring& ring : rings_) {
      const uint32_t head = ring.head.load(std::memory_order_acquire);
      uint32_t tail = ring.tail.load(std::memory_order_relaxed);
      if (head == tail) continue;
      // A thread that slept between its load and its store has set the head back.
      if (head - tail > kSlots) tail = head - kSlots;
      for (; tail != head; ++tail) {
        const uint64_t packed = ring.slots[tail % kSlots].exchange(0, std::memory_order_relaxed);
        if (packed != 0) take(unpack(packed));
      }
      ring.tail.store(tail, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr uint32_t kRings = 16;
  static constexpr uint32_t kSlots = 64;
  // Head and slots are written by who hits, the tail by who drains.
  struct Ring {
    alignas(64) std::atomic<uint32_t> head{0};
    alignas(64) std::atomic<uint32_t> tail{0};
    alignas(64) std::array<std::atomic<uint64_t>, kSlots> slots{};
  };

  static uint32_t mine() {
    static std::atomic<uint32_t> next{0};
    thread_local const uint32_t index = next.fetch_add(1, std::memory_order_relaxed) % kRings;
    return index;
  }
  // Entries are below kNoEntry, so that no note is 0.
  static uint64_t pack(const Note& note) {
    return uint64_t{note.entry + 1} << 32 | uint64_t{note.tag << 1} | (note.first ? 1U : 0U);
  }
  static Note unpack(uint64_t packed) {
    return {static_cast<EntryId>(packed >> 32) - 1, static_cast<uint32_t>(packed) >> 1,
            (packed & 1) != 0};
  }

  std::array<Ring, kRings> rings_;
};

}  // namespace neurofs
