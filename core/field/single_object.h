// SingleObject: the one object of a field that is no Zarr array (.npy, raw), and its version that may be read.
//
// Purpose: the version is asked for once for all who want it, and again after forget(). When it has changed, the
// object's head must say what it said before: the elements of another array would be read as numbers of this one.
// Thread-safety: every method from any thread; no lock is held while the store is asked, and who waits for another's
// question waits no longer than the ReadScope of its thread. Ownership: borrows store and spec.
// Errors of version(): kStale for another array; kIoError for an object that is gone; what the store says.
#pragma once

#include <mutex>
#include <string>

#include "core/field/field_spec.h"
#include "core/field/index_flights.h"
#include "core/storage/object_store.h"

namespace neurofs {

class SingleObject {
 public:
  SingleObject(ObjectStore& store, const FieldSpec& spec, std::string url)
      : store_(store), spec_(spec), url_(std::move(url)), version_(spec.object_version) {}

  Result<std::string> version();
  // The next who asks looks again.
  void forget();

 private:
  struct Known {
    std::string version;  // "": look again
    uint64_t forgotten = 0;
  };
  Known known() const;
  Result<std::string> ask(uint64_t forgotten);
  Result<std::string> read_head();

  ObjectStore& store_;
  const FieldSpec& spec_;
  const std::string url_;
  IndexFlights flights_;  // of one flight at most, under the name of no shard
  mutable std::mutex mutex_;
  std::string version_;     // guarded by mutex_
  uint64_t forgotten_ = 0;  // guarded by mutex_: how often
};

}  // namespace neurofs
