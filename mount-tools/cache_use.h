// Which mounts of this machine use a cache directory, as they say themselves.
//
// Thread-safety: any thread. A mount that does not answer, or is another user's, is not known to use any.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace neurofs::tools {

struct CacheUser {
  std::string mountpoint;
  uint64_t limit_bytes = 0;  // --cache-size
};

std::vector<CacheUser> cache_users(const std::string& directory);

}  // namespace neurofs::tools
