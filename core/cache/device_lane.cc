#include "core/cache/device_lane.h"

#include <new>
#include <utility>

namespace neurofs {

DeviceLane::DeviceLane(std::shared_ptr<Device> device, uint64_t half_bytes)
    : device_(std::move(device)), half_bytes_(half_bytes), staging_(2 * half_bytes) {}

Result<std::unique_ptr<DeviceLane>> DeviceLane::make(const std::shared_ptr<Device>& device,
                                                     uint64_t half_bytes) {
  std::unique_ptr<DeviceLane> lane;
  try {
    lane.reset(new DeviceLane(device, half_bytes));
  } catch (const std::bad_alloc&) {
    return no_memory("no memory for the copies to and from the GPU");
  }
  // Where the system refuses to pin so much, copies are slower and still right.
  const Status pinned = device->pin_host(&lane->staging_[0], 2 * half_bytes);
  lane->pinned_ = pinned.ok();
  if (!pinned.ok() && device->is_lost()) return pinned;
  NF_ASSIGN(lane->scratch_, device->allocate(2 * half_bytes));
  for (size_t i = 0; i < 2; ++i) {
    Half& half = lane->halves_[i];
    half.staging = &lane->staging_[i * half_bytes];
    half.scratch = lane->scratch_.address() + i * half_bytes;
    NF_ASSIGN(half.passed, device->make_event());
  }
  NF_ASSIGN(lane->stream_, device->make_stream());
  return lane;
}

DeviceLane::~DeviceLane() {
  if (stream_ != nullptr) static_cast<void>(stream_->wait());  // a lost device uses no memory
  stream_.reset();
  if (pinned_) device_->unpin_host(&staging_[0]);
}

Result<DeviceLane::Half*> DeviceLane::next() {
  Half& half = halves_[turn_];
  turn_ = 1 - turn_;
  if (half.sent) NF_TRY(half.passed->wait());
  half.sent = false;
  return &half;
}

Status DeviceLane::send(Half& half) {
  NF_TRY(stream_->record(*half.passed));
  half.sent = true;
  return {};
}

Result<LanePool::Lease> LanePool::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return !free_.empty() || made_ < most_; });
  if (!free_.empty()) {
    auto lane = std::move(free_.back());
    free_.pop_back();
    return Lease(this, std::move(lane));
  }
  ++made_;
  lock.unlock();
  auto lane = DeviceLane::make(device_, half_bytes_);
  if (lane.ok()) return Lease(this, std::move(*lane));
  lock.lock();
  --made_;
  lock.unlock();
  freed_.notify_one();
  return lane.status();
}

void LanePool::give_back(std::unique_ptr<DeviceLane> lane) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(lane));
  }
  freed_.notify_one();
}

}  // namespace neurofs
