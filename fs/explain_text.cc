#include "fs/explain_text.h"

#include <algorithm>

#include "fs/path_grammar.h"
#include "fs/view.h"

namespace neurofs {
std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, kMaxName)) + "\"";
}

std::string array_text(const Dims& shape, DataType type) {
  return std::string(zarr_name(type)) + " of shape " + to_string(shape);
}

std::string extensions() {
  std::string text;
  for (const NamedView& view : all_views()) {
    text += (text.empty() ? "." : ", .") + std::string(view.extension);
  }
  return text;
}

std::string view_text(int view) {
  const std::string_view name = all_views()[static_cast<size_t>(view)].extension;
  return ", as " + ViewRegistry::instance().find(name)->description;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string wrong_number(std::string_view text, Index limit) {
  if (text.empty()) return "a number is missing";
  if (!is_digits(text)) {
    return quoted(text) + " is not a number of decimal digits";
  }
  if (text.size() > 1 && text[0] == '0') return quoted(text) + " has zeros in front";
  return quoted(text) + " is past the end: the axis has " + std::to_string(limit) + " entries";
}

std::string wrong_neuron(std::string_view stem, const Dims& neuron_shape) {
  const auto commas = static_cast<size_t>(std::count(stem.begin(), stem.end(), ','));
  if (commas + 1 != neuron_shape.size()) {
    return "a neuron of this field is named by " + std::to_string(neuron_shape.size()) +
           " numbers, one for each neuron axis, with commas between";
  }
  for (size_t axis = 0; axis < neuron_shape.size(); ++axis) {
    const size_t comma = stem.find(',');
    if (!parse_number(stem.substr(0, comma), neuron_shape[axis])) {
      return wrong_number(stem.substr(0, comma), neuron_shape[axis]);
    }
    stem.remove_prefix(std::min(comma + 1, stem.size()));
  }
  return "this neuron is in another directory; neurons/NUMBER.npy finds each";
}

std::string wrong_extension(std::string_view name) {
  return quoted(name) + " has none of the extensions " + extensions();
}

}  // namespace neurofs
