// RequestCounters: how often the kernel asked, by kind of request.
//
// Purpose: tells a user whether a program is answered from the kernel's caches (nothing moves here)
// or comes to the daemon, and with what. Thread-safety: any thread. Ownership: borrows the Metrics.
// Forgets are not counted: nobody waits for them.
#pragma once

#include <array>

#include "core/base/metrics.h"

namespace neurofs {

enum class Request : uint8_t {
  kLookup,
  kGetattr,
  kOpen,
  kFlush,
  kRead,
  kReaddir,
  kXattr,
  kOther,
};

class RequestCounters {
 public:
  explicit RequestCounters(Metrics& metrics)
      : counters_{&metrics.counter("fs_lookups_total", "Name look-ups from the kernel"),
                  &metrics.counter("fs_getattrs_total", "Attribute requests from the kernel"),
                  &metrics.counter("fs_opens_total", "Open requests of files and directories"),
                  &metrics.counter("fs_flushes_total", "Flush requests from the kernel"),
                  &metrics.counter("fs_reads_total", "Read requests from the kernel"),
                  &metrics.counter("fs_readdirs_total", "Listing requests from the kernel"),
                  &metrics.counter("fs_xattrs_total", "Extended attribute requests"),
                  &metrics.counter("fs_other_requests_total", "Other requests from the kernel")} {}

  void add(Request request) { counters_[static_cast<size_t>(request)]->add(); }

 private:
  const std::array<Counter*, 8> counters_;  // by Request
};

}  // namespace neurofs
