// RegionReader::Impl: a region prepared for reading; internal to core/engine.
//
// Elements are what the lens gives: `item` is the size of its results, and of the stored elements only
// where the lens changes nothing. Blocks and source strides are of what is stored.
// Thread-safety: immutable, but for who fetches ahead, who is made by the first read. Ownership: keeps the field alive.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/epoch_ahead.h"
#include "core/engine/field.h"
#include "core/engine/field_state.h"
#include "core/engine/read_plan.h"
#include "core/engine/row_cursor.h"
#include "core/geometry/linear_range.h"
#include "core/geometry/strided_copy.h"
#include "core/lens/lens.h"

namespace neurofs {

// What bring() fetched. Members end in reverse order: pins first, then the reservation that covers
// them.
struct Brought::Impl {
  Reservation reservation;
  std::vector<BlockRequest> requests;  // ascending blocks of one field
};

// Which blocks one read touched, for the predictor and the counters.
struct Touched {
  uint64_t first = 0;  // block, in the order of the region's axes
  uint64_t last = 0;
  uint64_t hits = 0;
  uint64_t misses = 0;
  AccessOutcome outcome = AccessOutcome::kHit;
  bool any = false;
  bool wait = true;                       // in: fetch what is missing, else set would_wait
  bool brought = false;                   // in: the blocks were fetched, and counted, for this read
  std::span<const BlockRequest> fetched;  // in: how that ended, ascending
  bool would_wait = false;                // out

  const BlockRequest* known(const BlockKey& key) const {
    const auto it =
        std::lower_bound(fetched.begin(), fetched.end(), key.block,
                         [](const BlockRequest& r, uint64_t block) { return r.key.block < block; });
    return it != fetched.end() && it->key == key ? &*it : nullptr;
  }
  void add(uint64_t block) {
    if (!any) first = block;
    any = true;
    last = block;
  }
  // Blocks that were fetched for this read alone, or with others'.
  void add_fetched(std::span<const BlockRequest> requests) {
    for (const BlockRequest& r : requests) {
      if (r.here) continue;
      outcome = std::max(outcome, r.late ? AccessOutcome::kLate : AccessOutcome::kMiss);
    }
  }
  void count(FieldState& field) const {
    if (hits > 0 && !brought) field.engine_state().hits.add(hits);
    if (misses > 0) field.engine_state().misses.add(misses);
  }
  void report(FieldState& field, StreamId stream) {
    if (hits + misses == 0) return;
    if (const auto* request = known(field.generation().key(first))) add_fetched({request, 1});
    field.observe({stream, first, last, hits + misses, outcome});
  }
};

// Where a span of an answer lies: bytes [offset, offset + length) of a block.
struct ReadPart {
  uint64_t block;
  uint64_t offset;
  uint64_t length;
};

struct RegionReader::Impl {
  class CopyAhead;
  struct Pending {
    uint64_t block;
    Index src_offset;
    std::byte* dst;
    const Box* box;  // whose bytes are filled
    Dims shape;
  };

  Impl(std::shared_ptr<Field> f, const Region& r, const Lens& l,
       std::shared_ptr<const NeuronOrder> order);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // Makes `epoch`, where that is of use.
  void foresee() const;
  // Of a read that has ended well: counts it, and tells who fetches ahead.
  void tell(Touched* touched, uint64_t offset, uint64_t length, StreamId stream) const;

  Status check_range(uint64_t offset, uint64_t length) const;
  // As RegionReader::try_read(); `touched` says what may be used.
  Result<bool> read_at_once(uint64_t offset, MutableBytes out, StreamId stream,
                            Touched* touched) const;
  Status read_bytes(uint64_t offset, MutableBytes out, Touched* touched) const;
  Status read_elements(Index first, Index count, std::byte* out, Touched* touched) const;
  // Calls visit(cursor) with a cursor over the pieces of a box, whichever the region needs.
  template <typename Visit>
  auto with_cursor(const Box& box, const Visit& visit) const {
    if (!ordered) {
      PieceCursor cursor(field->grid(), region, box, item);
      return visit(cursor);
    }
    RowCursor cursor(field->grid(), *ordered, box, item);
    return visit(cursor);
  }
  // Copies what is in RAM; what is not is left in `pending`, or fetched when there is enough of it.
  template <typename Cursor>
  Status read_pieces(Cursor& cursor, const Box& box, std::byte* out, Touched* touched,
                     std::vector<Pending>* pending) const;
  // Byte strides of the pieces of a box where they go.
  Dims strides_of(const Box& box) const {
    return c_order_strides(ordered ? box_of_row(*ordered, box).shape : box.shape,
                           static_cast<Index>(item));
  }
  // Appends the blocks of elements [first, first + count) that are not in RAM, `most` at the most.
  void add_absent(const FieldState::Generation& generation, Index first, Index count, size_t most,
                  std::vector<uint64_t>* blocks) const;
  bool plan_parts(Index first, Index count, std::vector<ReadPart>* parts) const;
  Status fetch_and_copy(std::vector<Pending>& pending, Touched* touched) const;
  // One piece of a block, through the lens.
  void copy_out(std::byte* dst, const Dims& dst_strides, const std::byte* src,
                const Dims& shape) const {
    if (plain) return strided_copy(dst, dst_strides, src, src_strides, shape, item);
    lens.copy(dst, dst_strides, src, src_strides, shape);
  }
  // One piece, as the fetch of its block ended.
  Status copy_piece(const BlockRequest& request, Index src_offset, std::byte* dst,
                    const Dims& dst_strides, const Dims& shape) const;
  Status copy_group(std::span<const BlockRequest> requests, std::span<const Pending> pieces) const;

  const std::shared_ptr<FieldState> field;
  const Region region;
  // Null where the neurons stand in the field's own order: most regions have none.
  const std::shared_ptr<const OrderedRegion> ordered;
  const Lens lens;
  const bool plain;  // the lens changes nothing
  const Dims full_shape;
  const Dims src_strides;
  const size_t item;
  ByteVector fill;  // one element of the result
  Index elements = 0;
  // Of who reads in another order from row to row; most regions are only listed.
  mutable std::once_flag foreseen;
  mutable uint64_t row_bytes = 0;  // of the result, where `epoch` is set
  mutable std::shared_ptr<EpochAhead> epoch;
};

}  // namespace neurofs
