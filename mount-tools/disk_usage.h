// How much disk a local field takes: allocated blocks, not lengths, since shards are sparse.
//
// Bounded: looks at kMaxFilesCounted files at most. Thread-safe, no links followed.
#pragma once

#include <cstdint>
#include <string>

namespace neurofs::tools {

inline constexpr uint64_t kMaxFilesCounted = 100'000;

struct DiskUsage {
  uint64_t bytes = 0;
  uint64_t files = 0;
  bool complete = true;  // false: there are more files than were counted
};

DiskUsage disk_usage(const std::string& path);

}  // namespace neurofs::tools
