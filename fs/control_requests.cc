#include "fs/control_requests.h"

#include <utility>
#include <vector>

namespace neurofs {

void ControlRequests::expect(void* request) {
  const std::lock_guard lock(mutex_);
  open_[request] = std::make_shared<Cancellation>();
}

void ControlRequests::forget(void* request) {
  const std::lock_guard lock(mutex_);
  open_.erase(request);
}

bool ControlRequests::submit(void* request, Work work, Reply reply) {
  std::shared_ptr<Cancellation> cancellation;
  {
    const std::lock_guard lock(mutex_);
    cancellation = open_[request];
    if (stopped_) cancellation->cancel();
  }
  const bool queued = threads_.try_submit(
      [this, request, cancellation, work = std::move(work), reply = std::move(reply)] {
        Status outcome;
        {
          // From now: what waited for others may take as long as they did.
          const ReadScope scope(cancellation.get(), ReadScope::Clock::now() + deadline_);
          outcome = work();
        }
        // Before the reply: the kernel's next request may come under the same address.
        forget(request);
        reply(outcome);
      });
  if (!queued) forget(request);
  return queued;
}

void ControlRequests::interrupt(void* request) {
  std::shared_ptr<Cancellation> cancellation;
  {
    const std::lock_guard lock(mutex_);
    const auto it = open_.find(request);
    if (it == open_.end()) return;
    cancellation = it->second;
  }
  cancellation->cancel();
}

void ControlRequests::stop() {
  std::vector<std::shared_ptr<Cancellation>> open;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [request, cancellation] : open_) open.push_back(cancellation);
  }
  for (const auto& cancellation : open) cancellation->cancel();
  threads_.drain();
}

}  // namespace neurofs
