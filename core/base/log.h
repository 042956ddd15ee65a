// Logging seam: lower layers say what happened; the program decides where it goes.
//
// Purpose: keep core free of any logging library. mount-tools installs a spdlog sink; libraries and
// tests may install their own. Without a sink, warnings and errors go to standard error.
// Thread-safety: log() from any thread; set_log_sink() before threads start.
// Secrets never reach a message: whoever formats a URL or header redacts it first.
#pragma once

#include <functional>
#include <string_view>

namespace neurofs {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarning, kError };

using LogSink = std::function<void(LogLevel, std::string_view message)>;

void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view message);

inline void log_warning(std::string_view m) {
  log(LogLevel::kWarning, m);
}
inline void log_error(std::string_view m) {
  log(LogLevel::kError, m);
}
inline void log_info(std::string_view m) {
  log(LogLevel::kInfo, m);
}

}  // namespace neurofs
