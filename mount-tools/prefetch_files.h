// Which files of a mount stand for a path that is to be prefetched.
//
// Purpose: a file stands for itself; a field's directory and its neurons/ for the whole field, as one file; a group
// for all of its fields; regions/ for the named regions; a bucket below neurons/ for its neurons.
// Thread-safety: main thread. Errors: kNotFound for what is not there, kInvalidArgument for what is in no mount
// or holds nothing of a field; messages name the path.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace neurofs::tools {

struct PrefetchFile {
  std::string path;
  uint64_t size = 0;
};

struct PrefetchFiles {
  std::string mountpoint;
  std::vector<PrefetchFile> files;
};

Result<PrefetchFiles> prefetch_files(const std::string& path);

}  // namespace neurofs::tools
