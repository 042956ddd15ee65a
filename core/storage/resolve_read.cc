#include "core/storage/resolve_read.h"

#include "core/base/checked.h"
#include "core/storage/key.h"
#include "core/storage/scatter.h"

namespace neurofs {

Status past_end(std::string_view url, std::string_view key, ByteRange range, uint64_t object_size) {
  return corrupt("reading " + describe_read(url, key, range) + ": the object has only " +
                 std::to_string(object_size) +
                 " bytes; it is truncated, or the metadata that points there is wrong");
}

Result<ByteRange> resolve_read(const ReadOp& op, uint64_t object_size, std::string_view url) {
  if (op.whole != nullptr) {
    if (object_size <= op.whole_limit) return ByteRange{0, object_size};
    return corrupt("reading the whole of " + describe_read(url, op.key, {0, object_size}) +
                   ": it may have at most " + std::to_string(op.whole_limit) + " bytes");
  }
  if (total_size(op.dests) != op.range.length) {
    return invalid_argument("reading " + describe_read(url, op.key, op.range) +
                            ": the destinations hold " + std::to_string(total_size(op.dests)) +
                            " bytes");
  }
  ByteRange range = op.range;
  if (op.origin == ReadOp::Origin::kEnd) {
    if (range.offset > object_size) {
      return corrupt("reading the last " + std::to_string(range.offset) + " bytes of " +
                     quote_key(op.key) + " in " + std::string(url) + ": the object has only " +
                     std::to_string(object_size) + " bytes; it is truncated");
    }
    range.offset = object_size - range.offset;
  }
  uint64_t end = 0;
  if (!checked_add(range.offset, range.length, &end) || end > object_size) {
    return past_end(url, op.key, op.range, object_size);
  }
  return range;
}

Status check_version(const ReadOp& op, std::string_view expected, std::string_view version,
                     std::string_view url) {
  if (expected.empty() || expected == version) return {};
  return {Code::kStale, "reading " + describe_read(url, op.key, op.range) +
                            ": the object has been replaced or rewritten meanwhile"};
}

void fail(ReadOp& op, Status status) {
  op.outcome = ReadOp::Outcome::kError;
  op.status = std::move(status);
}

}  // namespace neurofs
