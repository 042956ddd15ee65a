#include "mount-tools/report.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/base/log.h"
#include "mount-tools/commands.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

void print(std::string_view command, const Status& status, std::string_view next) {
  fmt::print(stderr, "neurofs {}: {}{}{}\n", command, printable(status.message()),
             next.empty() ? "" : "; ", printable(next));
}

}  // namespace

int fail(std::string_view command, const Status& status, std::string_view next) {
  print(command, status, next);
  return kExitFailed;
}

int fail_usage(std::string_view command, const Status& status, std::string_view next) {
  print(command, status, next);
  return kExitUsage;
}

void report_warnings() {
  set_log_sink([](LogLevel level, std::string_view message) {
    if (level < LogLevel::kWarning) return;
    fmt::print(stderr, "neurofs: {}: {}\n", level == LogLevel::kError ? "error" : "warning",
               printable(message));
  });
}

}  // namespace neurofs::tools
