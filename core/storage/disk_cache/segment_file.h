// SegmentFile: the data file of a part of a disk cache, as an array of segments.
//
// Purpose: allocation (fallocate, and holes when it shrinks), aligned writes, reads of summaries, all with O_DIRECT
// where the file system takes it. Entries are read past it, through file().
// Thread-safety: file() is for any thread; the rest for one. Ownership: owns its descriptors.
// Errors: an errno, 0 when all is well.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <optional>

#include "core/storage/aligned_buffer.h"
#include "core/storage/disk_cache/segment_format.h"
#include "core/storage/open_file.h"

namespace neurofs {

struct SegmentRecords {
  SegmentFrame frame;
  std::vector<EntryRecord> entries;
};

class SegmentFile {
 public:
  static Result<std::unique_ptr<SegmentFile>> open(int dir, const std::string& where,
                                                   uint64_t segment_bytes, bool create,
                                                   bool direct);

  uint64_t segment_bytes() const { return segment_bytes_; }
  uint32_t segments() const;  // that the file has room for, allocated or not
  bool linked() const;        // still has a name
  const std::shared_ptr<OpenFile>& file() const { return file_; }

  int allocate(uint32_t segment);
  int release(uint32_t segment);  // makes a hole; what a file system cannot do is no error
  // `parts` are aligned in memory and length.
  int write(uint32_t segment, uint64_t at, std::span<const iovec> parts);
  int read(uint32_t segment, uint64_t at, MutableBytes aligned) const;
  // Of a summary, else of the groups as far as they go on; nothing where there is no segment.
  // `error` is set when the disk fails.
  std::optional<SegmentRecords> records(uint32_t segment, int* error) const;

 private:
  explicit SegmentFile(uint64_t segment_bytes) : segment_bytes_(segment_bytes) {}
  std::optional<SegmentRecords> summary(uint32_t segment, MutableBytes page, int* error) const;
  uint64_t start(uint32_t segment) const { return segment * segment_bytes_; }

  const uint64_t segment_bytes_;
  UniqueFd fd_;
  std::shared_ptr<OpenFile> file_;
};

}  // namespace neurofs
