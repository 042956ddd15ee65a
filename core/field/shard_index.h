// ShardIndex: where the chunks of one shard are, as its index says, and whether that can be true.
//
// Purpose: the only reader of index bytes. An index names places in an object that may be truncated
// or hostile, so each entry is checked against the shard's own extent before anybody reads there.
// Thread-safety: immutable after parse. Ownership: owns a copy of the entries (16 bytes each).
// Units: bytes; entries are numbered in C order of ShardLevel::chunks_per_shard.
// Errors: a wrong length or checksum of the index is kCorrupt for all of it (parse); a wrong entry
// is kCorrupt for that chunk alone (at). Chunks that overlap one another are allowed by the format.
// Source: Zarr v3 sharding codec, "Binary shard format".
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

// What the chunks of a shard may measure when encoded.
struct ChunkSizeBounds {
  uint64_t min = 1;
  uint64_t max = ~uint64_t{0};
};

class ShardIndex {
 public:
  enum class EntryKind : uint8_t { kMissing, kRange, kCorrupt };
  struct Entry {
    EntryKind kind = EntryKind::kMissing;
    ByteRange range;  // kRange: within the object
  };

  // `encoded`: the level.index_size bytes of the index. `extent`: of the shard in its object.
  // `version`: of that object.
  static Result<ShardIndex> parse(Bytes encoded, const ShardLevel& level, ByteRange extent,
                                  ChunkSizeBounds bounds, std::string version = {});

  // Where in the object the index of a shard of this extent is; kCorrupt when it cannot hold one.
  static Result<ByteRange> place(const ShardLevel& level, ByteRange extent);

  size_t entry_count() const { return words_.size() / 2; }
  uint64_t memory_bytes() const { return words_.size() * sizeof(uint64_t) + version_.size(); }
  // What the entries say holds for this version of the object alone.
  const std::string& version() const { return version_; }

  // Precondition: number < entry_count().
  Entry at(size_t number) const;
  // Why at(number) is kCorrupt.
  Status explain(size_t number) const;

 private:
  const char* fault(uint64_t offset, uint64_t nbytes) const;

  std::vector<uint64_t> words_;  // offset, nbytes, offset, nbytes, ...
  ByteRange extent_;
  ByteRange index_;  // of the index itself, relative to the shard
  ChunkSizeBounds bounds_;
  std::string version_;
};

// The bounds that a codec chain puts on its encoded chunks.
ChunkSizeBounds encoded_bounds(const CodecChain& chain);

}  // namespace neurofs
