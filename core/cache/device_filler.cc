#include "core/cache/device_filler.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "core/cache/arena.h"

namespace neurofs {
namespace {

constexpr size_t kMostWishes = 4096;

}  // namespace

DeviceFiller::DeviceFiller(Options options)
    : options_(std::move(options)),
      wishes_(kMostWishes),
      victims_(options_.victim_bytes / slot_size_for(1) + 1),
      thread_([this] { run(); }) {}

DeviceFiller::~DeviceFiller() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool DeviceFiller::promote(const BlockKey& key) {
  {
    const std::lock_guard lock(mutex_);
    if (off_ || wishes_.full()) return false;
    wishes_.push(key);
  }
  changed_.notify_all();
  return true;
}

bool DeviceFiller::has_room(uint64_t size) const {
  const std::lock_guard lock(mutex_);
  return !off_ && victim_bytes_ + size <= options_.victim_bytes;
}

void DeviceFiller::take(HeldBlock victim) {
  {
    // Also when the device has just failed: a victim is never let go of here, under the cache's lock.
    const std::lock_guard lock(mutex_);
    victim_bytes_ += victim.size;
    victims_.push(std::move(victim));  // has_room() has seen to it
  }
  changed_.notify_all();
}

void DeviceFiller::drain() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_ && wishes_.empty() && victims_.empty(); });
}

// Waits for a wish; false at the end. Victims first: their memory is waited for.
bool DeviceFiller::next_wish(HeldBlock* wish) {
  std::unique_lock lock(mutex_);
  const auto idle = [this] { return wishes_.empty() && victims_.empty(); };
  if (idle() && busy_) {
    lock.unlock();
    const Status flushed = guarded([this] { return flush(); });
    if (!flushed.ok()) stop(flushed);
    lock.lock();
    busy_ = !idle();
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return closed_ || !idle(); });
  if (closed_) return false;
  busy_ = true;
  if (!victims_.empty()) {
    *wish = victims_.pop();
    victim_bytes_ -= wish->size;
    return true;
  }
  const BlockKey key = wishes_.pop();
  lock.unlock();
  const bool coming = std::any_of(fillings_.begin(), fillings_.end(),
                                  [&key](const Filling& f) { return f.key == key; });
  if (!coming && !options_.share->contains(key)) *wish = options_.cache->hold(key);
  return true;
}

void DeviceFiller::run() {
  for (;;) {
    HeldBlock wish;
    if (!next_wish(&wish)) break;
    if (!wish.pin) continue;
    if (off_) continue;
    const Status filled = guarded([&] { return fill(std::move(wish)); });
    if (!filled.ok() && filled.code() != Code::kNoMemory) stop(filled);
  }
  lane_.reset();  // waits for what is under way
  settle(nullptr, false);
  let_go();
}

void DeviceFiller::let_go() {
  for (bool more = true; more;) {
    HeldBlock victim;  // let go of after the lock
    const std::lock_guard lock(mutex_);
    if (!victims_.empty()) victim = victims_.pop();
    more = !victims_.empty();
  }
  const std::lock_guard lock(mutex_);
  wishes_.clear();
  busy_ = false;
  changed_.notify_all();
}

// What is thrown must not end the program. Memory that is short skips a block, as on the device.
template <typename Work>
Status DeviceFiller::guarded(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return no_memory("GPU tier: no memory for a copy");
  } catch (const std::exception& e) {
    return internal_error(e.what());
  }
}

Status DeviceFiller::fill(HeldBlock block) {
  if (lane_ == nullptr) {
    NF_ASSIGN(lane_, DeviceLane::make(options_.share->device(), options_.half_bytes));
  }
  // First, so that a slot that is taken is noted whatever comes.
  if (fillings_.size() == fillings_.capacity()) fillings_.reserve(2 * fillings_.size() + 64);
  const auto slot = options_.share->take_slot(block.size);
  if (!slot) return {};
  // Without a half while it is not whole: given back once what is queued of it has passed.
  fillings_.push_back({block.key, *slot, nullptr});
  NF_TRY(copy(block, *slot));
  fillings_.back().half = half_;
  return {};
}

Status DeviceFiller::copy(const HeldBlock& block, const DeviceShare::Slot& slot) {
  for (uint64_t done = 0; done < block.size;) {
    if (half_ == nullptr || used_ == lane_->half_bytes()) NF_TRY(advance());
    const uint64_t n = std::min(block.size - done, lane_->half_bytes() - used_);
    std::memcpy(half_->staging + used_, block.pin.data() + done, n);
    NF_TRY(lane_->stream().copy_to_device(options_.share->address(slot) + done,
                                          half_->staging + used_, n));
    used_ += n;
    done += n;
  }
  return {};
}

// Sends the half that is full, and waits for the other.
Status DeviceFiller::advance() {
  if (half_ != nullptr) NF_TRY(lane_->send(*half_));
  half_ = nullptr;
  NF_ASSIGN(half_, lane_->next());
  used_ = 0;
  settle(half_, true);
  return {};
}

Status DeviceFiller::flush() {
  if (lane_ == nullptr || fillings_.empty()) return {};
  if (half_ != nullptr) NF_TRY(lane_->send(*half_));
  half_ = nullptr;
  NF_TRY(lane_->stream().wait());
  settle(nullptr, true);
  return {};
}

// The copies of a half (null: of all) have passed, or failed.
void DeviceFiller::settle(const DeviceLane::Half* half, bool passed) {
  const auto settled = [&](const Filling& f) {
    if (half != nullptr && f.half != half) return false;
    if (passed && f.half != nullptr) {
      options_.share->publish(f.key, f.slot);
      options_.promotions->add();
    } else {
      options_.share->give_back(f.slot);
    }
    return true;
  };
  std::erase_if(fillings_, settled);
}

void DeviceFiller::stop(const Status& status) {
  static_cast<void>(guarded([&] {
    options_.failed(status);
    return Status();
  }));
  half_ = nullptr;
  lane_.reset();
  settle(nullptr, false);
  const std::lock_guard lock(mutex_);
  off_ = true;
  wishes_.clear();
}

}  // namespace neurofs
