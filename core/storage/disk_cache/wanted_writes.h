// WantedWrites: while it lives, what its thread writes to a DiskCache was asked for (a prefetch).
//
// Purpose: a cache that is full keeps new entries for a short time only, until they are read again; what a user
// asked for stays as what was read again does. Thread-safety: of one thread; scopes nest.
#pragma once

namespace neurofs {

class WantedWrites {
 public:
  WantedWrites();
  ~WantedWrites();
  WantedWrites(const WantedWrites&) = delete;
  WantedWrites& operator=(const WantedWrites&) = delete;

  static bool on_this_thread();
};

}  // namespace neurofs
