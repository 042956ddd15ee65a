#include "mount-tools/report.h"

#include <fmt/format.h>

#include <cstdio>

#include "mount-tools/commands.h"

namespace neurofs::tools {
namespace {

void print(std::string_view command, const Status& status, std::string_view next) {
  fmt::print(stderr, "neurofs {}: {}{}{}\n", command, status.message(), next.empty() ? "" : "; ",
             next);
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

}  // namespace neurofs::tools
