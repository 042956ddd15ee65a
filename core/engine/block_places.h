// BlockPlaces: where the stored bytes of a batch of blocks are.
//
// Purpose: the first step of every load, whoever brings the bytes then: one look into the shard indexes for
// all chunks, and for a part of a chunk the checks that reading it alone would not make.
// Thread-safety: one thread. Ownership: borrows field, grid and versions; owns the places.
// Units: bytes of objects. Errors: locate() leaves a Status in the places, as StoredField::locate does;
// find_part() gives kCorrupt where an object or a chunk has not the size that the metadata promises. An object that
// the store denies though it was there is kStale (see ObjectVersions).
#pragma once

#include <span>
#include <vector>

#include "core/engine/block_grid.h"
#include "core/engine/object_versions.h"
#include "core/field/stored_field.h"

namespace neurofs {

class BlockPlaces {
 public:
  BlockPlaces(StoredField& field, const BlockGrid& grid, ObjectVersions& versions)
      : field_(field), grid_(grid), versions_(versions) {}

  // Of blocks in ascending order. What is missing is told to the versions.
  void locate(std::vector<uint64_t> blocks);

  // Of the i-th of them; neighbours of one chunk share it.
  ChunkPlace& of(size_t i) { return queries_[query_of_[i]].place; }

  // The encoded bytes of the i-th block's part of its chunk, where a part can be read alone or is the
  // whole. A local chunk that is an object of its own is looked at, once: its place then has the object's
  // version, or has become kMissing, and there is no part. Elsewhere a look costs as much as a read: the
  // place stays without a version, and who reads asks ReadOp::seen and check_size().
  Result<ByteRange> find_part(size_t i);

  // Of an object that is one chunk: a part of it can be read though it is cut short, or too long.
  static Status check_size(const FieldSpec& spec, const ChunkPlace& place, uint64_t size);

 private:
  Status look_at(ChunkPlace* place);

  StoredField& field_;
  const BlockGrid& grid_;
  ObjectVersions& versions_;
  std::vector<uint64_t> blocks_;
  std::vector<ChunkQuery> queries_;
  std::vector<size_t> query_of_;  // by block
  const ChunkPlace* checked_ = nullptr;
};

}  // namespace neurofs
