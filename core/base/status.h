// Status: the outcome of an operation that can fail, and why.
//
// Purpose: one error vocabulary for every layer. fs/errno_table maps each Code to exactly one
// errno, so a layer chooses a Code by what happened, never by what errno it wants. Thread-safety:
// immutable after construction; copies share the message. Ownership: an ok Status allocates nothing
// (one null pointer). Messages say what was read from where, why it failed, and what to do next.
// Outer layers add context with `with_context`, so a message reads from the outermost request to
// the innermost cause.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace neurofs {

enum class Code : unsigned char {
  kOk,
  kNotFound,         // no such name, node or object
  kInvalidArgument,  // well-formed but out of bounds, or contradictory
  kOverflow,         // a size or product passes what can be represented
  kCorrupt,          // stored bytes are truncated, undecodable or fail their checksum
  kIoError,          // the store failed, retries used up
  kTimeout,          // the deadline passed
  kPermission,       // the store refused us
  kStale,            // the object changed under an open file
  kReadOnly,         // a write to a read-only view
  kUnsupported,      // codec, data type or extension that this build does not know
  kNoMemory,         // one request needs more than the memory budget
  kInterrupted,      // the caller gave up
  kNameTooLong,      // a name passes the file system's limit
  kExists,           // refused to overwrite
  kInternal,         // a broken invariant: a bug of ours
};

// The name used in logs and in JSON, such as "corrupt".
std::string_view code_name(Code code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message);

  bool ok() const { return !rep_; }
  Code code() const { return rep_ ? rep_->code : Code::kOk; }
  const std::string& message() const;

  // The same code with "context: " before the message; ok stays ok.
  Status with_context(std::string_view context) const;

  // "corrupt: shard c/0/3: index checksum differs"
  std::string to_string() const;

 private:
  struct Rep {
    Code code;
    std::string message;
  };
  std::shared_ptr<const Rep> rep_;
};

inline Status not_found(std::string m) {
  return {Code::kNotFound, std::move(m)};
}
inline Status invalid_argument(std::string m) {
  return {Code::kInvalidArgument, std::move(m)};
}
inline Status overflow(std::string m) {
  return {Code::kOverflow, std::move(m)};
}
inline Status corrupt(std::string m) {
  return {Code::kCorrupt, std::move(m)};
}
inline Status io_error(std::string m) {
  return {Code::kIoError, std::move(m)};
}
inline Status unsupported(std::string m) {
  return {Code::kUnsupported, std::move(m)};
}
inline Status no_memory(std::string m) {
  return {Code::kNoMemory, std::move(m)};
}
inline Status internal_error(std::string m) {
  return {Code::kInternal, std::move(m)};
}

}  // namespace neurofs
