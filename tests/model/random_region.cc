#include "tests/model/random_region.h"

#include <algorithm>

namespace neurofs::model {
namespace {

constexpr size_t kLongestText = 200;

struct Term {
  std::string text;
  AxisSlice slice;
};

AxisSlice whole(Index n) {
  return {.start = 0, .count = n, .step = 1, .drop = false};
}

// slice.indices() of Python, and the length of that range.
AxisSlice resolve(Index n, bool has_start, Index start, bool has_stop, Index stop, Index step) {
  const auto clip = [&](Index i) {
    if (i < 0) i += n;
    return std::clamp<Index>(i, step > 0 ? 0 : -1, step > 0 ? n : n - 1);
  };
  const Index first = has_start ? clip(start) : step > 0 ? 0 : n - 1;
  const Index last = has_stop ? clip(stop) : step > 0 ? n : -1;
  Index count = 0;
  for (Index i = first; step > 0 ? i < last : i > last; i += step) ++count;
  return {.start = first, .count = count, .step = step, .drop = false};
}

Term random_slice(Random& random, Index n) {
  const bool has_start = random.chance(0.7);
  const bool has_stop = random.chance(0.7);
  const bool has_step = random.chance(0.5);
  const Index start = random.between(-n - 3, n + 3);
  const Index stop = random.between(-n - 3, n + 3);
  Index step = has_step ? random.between(-4, 4) : 1;
  if (step == 0) step = -1;
  std::string text = has_start ? std::to_string(start) : "";
  text += ":";
  if (has_stop) text += std::to_string(stop);
  if (has_step) text += ":" + std::to_string(step);
  return {text, resolve(n, has_start, start, has_stop, stop, step)};
}

Term random_term(Random& random, Index n) {
  if (n > 0 && random.chance(0.3)) {
    const Index i = random.between(-n, n - 1);
    return {std::to_string(i), {.start = i < 0 ? i + n : i, .count = 1, .step = 1, .drop = true}};
  }
  if (random.chance(0.3)) return {":", whole(n)};
  return random_slice(random, n);
}

}  // namespace

NamedRegion random_region(Random& random, const Dims& shape) {
  NamedRegion out;
  std::string text;
  // Axes [gap, gap + skipped) stay whole: behind "..." or, at the end, by being left out.
  const Index rank = static_cast<Index>(shape.size());
  const bool ellipsis = rank == 0 || random.chance(0.2);
  const Index gap = random.chance(0.5) ? rank : random.between(0, rank);
  const Index skipped = ellipsis || random.chance(0.2) ? random.between(0, rank - gap) : 0;
  const auto add = [&](const std::string& term) {
    if (!text.empty()) text += ",";
    text += term;
  };
  for (Index axis = 0; axis < rank; ++axis) {
    const Index n = shape[static_cast<size_t>(axis)];
    if (ellipsis && axis == gap) add("...");
    const bool in_gap = ellipsis ? axis >= gap && axis < gap + skipped : false;
    if (in_gap || text.size() > kLongestText - 60) {
      out.region.axes.push_back(whole(n));
      if (!in_gap) add(":");
      continue;
    }
    const Term term = random_term(random, n);
    add(term.text);
    out.region.axes.push_back(term.slice);
  }
  if (ellipsis && gap == rank) add("...");
  // Fewer terms than axes: drop trailing whole-axis terms of the text.
  while (!ellipsis && text.size() > 2 && text.ends_with(",:") && random.chance(0.5)) {
    text.resize(text.size() - 2);
  }
  out.text = text;
  return out;
}

}  // namespace neurofs::model
