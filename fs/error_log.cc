#include "fs/error_log.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

namespace neurofs {
namespace {

std::string line_of(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

ErrorLog::ErrorLog(Metrics& metrics)
    : failed_reads_(metrics.counter("fs_read_errors_total", "Reads answered with an error")) {}

void ErrorLog::add_refused(std::string path, const Status& status) {
  log_warning("not shown: " + path + ": " + status.to_string());
  const std::lock_guard lock(mutex_);
  refused_.push_back(line_of({{"path", std::move(path)},
                              {"code", code_name(status.code())},
                              {"reason", status.message()}}));
}

bool ErrorLog::may_log() {
  const auto now = std::chrono::steady_clock::now();
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    logged_in_second_ = 0;
  }
  if (logged_in_second_ >= kMaxPerSecond) {
    ++suppressed_;
    return false;
  }
  ++logged_in_second_;
  return true;
}

void ErrorLog::add_failed_read(const std::string& path, uint64_t offset, uint64_t length,
                               const Status& status) {
  failed_reads_.add();
  keep(failed_,
       line_of({{"path", path},
                {"offset", offset},
                {"length", length},
                {"time", std::time(nullptr)},
                {"code", code_name(status.code())},
                {"reason", status.message()}}),
       "read of " + path + " [" + std::to_string(offset) + ", +" + std::to_string(length) +
           ") failed: " + status.to_string(),
       LogLevel::kError);
}

void ErrorLog::add_refused_name(const std::string& path, const Status& status) {
  std::string line = line_of({{"path", path},
                              {"time", std::time(nullptr)},
                              {"code", code_name(status.code())},
                              {"reason", status.message()}});
  keep(names_, std::move(line), "no such name: " + path + ": " + status.message(),
       LogLevel::kWarning);
}

void ErrorLog::keep(std::deque<std::string>& newest, std::string line, std::string message,
                    LogLevel level) {
  // Names are anybody's: none of them begins a line of its own in the log.
  std::replace_if(
      message.begin(), message.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  std::unique_lock lock(mutex_);
  if (newest.size() == kKept) newest.pop_front();
  newest.push_back(std::move(line));
  if (!may_log()) return;
  if (suppressed_ > 0) message += " (" + std::to_string(suppressed_) + " more were not logged)";
  suppressed_ = 0;
  lock.unlock();
  log(level, message);
}

std::string ErrorLog::json_lines() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& line : refused_) text += line;
  for (const auto& line : names_) text += line;
  for (const auto& line : failed_) text += line;
  return text;
}

}  // namespace neurofs
