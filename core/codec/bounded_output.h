// BoundedOutput: where a decompressor writes, with the limit that a bomb runs into.
//
// Purpose: one loop per decompressor serves both a caller's buffer that must be filled exactly and
// a vector that grows up to a limit; the vector grows with what is really decoded, never with what
// a header promises. Thread-safety: none; lives on the stack of one decode. Ownership: borrows the
// fixed buffer. Errors: too_long() and finish() make the kCorrupt statuses, so that they read the
// same everywhere.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"

namespace neurofs {

class BoundedOutput {
 public:
  // Into `fixed`, which must be filled exactly.
  explicit BoundedOutput(MutableBytes fixed) : fixed_(fixed), limit_(fixed.size()), exact_(true) {}
  // Into a vector of at most `max_size` bytes.
  explicit BoundedOutput(size_t max_size) : limit_(max_size), exact_(false) {}

  // Where the next bytes go. Empty only at the limit: then one byte more is too_long().
  MutableBytes room();
  // Precondition: n <= the last room().size().
  void advance(size_t n) { size_ += n; }

  // The place for an output that declares its whole size beforehand; kCorrupt if it does not fit.
  // `plausible` bounds what the input can expand to, so that a header alone reserves no memory.
  Result<MutableBytes> claim(size_t size, size_t plausible);

  Status too_long() const;
  // kCorrupt when an exact output is not full.
  Status finish() const;
  // The decoded bytes of a growing output.
  ByteVector take();

 private:
  MutableBytes fixed_;
  ByteVector grown_;
  size_t size_ = 0;
  size_t limit_;
  bool exact_;
};

}  // namespace neurofs
