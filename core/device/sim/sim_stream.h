// SimStream, SimEvent: a stream of the simulated GPU, one worker thread that does what is queued.
//
// Purpose: asynchronous to the host and to other streams, in order within itself, as a GPU's streams.
// Thread-safety: as DeviceStream. Ownership: a stream keeps its device's heap and state alive through
// `device`; destruction waits until everything that was queued is done.
// Errors: an operation that fails loses the device, and all that is queued behind it fails.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "core/device/device.h"
#include "core/device/sim/sim_heap.h"
#include "core/device/sim/sim_state.h"

namespace neurofs {

// One recording of an event: becomes done once, with the device's status.
class SimMark {
 public:
  void finish(Status status);
  bool finished() const;
  Status wait();  // until finished

 private:
  mutable std::mutex mutex_;
  std::condition_variable done_;
  bool finished_ = false;
  Status status_;
};

class SimEvent : public DeviceEvent {
 public:
  SimEvent(std::shared_ptr<Device> device, std::shared_ptr<SimState> state)
      : device_(std::move(device)), state_(std::move(state)) {}
  Result<bool> done() override;
  Status wait() override;

  void set_mark(std::shared_ptr<SimMark> mark) { mark_ = std::move(mark); }
  const std::shared_ptr<SimMark>& mark() const { return mark_; }  // null: never recorded

 private:
  std::shared_ptr<Device> device_;
  std::shared_ptr<SimState> state_;
  std::shared_ptr<SimMark> mark_;
};

class SimStream : public DeviceStream {
 public:
  SimStream(std::shared_ptr<Device> device, std::shared_ptr<SimState> state,
            std::shared_ptr<SimHeap> heap);
  ~SimStream() override;

  Status copy_to_device(DevicePointer to, const std::byte* host, uint64_t size) override;
  Status copy_to_host(std::byte* host, DevicePointer from, uint64_t size) override;
  Status copy_within(DevicePointer to, DevicePointer from, uint64_t size) override;
  Status gather(const GatherRows& rows) override;
  Status gather(const GatherBoxes& boxes) override;
  Status reduce(const ReduceRows& rows) override;
  Status decode(const DecodeBlock& block) override;
  Status record(DeviceEvent& event) override;
  Status wait_for(DeviceEvent& event) override;
  Status wait() override;

 private:
  using Operation = std::function<Status()>;
  // Fails at once when the device is lost.
  Status push(Operation operation);
  void run();

  std::shared_ptr<Device> device_;
  std::shared_ptr<SimState> state_;
  std::shared_ptr<SimHeap> heap_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Operation> queue_;
  bool busy_ = false;
  bool closing_ = false;
  std::thread worker_;  // last: it uses all of the above
};

}  // namespace neurofs
