#include "fs/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace neurofs {
namespace {

// Standard streams, /dev/fuse, signals, the store's root, and some to spare.
constexpr rlim_t kReserved = 16;
constexpr rlim_t kShare = 4;  // workers get a quarter, files a quarter (core/storage/file_store.cc)

}  // namespace

void raise_descriptor_limit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

unsigned workers_within_limit(unsigned wanted) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t room = limit.rlim_cur > kReserved ? (limit.rlim_cur - kReserved) / kShare : 0;
  return static_cast<unsigned>(std::clamp<rlim_t>(room, 2, std::max(wanted, 2u)));
}

}  // namespace neurofs
