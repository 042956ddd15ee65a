#include "core/storage/remote/retry_policy.h"

#include <algorithm>

namespace neurofs {

std::optional<std::chrono::milliseconds> RetryPolicy::pause(
    int attempts, std::optional<std::chrono::milliseconds> retry_after,
    std::chrono::milliseconds left, uint64_t random) const {
  using std::chrono::milliseconds;
  if (attempts > retries) return std::nullopt;
  milliseconds base = std::max(first, milliseconds(1));
  for (int i = 1; i < attempts && base < most; ++i) base *= 2;
  base = std::min(base, most);
  const auto half = static_cast<uint64_t>(base.count()) / 2;
  milliseconds pause(static_cast<int64_t>(base.count() - half + random % (half + 1)));
  if (retry_after) pause = std::max(pause, *retry_after);
  if (pause >= left) return std::nullopt;
  return pause;
}

}  // namespace neurofs
