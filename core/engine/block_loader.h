// BlockLoader: brings missing blocks from the store: places, one batch of reads, codecs.
//
// Purpose: the load step of a read. Raw blocks that are neighbours on disk become one read straight
// into their slots, or through scratch memory where element-wise codecs change their size; encoded
// chunks are read side by side and decoded on all CPUs.
// Thread-safety: load() from many threads. Ownership: borrows the field, grid and executor.
// Memory: encoded bytes are held only within `scratch`, a budget of its own; one chunk at least.
// Errors: per block, with the field, chunk and cause; a neighbour's failure never fails a block.
// kStale when the object was replaced again and again while it was being read. What is loaded, and what
// is found missing, is told to `versions`. A pause ends with the thread's ReadScope.
#pragma once

#include <span>

#include "core/base/executor.h"
#include "core/cache/block_cache.h"
#include "core/engine/block_places.h"

namespace neurofs {

class BlockLoader {
 public:
  BlockLoader(StoredField& field, const BlockGrid& grid, ObjectVersions& versions,
              Executor& decoders, Reservations& scratch)
      : field_(field), grid_(grid), versions_(versions), decoders_(decoders), scratch_(scratch) {}

  // Sets the outcome of each load. `loads` are in ascending block order.
  void load(std::span<BlockLoad> loads) const;

 private:
  struct Job {
    BlockLoad* load;
    size_t at;  // of the places
    ChunkPlace* place;
    ByteRange range;    // raw: bytes of the object
    MutableBytes dest;  // raw: where they are read to
  };
  void load_once(std::span<BlockLoad> loads) const;
  void load_raw(BlockPlaces& places, std::span<Job> jobs) const;
  void read_raw(std::span<Job> jobs, bool merge) const;
  void read_transformed(std::span<Job> jobs) const;
  void decode_transformed(const Job& job) const;
  void load_encoded(std::span<Job> jobs) const;
  void read_and_decode(std::span<Job> jobs) const;
  void missing(BlockLoad& load, const ChunkPlace& place) const;
  void finish(BlockLoad& load, const Status& status) const;
  void fail(std::span<Job> jobs, const Status& status) const;
  void reject(const Job& job, const Status& status) const;

  StoredField& field_;
  const BlockGrid& grid_;
  ObjectVersions& versions_;
  Executor& decoders_;
  Reservations& scratch_;
};

}  // namespace neurofs
