#include "core/base/status.h"

#include <array>
#include <utility>

namespace neurofs {

std::string_view code_name(Code code) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "ok",          "not_found",     "invalid_argument", "overflow",
      "corrupt",     "io_error",      "timeout",          "permission",
      "stale",       "read_only",     "unsupported",      "no_memory",
      "interrupted", "name_too_long", "exists",           "internal"};
  const auto i = static_cast<size_t>(code);
  return i < kNames.size() ? kNames[i] : "unknown";
}

Status::Status(Code code, std::string message)
    : rep_(code == Code::kOk ? nullptr
                             : std::make_shared<const Rep>(Rep{code, std::move(message)})) {}

const std::string& Status::message() const {
  static const std::string kEmpty;
  return rep_ ? rep_->message : kEmpty;
}

Status Status::with_context(std::string_view context) const {
  if (ok()) return *this;
  std::string message(context);
  message += ": ";
  message += rep_->message;
  return {rep_->code, std::move(message)};
}

std::string Status::to_string() const {
  std::string text(code_name(code()));
  if (!ok()) {
    text += ": ";
    text += rep_->message;
  }
  return text;
}

}  // namespace neurofs
