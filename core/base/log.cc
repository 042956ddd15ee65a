#include "core/base/log.h"

#include <cstdio>
#include <utility>

namespace neurofs {
namespace {

LogSink& sink() {
  static LogSink instance = [](LogLevel level, std::string_view message) {
    if (level < LogLevel::kWarning) return;
    std::fprintf(stderr, "neurofs: %s: %.*s\n", level == LogLevel::kError ? "error" : "warning",
                 static_cast<int>(message.size()), message.data());
  };
  return instance;
}

}  // namespace

void set_log_sink(LogSink new_sink) {
  sink() = std::move(new_sink);
}

void log(LogLevel level, std::string_view message) {
  sink()(level, message);
}

}  // namespace neurofs
