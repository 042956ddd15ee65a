#include "core/engine/device_batch.h"

#include <utility>

namespace neurofs {

DeviceBatch::Impl::Impl(std::shared_ptr<FieldState> field, DeviceTier& tier, DeviceTier::Gpu& gpu)
    : field_(std::move(field)), tier_(tier), gpu_(gpu) {}

Status DeviceBatch::Impl::record(DeviceStream& stream) {
  if (event_ == nullptr) {
    NF_ASSIGN(event_, gpu_.device->make_event());
  }
  NF_TRY(stream.record(*event_));
  recorded_ = true;
  return {};
}

Result<bool> DeviceBatch::Impl::done() {
  if (!recorded_) return true;
  auto passed = event_->done();
  if (passed.ok() && !*passed) return false;
  NF_TRY(wait());
  return true;
}

Status DeviceBatch::Impl::wait() {
  Status passed;
  if (std::exchange(recorded_, false)) passed = event_->wait();
  tier_.note(passed);
  settle(passed.ok());
  use.end();
  memory = {};
  return passed;
}

void DeviceBatch::Impl::settle(bool passed) {
  uint64_t published = 0;
  for (const Upload& u : uploads) {
    if (passed && u.whole) {
      gpu_.share->publish(u.key, u.slot);
      ++published;
    } else {
      gpu_.share->give_back(u.slot);
    }
  }
  tier_.count_promotions(published);
  uploads.clear();
}

DeviceBatch::DeviceBatch() = default;
DeviceBatch::DeviceBatch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeviceBatch::DeviceBatch(DeviceBatch&&) noexcept = default;
DeviceBatch& DeviceBatch::operator=(DeviceBatch&&) noexcept = default;
DeviceBatch::~DeviceBatch() = default;

Result<bool> DeviceBatch::done() {
  if (impl_ == nullptr) return true;
  return impl_->done();
}

Status DeviceBatch::wait() {
  return impl_ == nullptr ? Status() : impl_->wait();
}

}  // namespace neurofs
