#include "core/field/index_flights.h"

#include "core/base/scope_wait.h"

namespace neurofs {

bool IndexFlights::begin(const ShardId& id) {
  const std::lock_guard lock(mutex_);
  return flying_.insert(id).second;
}

void IndexFlights::land(const ShardId& id) {
  {
    const std::lock_guard lock(mutex_);
    flying_.erase(id);
  }
  landed_.notify_all();
}

Status IndexFlights::wait(const ShardId& id) {
  ScopeWait wait(mutex_, landed_);
  std::unique_lock lock(mutex_);
  const ScopeEnd end = wait.wait(lock, [&] { return !flying_.contains(id); });
  return scope_status(end, "the index of a shard");
}

}  // namespace neurofs
