// Belady's MIN by brute force: how often a cache of `room` blocks fetches at least.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace neurofs {

inline size_t least_fetches(const std::vector<uint64_t>& accesses, size_t room) {
  std::vector<uint64_t> held;
  size_t fetches = 0;
  for (auto at = accesses.begin(); at != accesses.end(); ++at) {
    if (std::find(held.begin(), held.end(), *at) != held.end()) continue;
    ++fetches;
    if (held.size() == room) {
      const auto is_nearer = [&](uint64_t a, uint64_t b) {
        return std::find(at, accesses.end(), a) < std::find(at, accesses.end(), b);
      };
      held.erase(std::max_element(held.begin(), held.end(), is_nearer));
    }
    held.push_back(*at);
  }
  return fetches;
}

}  // namespace neurofs
