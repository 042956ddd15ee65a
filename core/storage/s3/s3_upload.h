// S3Upload: an object put whole, or in parts where it is large.
//
// Purpose: readers see the old object or the new one: parts show only when the upload is completed. A
// failed upload is aborted, so that its parts are not kept (and paid for). Thread-safety: put_s3() from any
// thread; it starts threads of its own for parts and ends them. Memory: none but the caller's bytes. Each part
// is tried again on its own. Errors: the first part's that fails.
#pragma once

#include "core/storage/s3/s3_parts.h"

namespace neurofs {

struct S3UploadOptions {
  uint64_t whole_limit = uint64_t{64} << 20;  // larger objects go in parts
  uint64_t part_bytes = uint64_t{16} << 20;   // at least; S3 wants 5 MiB or more
  unsigned parallel = 4;
};

Status put_s3(S3Client& client, std::string_view key, Bytes bytes,
              const S3UploadOptions& options = {});

// Pure parts.

// So large that 10,000 parts do.
uint64_t part_size(uint64_t object_bytes, uint64_t least);

}  // namespace neurofs
