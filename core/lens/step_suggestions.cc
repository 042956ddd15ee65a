#include "core/lens/step_suggestions.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "core/lens/lens_step.h"

namespace neurofs {
namespace {

constexpr size_t kMaxShown = 32;  // bytes of an unknown name in a message; no step's is longer

// The least number of bytes to insert, remove or replace that turns one name into the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

void append(std::string* list, std::string_view name) {
  if (!list->empty()) *list += ", ";
  *list += name;
}

}  // namespace

Status unknown_step(std::string_view name) {
  const std::string shown(name.substr(0, kMaxShown));
  std::string near;
  std::string known;
  for (const auto& [other, plugin] : LensStepRegistry::instance().all()) {
    if (plugin.factory.canonical != other) continue;
    append(&known, other);
    const bool begins = !shown.empty() && other.compare(0, shown.size(), shown) == 0;
    if (begins || edit_distance(shown, other) <= std::min<size_t>(2, shown.size() / 2)) {
      append(&near, other);
    }
  }
  return not_found("there is no lens step \"" + shown + "\"" +
                   (near.empty() ? "" : "; like it: " + near) + "; known steps: " + known);
}

}  // namespace neurofs
