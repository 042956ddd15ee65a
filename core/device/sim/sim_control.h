// SimControl: what a test decides about a simulated GPU.
//
// Purpose: capacity, speed and faults of the devices that the registry's kind "sim" lists. Without a
// call of configure(), they come from the environment variable NEUROFS_SIM_GPU, such as "64MiB" (one
// device) or "2x64MiB"; without both the list is empty. Thread-safety: every method from any thread;
// configure() while nobody opens devices. Ownership: process-wide; a device that is open keeps what it
// had when it was opened. Operations are counted when they run, over all streams of the device: a test
// that counts them queues on one stream.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace neurofs {

class SimState;

struct SimOptions {
  uint64_t total_bytes = 64u << 20;
  uint64_t free_bytes = UINT64_MAX;           // what others have left of it
  std::chrono::microseconds copy_latency{0};  // of each copy between host and device
  uint64_t copy_bytes_per_second = 0;         // 0: as fast as memory is
};

class SimControl {
 public:
  struct Counts {
    uint64_t operations = 0;
    uint64_t allocations = 0;      // that were granted
    uint64_t bytes_allocated = 0;  // now
    uint64_t bytes_to_device = 0;
    uint64_t bytes_to_host = 0;
    uint64_t pinned_ranges = 0;  // now
    uint64_t direct_files = 0;   // open now
    uint64_t direct_reads = 0;   // of files, that were begun
    uint64_t direct_bytes = 0;   // that came by them
  };

  // From here on there are these devices, with ids from 0, no fault armed and all counts at 0.
  static void configure(const std::vector<SimOptions>& devices);
  // Device `id` of those configured; the process ends when there is none, since a test is wrong then.
  static SimControl of(int id);

  // The nth allocation from here on has no memory; 1 is the next one, 0 disarms.
  void fail_allocation(uint64_t nth);
  // The nth copy to the device from here on is refused for want of memory, and not queued. 0 disarms.
  void refuse_copy(uint64_t nth);
  // The nth operation from here on is not done: the device is lost. 0 disarms.
  void lose_at_operation(uint64_t nth);
  // Lost at once, also in the middle of a stall.
  void lose();
  // The nth operation from here on takes this much longer, or until the device is lost.
  void stall_at_operation(uint64_t nth, std::chrono::milliseconds length);
  // No operation begins between hold() and release(), unless the device is lost.
  void hold();
  void release();
  // True: files cannot be read straight into the device, as where the library for it is missing.
  void refuse_direct(bool refuse);
  // The nth direct read from here on fails, and `count` - 1 after it; 0 disarms.
  void fail_direct_reads(uint64_t nth, uint64_t count = 1);
  // Runs in each direct read before its bytes are read, on the reading thread; null: no more.
  void before_direct_read(std::function<void()> hook);
  // Another process took memory, or gave it back.
  void set_free_bytes(uint64_t bytes);
  Counts counts() const;

 private:
  explicit SimControl(std::shared_ptr<SimState> state) : state_(std::move(state)) {}
  std::shared_ptr<SimState> state_;
};

}  // namespace neurofs
