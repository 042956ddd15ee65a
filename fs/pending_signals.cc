#include "fs/pending_signals.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

namespace neurofs {
namespace {

constexpr uint64_t bit(int signal) {
  return uint64_t{1} << (signal - 1);
}

// By default these do nothing, or stop a process that may be continued: its read goes on.
constexpr uint64_t kNotFatal = bit(SIGCHLD) | bit(SIGCONT) | bit(SIGURG) | bit(SIGWINCH) |
                               bit(SIGSTOP) | bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU);
// By these a user asks a program to end; it may do so in a handler of its own.
constexpr uint64_t kAskToEnd = bit(SIGINT) | bit(SIGTERM) | bit(SIGHUP) | bit(SIGQUIT);
constexpr uint64_t kStandard = bit(32) - 1;  // those above are the program's own

// "SigPnd:\t0000000000000100"
uint64_t mask(std::string_view status, std::string_view name) {
  const size_t at = status.find(name);
  if (at == std::string_view::npos) return 0;
  std::string_view text = status.substr(at + name.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

}  // namespace

bool status_has_pending_signal(std::string_view status) {
  const uint64_t pending = mask(status, "\nSigPnd:") | mask(status, "\nShdPnd:");
  const uint64_t heard = pending & ~mask(status, "\nSigBlk:") & ~mask(status, "\nSigIgn:");
  const uint64_t caught = mask(status, "\nSigCgt:");
  const uint64_t ends = (~caught & ~kNotFatal) | (caught & kAskToEnd);
  return (heard & ends & kStandard) != 0;
}

bool has_pending_signal(uint64_t thread_id) {
  const std::ifstream file("/proc/" + std::to_string(thread_id) + "/status");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str().empty() || status_has_pending_signal(text.str());
}

}  // namespace neurofs
