// RegionReader::bring: one batch of reads for what many small reads lack.

#include <algorithm>
#include <vector>

#include "core/cache/epoch.h"
#include "core/engine/region_reader_impl.h"

namespace neurofs {

Brought::Brought() = default;
Brought::Brought(Brought&&) noexcept = default;
Brought& Brought::operator=(Brought&&) noexcept = default;
Brought::~Brought() = default;

void RegionReader::Impl::add_absent(const FieldState::Generation& generation, Index first,
                                    Index count, size_t most, std::vector<uint64_t>* blocks) const {
  BoxList boxes;
  decompose_linear_range(full_shape, first, count, &boxes);
  const EpochGuard guard;
  for (const Box& box : boxes) {
    const bool room = with_cursor(box, [&](auto& cursor) {
      for (; !cursor.done(); cursor.next()) {
        const uint64_t block = cursor.piece().block;
        if (field->cache().peek(generation.key(block), generation.slot(block)) != nullptr) continue;
        if (blocks->size() == most) return false;
        blocks->push_back(block);
      }
      return true;
    });
    if (!room) return;
  }
}

Brought RegionReader::bring(std::span<const Range> ranges) {
  Brought brought;
  if (ranges.empty()) return brought;
  FieldState& field = *ranges.front().reader->impl_->field;
  const FieldState::Generation& generation = field.generation();
  const size_t most = std::max<uint64_t>(
      field.cache().max_group_bytes() / 4 / slot_size_for(field.block_size()), 1);
  std::vector<uint64_t> blocks;
  for (const Range& range : ranges) {
    const Impl& r = *range.reader->impl_;
    if (r.field.get() != &field || range.length == 0) continue;
    if (!r.check_range(range.offset, range.length).ok()) continue;
    const uint64_t first = range.offset / r.item;
    const uint64_t end = (range.offset + range.length + r.item - 1) / r.item;
    r.add_absent(generation, static_cast<Index>(first), static_cast<Index>(end - first), most,
                 &blocks);
  }
  std::sort(blocks.begin(), blocks.end());
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  if (blocks.empty()) return brought;
  auto fetched = std::make_unique<Brought::Impl>();
  for (const uint64_t block : blocks) {
    fetched->requests.push_back(generation.request(block, field.block_size()));
  }
  auto reservation = field.fetch(fetched->requests);
  if (!reservation.ok()) return Brought();  // each read() finds out for itself
  fetched->reservation = std::move(*reservation);
  field.engine_state().misses.add(blocks.size());
  brought.impl_ = std::move(fetched);
  return brought;
}

Result<bool> RegionReader::read_brought(const Brought& brought, uint64_t offset, MutableBytes out,
                                        StreamId stream) const {
  NF_TRY(impl_->check_range(offset, out.size()));
  Touched touched;
  touched.wait = false;
  touched.brought = true;
  if (brought.impl_) touched.fetched = brought.impl_->requests;
  return impl_->read_at_once(offset, out, stream, &touched);
}

bool RegionReader::same_field(const RegionReader& other) const {
  return impl_->field == other.impl_->field;
}

}  // namespace neurofs
