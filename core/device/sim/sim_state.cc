#include "core/device/sim/sim_state.h"

#include <algorithm>
#include <string>

#include "core/base/result.h"

namespace neurofs {
namespace {

// Counts one down; true when this is the one that was armed.
bool reached(uint64_t& until) {
  return until > 0 && --until == 0;
}

}  // namespace

uint64_t SimState::free_locked() const {
  const uint64_t limit = std::min(options_.total_bytes, options_.free_bytes);
  return limit - std::min(limit, counts_.bytes_allocated);
}

uint64_t SimState::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return free_locked();
}

Status SimState::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

Status SimState::lose_locked(std::string_view why) {
  if (lost_.ok()) lost_ = io_error("simulated GPU is lost: " + std::string(why));
  changed_.notify_all();
  return lost_;
}

Status SimState::lose(std::string_view why) {
  const std::lock_guard lock(mutex_);
  return lose_locked(why);
}

void SimState::revive() {
  const std::lock_guard lock(mutex_);
  lost_ = {};
}

void SimState::sleep_locked(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds length) {
  changed_.wait_until(lock, std::chrono::steady_clock::now() + length,
                      [this] { return !lost_.ok(); });
}

Status SimState::begin_operation() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !held_ || !lost_.ok(); });
  NF_TRY(lost_);
  ++counts_.operations;
  if (reached(until_lost_)) return lose_locked("fell off the bus");
  if (reached(until_stall_)) sleep_locked(lock, stall_);
  return lost_;
}

Status SimState::admit_copy() {
  const std::lock_guard lock(mutex_);
  return reached(until_refused_) ? no_memory("simulated GPU: a copy was refused") : Status();
}

void SimState::spend_copy(uint64_t to_device, uint64_t to_host) {
  std::unique_lock lock(mutex_);
  counts_.bytes_to_device += to_device;
  counts_.bytes_to_host += to_host;
  std::chrono::nanoseconds length = options_.copy_latency;
  if (options_.copy_bytes_per_second > 0) {
    length += std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(static_cast<double>(to_device + to_host) /
                                      static_cast<double>(options_.copy_bytes_per_second)));
  }
  if (length.count() > 0) sleep_locked(lock, length);
}

Status SimState::take_memory(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  NF_TRY(lost_);
  if (reached(until_no_memory_) || bytes > free_locked()) {
    return no_memory("simulated GPU: " + std::to_string(bytes) + " bytes asked, " +
                     std::to_string(free_locked()) + " free");
  }
  ++counts_.allocations;
  counts_.bytes_allocated += bytes;
  return {};
}

void SimState::return_memory(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  counts_.bytes_allocated -= bytes;
}

void SimState::count_pin(int change) {
  const std::lock_guard lock(mutex_);
  counts_.pinned_ranges += static_cast<uint64_t>(change);
}

Status SimState::direct() const {
  const std::lock_guard lock(mutex_);
  NF_TRY(lost_);
  return direct_refused_ ? unsupported("simulated GPU: files are not read straight into it")
                         : Status();
}

void SimState::count_direct_file(int change) {
  const std::lock_guard lock(mutex_);
  counts_.direct_files += static_cast<uint64_t>(change);
}

Status SimState::begin_direct_read() {
  std::function<void()> hook;
  bool fails = false;
  {
    const std::lock_guard lock(mutex_);
    ++counts_.direct_reads;
    fails = reached(until_direct_fails_);
    if (fails && direct_failures_ > 1) {
      until_direct_fails_ = 1;
      --direct_failures_;
    }
    hook = before_direct_read_;
  }
  if (hook) hook();
  return fails ? io_error("simulated GPU: a direct read failed") : Status();
}

void SimState::end_direct_read(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  counts_.direct_bytes += bytes;
}

void SimState::fail_allocation(uint64_t nth) {
  const std::lock_guard lock(mutex_);
  until_no_memory_ = nth;
}

void SimState::refuse_copy(uint64_t nth) {
  const std::lock_guard lock(mutex_);
  until_refused_ = nth;
}

void SimState::lose_at_operation(uint64_t nth) {
  const std::lock_guard lock(mutex_);
  until_lost_ = nth;
}

void SimState::stall_at_operation(uint64_t nth, std::chrono::milliseconds length) {
  const std::lock_guard lock(mutex_);
  until_stall_ = nth;
  stall_ = length;
}

void SimState::set_held(bool held) {
  const std::lock_guard lock(mutex_);
  held_ = held;
  changed_.notify_all();
}

void SimState::refuse_direct(bool refuse) {
  const std::lock_guard lock(mutex_);
  direct_refused_ = refuse;
}

void SimState::fail_direct_reads(uint64_t nth, uint64_t count) {
  const std::lock_guard lock(mutex_);
  until_direct_fails_ = nth;
  direct_failures_ = count;
}

void SimState::before_direct_read(std::function<void()> hook) {
  const std::lock_guard lock(mutex_);
  before_direct_read_ = std::move(hook);
}

void SimState::set_free_bytes(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  options_.free_bytes = bytes;
}

SimControl::Counts SimState::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace neurofs
