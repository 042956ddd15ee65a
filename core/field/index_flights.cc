#include "core/field/index_flights.h"

#include "core/base/scope_wait.h"

namespace neurofs {

bool IndexFlights::Taken::begin(const ShardId& id) {
  {
    const std::lock_guard lock(flights_.mutex_);
    if (!flights_.flying_.insert(id).second) return false;
  }
  ids_.push_back(id);
  return true;
}

IndexFlights::Taken::~Taken() {
  {
    const std::lock_guard lock(flights_.mutex_);
    for (const ShardId& id : ids_) flights_.flying_.erase(id);
  }
  if (!ids_.empty()) flights_.landed_.notify_all();
}

Status IndexFlights::wait(const ShardId& id) {
  ScopeWait wait(mutex_, landed_);
  std::unique_lock lock(mutex_);
  const ScopeEnd end = wait.wait(lock, [&] { return !flying_.contains(id); });
  return scope_status(end, "the index of a shard");
}

}  // namespace neurofs
