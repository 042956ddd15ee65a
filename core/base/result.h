// Result<T>: a value, or the Status that says why there is none.
//
// Purpose: C++20 has no std::expected; this is the part of it that the project uses.
// Thread-safety: as T. Ownership: holds T by value; move-only T works.
// Errors: reading value() of a failed Result aborts, since it is a bug of the caller's.
//
//   NF_ASSIGN(auto spec, parse(text));   // returns the Status from the enclosing function on
//   failure NF_TRY(store.put(key, bytes));
#pragma once

#include <cstdlib>
#include <optional>
#include <utility>

#include "core/base/status.h"

namespace neurofs {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) std::abort();
  }

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const { return status_; }

  T& value() & {
    if (!value_) std::abort();
    return *value_;
  }
  const T& value() const& {
    if (!value_) std::abort();
    return *value_;
  }
  T&& value() && {
    if (!value_) std::abort();
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::optional<T> value_;
  Status status_;
};

namespace detail {
inline const Status& as_status(const Status& s) {
  return s;
}
template <typename T>
const Status& as_status(const Result<T>& r) {
  return r.status();
}
}  // namespace detail

}  // namespace neurofs

#define NF_CONCAT_INNER(a, b) a##b
#define NF_CONCAT(a, b) NF_CONCAT_INNER(a, b)

#define NF_TRY(expr)                                                             \
  do {                                                                           \
    auto&& nf_try_status = (expr);                                               \
    if (!nf_try_status.ok()) return ::neurofs::detail::as_status(nf_try_status); \
  } while (false)

#define NF_ASSIGN(decl, expr) NF_ASSIGN_IMPL(NF_CONCAT(nf_result_, __LINE__), decl, expr)
// A declaration cannot stand in parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define NF_ASSIGN_IMPL(tmp, decl, expr) \
  auto tmp = (expr);                    \
  if (!tmp.ok()) return tmp.status();   \
  decl = std::move(tmp).value()
// NOLINTEND(bugprone-macro-parentheses)
