// The grammar, over bytes; there is no other spelling of a number, and no blank anywhere:
//
//   region := term ("," term)*
//   term   := "..." | number | [number] ":" [number] [":" [number]]
//   number := ["-"] ("0" | nonzero-digit digit*)
//
// Numbers beyond 64 bits saturate, which is what CPython's PySlice_Unpack does with slice bounds;
// as an integer index a saturated number is always out of range.
#include <algorithm>
#include <limits>
#include <optional>

#include "core/base/checked.h"
#include "core/geometry/region.h"

namespace neurofs {
namespace {

constexpr size_t kMaxText = 255;
constexpr Index kMin = std::numeric_limits<Index>::min();
constexpr Index kMax = std::numeric_limits<Index>::max();

struct Term {
  enum class Kind : uint8_t { kEllipsis, kInteger, kSlice };
  Kind kind = Kind::kSlice;
  std::optional<Index> start;  // the value of an integer
  std::optional<Index> stop;
  std::optional<Index> step;
};

class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool eat(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  // False for text that begins like a number and is none.
  bool number(std::optional<Index>* out);

 private:
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }

  std::string_view rest_;
};

bool Cursor::number(std::optional<Index>* out) {
  const bool negative = eat("-");
  if (!at_digit()) return !negative;
  const bool zero = rest_[0] == '0';
  bool fits = true;
  Index value = 0;
  size_t digits = 0;
  for (; at_digit(); ++digits) {
    const Index digit = rest_[0] - '0';
    rest_.remove_prefix(1);
    fits = fits && checked_mul(value, Index{10}, &value) && checked_add(value, digit, &value);
  }
  if (zero && digits > 1) return false;
  *out = negative ? (fits ? -value : kMin) : (fits ? value : kMax);
  return true;
}

bool parse_term(Cursor& in, Term* term) {
  if (in.eat("...")) {
    term->kind = Term::Kind::kEllipsis;
    return true;
  }
  if (!in.number(&term->start)) return false;
  if (!in.eat(":")) {
    term->kind = Term::Kind::kInteger;
    return term->start.has_value();
  }
  term->kind = Term::Kind::kSlice;
  if (!in.number(&term->stop)) return false;
  return !in.eat(":") || in.number(&term->step);
}

// A name is whatever a program passed to open(); it must not be able to forge a log line.
std::string quoted(std::string_view text) {
  std::string name(text);
  for (char& c : name) {
    if (c < 0x20 || c == 0x7f) c = '?';
  }
  return "region \"" + name + "\"";
}

Status on_axis(std::string_view text, size_t axis, Index n, std::string_view why) {
  return invalid_argument(quoted(text) + ": " + std::string(why) + " on axis " +
                          std::to_string(axis) + ", which has size " + std::to_string(n));
}

Index clip(Index bound, Index n, bool backwards) {
  if (bound < 0) {
    bound += n;
    if (bound < 0) return backwards ? -1 : 0;
  }
  if (bound >= n) return backwards ? n - 1 : n;
  return bound;
}

// CPython's PySlice_AdjustIndices. Precondition: the step is not 0.
AxisSlice resolve_slice(const Term& term, Index n) {
  const Index step = std::max(term.step.value_or(1), -kMax);  // -step must not overflow
  const bool backwards = step < 0;
  const Index start = clip(term.start.value_or(backwards ? kMax : 0), n, backwards);
  const Index stop = term.stop ? clip(*term.stop, n, backwards) : (backwards ? -1 : n);
  AxisSlice slice;
  if (backwards && stop < start) slice.count = (start - stop - 1) / -step + 1;
  if (!backwards && start < stop) slice.count = (stop - start - 1) / step + 1;
  if (slice.count > 0) slice.start = start;
  if (slice.count > 1)
    slice.step = step;  // a step that is never taken must not make regions differ
  return slice;
}

Status append(const Term& term, std::string_view text, const Dims& shape, Region* region) {
  const size_t axis = region->axes.size();
  if (axis == shape.size()) {
    return invalid_argument(quoted(text) + " has more terms than the " +
                            std::to_string(shape.size()) + " axes of shape " + to_string(shape));
  }
  const Index n = shape[axis];
  if (term.kind == Term::Kind::kSlice) {
    if (term.step == 0) return on_axis(text, axis, n, "the step is 0");
    region->axes.push_back(resolve_slice(term, n));
    return {};
  }
  const Index at = *term.start < 0 ? *term.start + n : *term.start;
  if (at < 0 || at >= n) return on_axis(text, axis, n, "the index is out of range");
  region->axes.push_back({.start = at, .count = 1, .step = 1, .drop = true});
  return {};
}

// How many terms name an axis, and whether the text is a region at all.
bool scan(std::string_view text, size_t* axis_terms, size_t* ellipses) {
  Cursor in(text);
  do {
    Term term;
    if (!parse_term(in, &term)) return false;
    ++*(term.kind == Term::Kind::kEllipsis ? ellipses : axis_terms);
  } while (in.eat(","));
  return in.done();
}

}  // namespace

Result<Region> parse_region(std::string_view text, const Dims& shape) {
  size_t axis_terms = 0;
  size_t ellipses = 0;
  if (text.size() > kMaxText || !scan(text, &axis_terms, &ellipses)) {
    return not_found(quoted(text.substr(0, 64)) + " is not a slice as NumPy writes it");
  }
  if (ellipses > 1) return invalid_argument(quoted(text) + " has more than one \"...\"");

  Region region;
  Cursor in(text);
  do {
    Term term;
    parse_term(in, &term);
    if (term.kind != Term::Kind::kEllipsis) {
      NF_TRY(append(term, text, shape, &region));
      continue;
    }
    for (size_t skip = axis_terms; skip < shape.size(); ++skip) {
      NF_TRY(append(Term{}, text, shape, &region));
    }
  } while (in.eat(","));
  while (region.axes.size() < shape.size()) NF_TRY(append(Term{}, text, shape, &region));
  NF_TRY(element_count(region.full_shape()));
  return region;
}

}  // namespace neurofs
