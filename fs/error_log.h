// ErrorLog: failed reads and refused names, told to people without flooding them.
//
// Purpose: every EIO names store, key, range and cause in the log (at most kMaxPerSecond lines;
// what was left out is counted) and the newest ones stay readable in .neurofs/errors, beside the
// arrays that did not open and the newest names that are no lenses. Thread-safety: every method from any thread.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/log.h"
#include "core/base/metrics.h"
#include "core/base/status.h"

namespace neurofs {

class ErrorLog {
 public:
  // `metrics` must outlive the object.
  explicit ErrorLog(Metrics& metrics);

  // An array of the source that is not shown, and why.
  void add_refused(std::string path, const Status& status);
  // A read of `path` (inside the mount) that failed.
  void add_failed_read(const std::string& path, uint64_t offset, uint64_t length,
                       const Status& status);

  // A name that somebody looked up and that is not what it seems to be; `path` as for reads.
  void add_refused_name(const std::string& path, const Status& status);

  // JSON lines: refused arrays, the newest refused names, the newest failed reads.
  std::string json_lines() const;

 private:
  static constexpr int kMaxPerSecond = 10;
  static constexpr size_t kKept = 100;

  // Keeps `line` among `newest` and logs `message`, unless too much was logged in this second.
  void keep(std::deque<std::string>& newest, std::string line, std::string message, LogLevel level);
  bool may_log();  // with mutex_ held

  Counter& failed_reads_;
  mutable std::mutex mutex_;
  std::vector<std::string> refused_;                // guarded by mutex_
  std::deque<std::string> names_;                   // guarded by mutex_
  std::deque<std::string> failed_;                  // guarded by mutex_
  std::chrono::steady_clock::time_point second_{};  // guarded by mutex_
  int logged_in_second_ = 0;                        // guarded by mutex_
  uint64_t suppressed_ = 0;                         // guarded by mutex_
};

}  // namespace neurofs
