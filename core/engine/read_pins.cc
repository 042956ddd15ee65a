// RegionReader::read_pinned: spans into blocks where the bytes lie there in order and are not changed by
// a lens.

#include <algorithm>

#include "core/engine/region_reader_impl.h"
#include "core/engine/reply_buffer.h"

namespace neurofs {
namespace {

// A reply of more parts than this is copied: the system takes 1024 per call.
constexpr size_t kMostParts = 1000;

// The bytes of a piece if it is dense in its block, in C order; 0 otherwise.
uint64_t dense_bytes(const Piece& piece, const Dims& strides, size_t item) {
  auto expected = static_cast<Index>(item);
  for (size_t axis = piece.shape.size(); axis-- > 0;) {
    if (piece.shape[axis] == 1) continue;
    if (strides[axis] != expected) return 0;
    expected *= piece.shape[axis];
  }
  return static_cast<uint64_t>(expected);
}

}  // namespace

// Members end in reverse order: pins first, then the reservation that covers them.
struct ReadPins::Impl {
  Reservation reservation;
  std::vector<BlockPin> pins;
  ReplyBuffer copy;
};

ReadPins::ReadPins(ReadPins&&) noexcept = default;
ReadPins& ReadPins::operator=(ReadPins&&) noexcept = default;
ReadPins::~ReadPins() = default;

namespace {

// Appends the parts of what a cursor goes through; false when some are not contiguous.
template <typename Cursor>
bool add_parts(Cursor& cursor, const Dims& src_strides, size_t item, std::vector<ReadPart>* parts) {
  uint64_t expected_dst = 0;
  for (; !cursor.done(); cursor.next()) {
    const Piece& piece = cursor.piece();
    const uint64_t bytes = dense_bytes(piece, src_strides, item);
    if (bytes == 0 || static_cast<uint64_t>(piece.dst_offset) != expected_dst) return false;
    expected_dst += bytes;
    const auto offset = static_cast<uint64_t>(piece.src_offset);
    if (!parts->empty() && parts->back().block == piece.block &&
        parts->back().offset + parts->back().length == offset) {
      parts->back().length += bytes;
      continue;
    }
    if (parts->size() == kMostParts) return false;
    parts->push_back({piece.block, offset, bytes});
  }
  return true;
}

}  // namespace

// Appends the parts of elements [first, first + count); false when some are not contiguous.
bool RegionReader::Impl::plan_parts(Index first, Index count, std::vector<ReadPart>* parts) const {
  BoxList boxes;
  decompose_linear_range(full_shape, first, count, &boxes);
  for (const Box& box : boxes) {
    const bool contiguous =
        with_cursor(box, [&](auto& cursor) { return add_parts(cursor, src_strides, item, parts); });
    if (!contiguous) return false;
  }
  return true;
}

Result<ReadPins> RegionReader::read_pinned(uint64_t offset, uint64_t length,
                                           StreamId stream) const {
  ReadPins result;
  NF_TRY(pin_range(offset, length, stream, true, &result));
  return result;
}

Result<std::optional<ReadPins>> RegionReader::try_read_pinned(uint64_t offset, uint64_t length,
                                                              StreamId stream) const {
  ReadPins result;
  NF_ASSIGN(const bool warm, pin_range(offset, length, stream, false, &result));
  if (!warm) return std::optional<ReadPins>();
  return std::optional<ReadPins>(std::move(result));
}

Result<bool> RegionReader::pin_range(uint64_t offset, uint64_t length, StreamId stream, bool wait,
                                     ReadPins* pinned) const {
  NF_TRY(impl_->check_range(offset, length));
  ReadPins& result = *pinned;
  result.impl_ = std::make_unique<ReadPins::Impl>();
  if (length == 0) return true;
  FieldState& field = *impl_->field;
  const size_t item = impl_->item;

  const uint64_t first = offset / item;
  const uint64_t end = (offset + length + item - 1) / item;
  std::vector<ReadPart> parts;
  std::vector<BlockRequest> requests;
  const bool contiguous =
      impl_->plain &&
      impl_->plan_parts(static_cast<Index>(first), static_cast<Index>(end - first), &parts);
  const uint64_t slot = slot_size_for(field.block_size());
  bool served = contiguous && parts.size() * slot <= field.cache().max_group_bytes() / 8;
  if (served) {
    Touched touched;
    const FieldState::Generation& generation = field.generation();
    for (const ReadPart& p : parts) {
      touched.add(p.block);
      BlockPin pin = field.cache().pin(generation.key(p.block), generation.slot(p.block));
      if (!pin) break;
      result.impl_->pins.push_back(std::move(pin));
    }
    touched.hits = result.impl_->pins.size();
    if (result.impl_->pins.size() < parts.size()) {
      if (!wait) return false;
      touched.add(parts.back().block);
      // Never wait while holding pins that no reservation covers.
      result.impl_->pins.clear();
      std::vector<uint64_t> blocks;
      for (const ReadPart& p : parts) blocks.push_back(p.block);
      std::sort(blocks.begin(), blocks.end());
      served = std::adjacent_find(blocks.begin(), blocks.end()) == blocks.end();
      if (served) {
        for (const uint64_t block : blocks) {
          requests.push_back(generation.request(block, field.block_size()));
        }
        touched.misses = blocks.size() - touched.hits;
        NF_ASSIGN(result.impl_->reservation, field.fetch(requests));
        touched.add_fetched(requests);
        for (const BlockRequest& r : requests) {
          if (r.outcome == BlockRequest::Outcome::kError) return r.status;
          if (r.outcome == BlockRequest::Outcome::kMissing) served = false;
        }
        // Some may be of an older version than others: read() looks again.
        if (&field.generation() != &generation) served = false;
      }
      for (size_t i = 0; served && i < parts.size(); ++i) {
        const auto it = std::lower_bound(
            requests.begin(), requests.end(), parts[i].block,
            [](const BlockRequest& r, uint64_t block) { return r.key.block < block; });
        result.impl_->pins.push_back(std::move(it->pin));
      }
    }
    if (served) {
      impl_->tell(&touched, offset, length, stream);
      uint64_t skip = offset - first * item;
      uint64_t left = length;
      for (size_t i = 0; i < parts.size(); ++i) {
        const std::byte* data = result.impl_->pins[i].data() + parts[i].offset + skip;
        const uint64_t n = std::min(parts[i].length - skip, left);
        result.spans_.emplace_back(data, n);
        left -= n;
        skip = 0;
      }
      return true;
    }
  }
  requests.clear();  // pins go before their reservation
  result.impl_->pins.clear();
  result.impl_->reservation.release();
  result.impl_->copy = ReplyBuffer(length);
  if (wait) {
    NF_TRY(read(offset, result.impl_->copy.bytes(), stream));
  } else {
    NF_ASSIGN(const bool warm, try_read(offset, result.impl_->copy.bytes(), stream));
    if (!warm) return false;
  }
  result.spans_.emplace_back(result.impl_->copy.bytes());
  return true;
}

}  // namespace neurofs
