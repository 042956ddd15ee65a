// IndexFlights: which shard indexes are being read, so that many readers of one shard ask for its index once.
//
//   Taken::begin(id):  the first takes it, reads, keeps what it learned where the others look; Taken's end lands it
//   wait(id):          the others; afterwards they look, and read for themselves if that reader failed
// Who waits must have landed all that it took: no two readers then wait for each other.
// Thread-safety: every method from any thread. Errors of wait(): the end of the thread's ReadScope.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "core/base/status.h"
#include "core/field/shard_index_cache.h"

namespace neurofs {

class IndexFlights {
 public:
  // What one reader has taken; its end lands all of it, whatever happens.
  class Taken {
   public:
    Taken(IndexFlights& flights, size_t most) : flights_(flights) { ids_.reserve(most); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    ~Taken();

    // True: the caller is to read it. At most `most` times.
    bool begin(const ShardId& id);

   private:
    IndexFlights& flights_;
    std::vector<ShardId> ids_;
  };

  Status wait(const ShardId& id);

 private:
  std::mutex mutex_;
  std::condition_variable landed_;
  std::unordered_set<ShardId, ShardIdHash> flying_;  // guarded by mutex_
};

}  // namespace neurofs
