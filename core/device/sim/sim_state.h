// SimState: the part of a simulated device that its owner, its streams and SimControl share.
//
// Purpose: faults, speed and counts behind one lock, so that streams on their own threads and a test
// agree on which operation is the nth. Thread-safety: every method from any thread.
// Ownership: shared; outlives the device. A loss belongs to the open device: revive() forgets it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>

#include "core/base/status.h"
#include "core/device/sim/sim_control.h"

namespace neurofs {

class SimState {
 public:
  explicit SimState(SimOptions options) : options_(options) {}

  const SimOptions& options() const { return options_; }
  uint64_t free_bytes() const;
  Status lost() const;  // ok while it is not
  Status lose(std::string_view why);
  void revive();

  // Before an operation runs: waits as faults say; not ok when the device is lost or becomes so.
  Status begin_operation();
  // Before a copy to the device is queued: kNoMemory when it is to be refused.
  Status admit_copy();
  // As long as a copy between host and device takes.
  void spend_copy(uint64_t to_device, uint64_t to_host);

  // Reserves memory or says why not.
  Status take_memory(uint64_t bytes);
  void return_memory(uint64_t bytes);
  void count_pin(int change);

  // Ok where files can be read straight into the device.
  Status direct() const;
  void count_direct_file(int change);
  // Before a direct read: runs the test's hook; not ok when the read is to fail.
  Status begin_direct_read();
  void end_direct_read(uint64_t bytes);

  void fail_allocation(uint64_t nth);
  void refuse_copy(uint64_t nth);
  void lose_at_operation(uint64_t nth);
  void stall_at_operation(uint64_t nth, std::chrono::milliseconds length);
  void set_held(bool held);
  void refuse_direct(bool refuse);
  void fail_direct_reads(uint64_t nth, uint64_t count);
  void before_direct_read(std::function<void()> hook);
  void set_free_bytes(uint64_t bytes);
  SimControl::Counts counts() const;

 private:
  uint64_t free_locked() const;
  Status lose_locked(std::string_view why);
  void sleep_locked(std::unique_lock<std::mutex>& lock, std::chrono::nanoseconds length);

  SimOptions options_;  // free_bytes under mutex_, the rest constant
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Status lost_;
  bool held_ = false;
  // How many are still let through; 0: not armed.
  uint64_t until_no_memory_ = 0;
  uint64_t until_refused_ = 0;
  uint64_t until_lost_ = 0;
  uint64_t until_stall_ = 0;
  std::chrono::milliseconds stall_{0};
  bool direct_refused_ = false;
  uint64_t until_direct_fails_ = 0;
  uint64_t direct_failures_ = 0;  // how many fail in a row
  std::function<void()> before_direct_read_;
  SimControl::Counts counts_;
};

}  // namespace neurofs
