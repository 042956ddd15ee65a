#include "fs/path_grammar.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/base/checked.h"
#include "fs/view.h"

namespace neurofs {
namespace {

constexpr size_t kMaxDigits = 19;  // of 2^63 - 1

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

std::optional<FileName> parse_file_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  if (name.size() > kMaxName || dot == std::string_view::npos || dot == 0) return std::nullopt;
  const int view = find_view(name.substr(dot + 1));
  if (view < 0) return std::nullopt;
  return FileName{name.substr(0, dot), view};
}

std::optional<Index> parse_number(std::string_view text, Index limit) {
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  if (text[0] == '0' && text.size() > 1) return std::nullopt;
  Index value = 0;
  for (const char c : text) {
    if (!is_digit(c) || !checked_mul<Index>(value, 10, &value) ||
        !checked_add<Index>(value, c - '0', &value)) {
      return std::nullopt;
    }
  }
  if (value >= limit) return std::nullopt;
  return value;
}

std::optional<Index> parse_neuron(std::string_view stem, const Dims& neuron_shape) {
  Index neuron = 0;
  for (size_t axis = 0; axis < neuron_shape.size(); ++axis) {
    const bool last = axis + 1 == neuron_shape.size();
    const size_t comma = stem.find(',');
    if (last != (comma == std::string_view::npos)) return std::nullopt;
    const auto index = parse_number(stem.substr(0, comma), neuron_shape[axis]);
    if (!index) return std::nullopt;
    neuron = neuron * neuron_shape[axis] + *index;  // below the field's neuron count
    if (!last) stem.remove_prefix(comma + 1);
  }
  if (neuron_shape.empty()) return std::nullopt;
  return neuron;
}

std::string format_neuron(Index neuron, const Dims& neuron_shape) {
  Dims index(neuron_shape.size(), 0);
  for (size_t axis = neuron_shape.size(); axis-- > 0;) {
    index[axis] = neuron % neuron_shape[axis];
    neuron /= neuron_shape[axis];
  }
  std::string text;
  for (const Index i : index) {
    if (!text.empty()) text += ',';
    text += std::to_string(i);
  }
  return text;
}

bool is_region_alias(std::string_view text) {
  if (text.empty() || text.size() > kMaxName || !is_letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

BucketTree::BucketTree(Index neurons) : neurons_(neurons) {
  for (Index rest = neurons; rest > kFanOut; rest = ceil_div(rest, kFanOut)) ++levels_;
}

Index BucketTree::count_at(int depth) const {
  Index count = neurons_;
  for (int d = levels_ + 1; d > depth; --d) count = ceil_div(count, kFanOut);
  return count;
}

BucketTree::Children BucketTree::children(int depth, Index number) const {
  const Index first = number * kFanOut;  // cannot overflow: the bucket exists
  const Index all = count_at(depth + 1);
  return {first, all - first < kFanOut ? all : first + kFanOut};
}

std::optional<Index> BucketTree::find_child(int depth, Index number, std::string_view text) const {
  if (depth >= levels_) return std::nullopt;
  const Children range = children(depth, number);
  if (depth == 0) return parse_number(text, range.end);
  if (text.size() != 3 || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  const Index child = range.first + (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (child >= range.end) return std::nullopt;
  return child;
}

std::string BucketTree::name(int depth, Index number) const {
  if (depth <= 1) return std::to_string(number);
  std::array<char, 8> text;
  std::snprintf(text.data(), text.size(), "%03d", static_cast<int>(number % kFanOut));
  return text.data();
}

}  // namespace neurofs
