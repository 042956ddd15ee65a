// FixedRing<T>: a queue with room for so many, all of it taken when it is made.
//
// Purpose: queues that are filled where nothing may throw. Thread-safety: as a plain container.
// Ownership: owns its elements; one that was popped is left as T's move leaves it. Errors: the
// constructor throws std::bad_alloc; nothing else throws where T's moves do not.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace neurofs {

template <typename T>
class FixedRing {
 public:
  explicit FixedRing(size_t capacity) : slots_(capacity) {}

  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == slots_.size(); }
  // Precondition: !full().
  void push(T value) noexcept {
    slots_[(first_ + size_) % slots_.size()] = std::move(value);
    ++size_;
  }
  // Precondition: !empty().
  T pop() noexcept {
    T value = std::move(slots_[first_]);
    first_ = (first_ + 1) % slots_.size();
    --size_;
    return value;
  }
  void clear() noexcept {
    while (!empty()) static_cast<void>(pop());
  }

 private:
  std::vector<T> slots_;
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace neurofs
