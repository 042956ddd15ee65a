#include "core/device/sim/sim_stream.h"

#include <cstring>
#include <vector>

#include "core/device/kernel_check.h"
#include "core/device/sim/sim_kernels.h"

namespace neurofs {

void SimMark::finish(Status status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
  finished_ = true;
  done_.notify_all();
}

bool SimMark::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

Status SimMark::wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return finished_; });
  return status_;
}

Result<bool> SimEvent::done() {
  NF_TRY(state_->lost());
  if (!mark_) return true;
  if (!mark_->finished()) return false;
  NF_TRY(mark_->wait());
  return true;
}

Status SimEvent::wait() {
  NF_TRY(state_->lost());
  return mark_ ? mark_->wait() : Status();
}

SimStream::SimStream(std::shared_ptr<Device> device, std::shared_ptr<SimState> state,
                     std::shared_ptr<SimHeap> heap)
    : device_(std::move(device)),
      state_(std::move(state)),
      heap_(std::move(heap)),
      worker_([this] { run(); }) {}

SimStream::~SimStream() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  worker_.join();
}

void SimStream::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Operation operation = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    const Status status = operation();
    if (!status.ok()) (void)state_->lose(status.message());
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

Status SimStream::push(Operation operation) {
  NF_TRY(state_->lost());
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(operation));
  changed_.notify_all();
  return {};
}

Status SimStream::copy_to_device(DevicePointer to, const std::byte* host, uint64_t size) {
  NF_TRY(state_->admit_copy());
  return push([this, to, host, size]() -> Status {
    NF_TRY(state_->begin_operation());
    NF_ASSIGN(const SimHeap::Place place, heap_->resolve(to, size));
    state_->spend_copy(size, 0);
    if (size > 0) std::memcpy(place.data, host, size);
    return {};
  });
}

Status SimStream::copy_to_host(std::byte* host, DevicePointer from, uint64_t size) {
  return push([this, from, host, size]() -> Status {
    NF_TRY(state_->begin_operation());
    NF_ASSIGN(const SimHeap::Place place, heap_->resolve(from, size));
    state_->spend_copy(0, size);
    if (size > 0) std::memcpy(host, place.data, size);
    return {};
  });
}

Status SimStream::copy_within(DevicePointer to, DevicePointer from, uint64_t size) {
  return push([this, to, from, size]() -> Status {
    NF_TRY(state_->begin_operation());
    NF_ASSIGN(const SimHeap::Place source, heap_->resolve(from, size));
    NF_ASSIGN(const SimHeap::Place place, heap_->resolve(to, size));
    if (size > 0) std::memmove(place.data, source.data, size);
    return {};
  });
}

Status SimStream::gather(const GatherRows& rows) {
  NF_TRY(check_kernel(rows));
  const std::vector<DevicePointer> pointers(rows.rows.begin(), rows.rows.end());
  return push([this, queued = rows, pointers]() mutable -> Status {
    NF_TRY(state_->begin_operation());
    queued.rows = pointers;
    return sim_gather(*heap_, queued);
  });
}

Status SimStream::gather(const GatherBoxes& boxes) {
  NF_TRY(check_kernel(boxes));
  const std::vector<GatherBox> copies(boxes.boxes.begin(), boxes.boxes.end());
  return push([this, queued = boxes, copies]() mutable -> Status {
    NF_TRY(state_->begin_operation());
    queued.boxes = copies;
    return sim_gather(*heap_, queued);
  });
}

Status SimStream::reduce(const ReduceRows& rows) {
  NF_TRY(check_kernel(rows));
  const std::vector<DevicePointer> pointers(rows.rows.begin(), rows.rows.end());
  return push([this, queued = rows, pointers]() mutable -> Status {
    NF_TRY(state_->begin_operation());
    queued.rows = pointers;
    return sim_reduce(*heap_, queued);
  });
}

Status SimStream::decode(const DecodeBlock& block) {
  NF_TRY(check_kernel(block));
  return push([this, block]() -> Status {
    NF_TRY(state_->begin_operation());
    return sim_decode(*heap_, block);
  });
}

Status SimStream::record(DeviceEvent& event) {
  auto mark = std::make_shared<SimMark>();
  NF_TRY(push([this, mark]() -> Status {
    mark->finish(state_->lost());
    return {};
  }));
  static_cast<SimEvent&>(event).set_mark(std::move(mark));
  return {};
}

Status SimStream::wait_for(DeviceEvent& event) {
  const std::shared_ptr<SimMark> mark = static_cast<SimEvent&>(event).mark();
  if (!mark) return state_->lost();
  return push([mark]() -> Status { return mark->wait(); });
}

Status SimStream::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
  return state_->lost();
}

}  // namespace neurofs
