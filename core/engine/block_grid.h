// BlockGrid: how a field is cut into blocks, the unit that tiers cache.
//
// Purpose: pure arithmetic between field indices, block numbers and byte offsets. A compressed chunk
// is one block. A raw chunk is cut, in stored order, into equal runs of whole rows (a row: one
// neuron's features within the chunk): as many rows as one read of 4 KiB brings, at least one; rows past 64 KiB are
// cut as well. So one cold neuron costs about its own size, and a block is contiguous on disk.
// Thread-safety: immutable plain value. Units: elements for shapes, bytes for strides and sizes.
// Numbering: block = chunk number (C order over the grid) * blocks_per_chunk + position in the chunk
// in stored order; so consecutive blocks are neighbours on disk. Errors: kOverflow when the numbers
// pass 2^63.
#pragma once

#include "core/base/fast_div.h"
#include "core/field/field_spec.h"
#include "core/geometry/box.h"

namespace neurofs {

class BlockGrid {
 public:
  static Result<BlockGrid> make(const FieldSpec& spec);

  uint64_t block_count() const { return block_count_; }
  uint64_t blocks_per_chunk() const { return blocks_per_chunk_; }
  // Bytes of a whole block; the last ones of a chunk may be shorter, see part_of_chunk().
  uint64_t block_size() const { return block_size_; }
  const Dims& block_shape() const { return block_shape_; }
  // Byte strides of array axes within a block.
  const Dims& strides() const { return strides_; }

  // Index space: blocks along each axis of the array, and a block's number in C order over them, under which
  // neighbours along the last axis follow one another whatever chunks they lie in. Its product is block_count().
  const Dims& index_grid() const { return index_grid_; }
  uint64_t to_index(uint64_t block) const { return in_index_order_ ? block : find_index(block); }
  uint64_t from_index(uint64_t index) const { return in_index_order_ ? index : find_block(index); }
  // Whether the two numbers are one and the same.
  bool in_index_order() const { return in_index_order_; }

  Dims chunk_of(uint64_t block) const;
  // What of the array lies in the block, were chunks whole: the last ones reach past its shape.
  Box box_of(uint64_t block) const;
  // The block's bytes within its decoded chunk.
  ByteRange part_of_chunk(uint64_t block) const;

  // Where index `x` of array axis `axis` falls: its share of the block number, its byte offset within
  // the block, and the bounds of that block along the axis as distances from x.
  struct AxisPlace {
    uint64_t block_share;
    Index offset;
    Index before;  // elements of the block before x
    Index after;   // elements of the block from x on, itself included
  };
  AxisPlace place(size_t axis, Index x) const {
    const Axis& a = axes_[axis];
    uint64_t in_chunk = 0;
    uint64_t in_block = 0;
    const uint64_t chunk = a.chunk.divide(static_cast<uint64_t>(x), &in_chunk);
    const uint64_t sub = a.block.divide(in_chunk, &in_block);
    const uint64_t end = std::min(in_chunk - in_block + a.block.divisor(), a.chunk.divisor());
    return {chunk * a.chunk_weight + sub * a.sub_weight,
            static_cast<Index>(in_block) * strides_[axis], static_cast<Index>(in_block),
            static_cast<Index>(end - in_chunk)};
  }

 private:
  struct Axis {
    FastDiv chunk;
    FastDiv block;
    uint64_t chunk_weight = 0;
    uint64_t sub_weight = 0;
    uint64_t subs = 1;  // blocks of a chunk along the axis
  };
  uint64_t find_index(uint64_t block) const;
  uint64_t find_block(uint64_t index) const;
  bool has_index_order() const;

  boost::container::static_vector<Axis, kMaxRank> axes_;
  Dims chunk_grid_;
  Dims index_grid_;
  bool in_index_order_ = true;
  Dims block_shape_;
  Dims strides_;
  uint64_t block_count_ = 0;
  uint64_t blocks_per_chunk_ = 1;
  uint64_t block_size_ = 0;
  // The one stored axis along which a chunk's blocks may be cut short.
  uint64_t cut_extent_ = 1;  // elements of the chunk along it
  uint64_t cut_block_ = 1;   // elements of a block along it
  uint64_t cut_stride_ = 0;  // bytes per element along it
};

}  // namespace neurofs
