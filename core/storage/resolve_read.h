// What a ReadOp asks of an object whose size is known: one range and its destinations.
//
// Purpose: the meaning of `origin`, `whole` and `range` is the same in every store, so it is
// decided in one place. Pure; any thread.
#pragma once

#include "core/storage/object_store.h"

namespace neurofs {

// True when the range depends on the object's size (suffix reads and whole reads), or the size is
// asked for.
inline bool needs_size(const ReadOp& op) {
  return op.whole != nullptr || op.origin == ReadOp::Origin::kEnd || op.seen != nullptr;
}

// The range in the object. Errors: kInvalidArgument when the destinations do not add up to the
// length; kCorrupt for a range that passes the end, or an object over `whole_limit`. `url` is for
// the message. A read that does not need the size may pass UINT64_MAX.
Result<ByteRange> resolve_read(const ReadOp& op, uint64_t object_size, std::string_view url);

// The error of a range that passes the end.
Status past_end(std::string_view url, std::string_view key, ByteRange range, uint64_t object_size);

// ok when `version` is the expected one, or none is expected (""); else kStale.
Status check_version(const ReadOp& op, std::string_view expected, std::string_view version,
                     std::string_view url);

// Marks the op as failed.
void fail(ReadOp& op, Status status);

}  // namespace neurofs
