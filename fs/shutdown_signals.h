// ShutdownSignals: SIGTERM, SIGINT and SIGHUP as something a thread can wait for.
//
// Purpose: handlers may do almost nothing, so they write to a pipe; whoever waits decides.
// SIGPIPE is ignored meanwhile. The former actions come back with the destructor.
// Thread-safety: one object at a time in a process; wait() from one thread.
#pragma once

#include <csignal>

#include "core/base/result.h"

namespace neurofs {

class ShutdownSignals {
 public:
  ShutdownSignals();
  ~ShutdownSignals();
  ShutdownSignals(const ShutdownSignals&) = delete;
  ShutdownSignals& operator=(const ShutdownSignals&) = delete;

  // The next signal's number; 0 when `timeout_ms` passed (-1: no limit), wake() was called, or the other end of
  // `*connection` has gone, which is then -1. Null or negative: none is looked at.
  int wait(int timeout_ms, int* connection = nullptr);
  // Ends a wait() from another thread.
  void wake();

 private:
  struct sigaction old_term_ {};
  struct sigaction old_int_ {};
  struct sigaction old_hup_ {};
  struct sigaction old_pipe_ {};
  int wake_fd_ = -1;
};

}  // namespace neurofs
