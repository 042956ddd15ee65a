// WantedWrites: while it lives, what its thread writes to a DiskCache was asked for (a prefetch).
//
// Purpose: a cache that is full keeps new entries for a short time only, until they are read again; what a user
// asked for stays as what was read again does. And it is not dropped where the disk is slow: its writer waits, as
// long as its ReadScope lets it. Thread-safety: of one thread; scopes nest.
#pragma once

#include <cstdint>

namespace neurofs {

class WantedWrites {
 public:
  WantedWrites();
  ~WantedWrites();
  WantedWrites(const WantedWrites&) = delete;
  WantedWrites& operator=(const WantedWrites&) = delete;

  // Entries of this thread, within this scope, that could not be kept.
  uint64_t lost() const;

  static bool on_this_thread();
  // Of who would have kept them; counts nowhere outside any scope.
  static void lose(uint64_t entries);

 private:
  const uint64_t lost_before_;
};

}  // namespace neurofs
