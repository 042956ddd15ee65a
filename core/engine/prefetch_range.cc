#include "core/engine/prefetch_range.h"

#include <algorithm>
#include <vector>

#include "core/cache/epoch.h"
#include "core/engine/region_reader_impl.h"
#include "core/geometry/linear_range.h"

namespace neurofs {
namespace {

constexpr uint64_t kGroup = uint64_t{16} << 20;

// Of ascending, distinct blocks.
Status bring_to_ram(FieldState& field, std::span<const uint64_t> blocks) {
  const FieldState::Generation& generation = field.generation();
  std::vector<BlockRequest> requests;
  {
    const EpochGuard guard;
    for (const uint64_t block : blocks) {
      if (field.cache().peek(generation.key(block), generation.slot(block)) != nullptr) continue;
      requests.push_back(generation.request(block, field.block_size()));
    }
  }
  if (requests.empty()) return {};
  const auto reservation = field.fetch(requests);
  NF_TRY(reservation);
  Status status;
  for (const BlockRequest& request : requests) {
    if (request.outcome == BlockRequest::Outcome::kError && status.ok()) status = request.status;
  }
  requests.clear();  // pins go before the reservation that covers them
  return status;
}

Status bring_to_store(FieldState& field, std::span<const uint64_t> blocks) {
  const FieldState::Generation& generation = field.generation();
  const uint64_t size = field.block_size();
  const auto memory = std::make_unique_for_overwrite<std::byte[]>(blocks.size() * size);
  std::vector<BlockLoad> loads(blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    loads[i].key = generation.key(blocks[i]);
    loads[i].dest = {memory.get() + i * size, size};
  }
  field.make_loader().load(loads);
  for (const BlockLoad& load : loads) {
    if (load.outcome == BlockRequest::Outcome::kError) return load.status;
  }
  return {};
}

}  // namespace

Status prefetch_range(const RegionReader& reader, const ByteRange& range, PrefetchTo to) {
  if (range.length == 0) return {};
  const RegionReader::Impl& of = *reader.impl_;
  FieldState& field = *of.field;
  const uint64_t slot = slot_size_for(field.block_size());
  const uint64_t bytes = to == PrefetchTo::kRam ? field.cache().max_group_bytes() / 4 : kGroup;
  const size_t most = std::max<uint64_t>(std::min(kGroup, bytes) / slot, 1);
  std::vector<uint64_t> blocks;
  const auto bring = [&]() -> Status {
    std::sort(blocks.begin(), blocks.end());
    blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
    Status status =
        to == PrefetchTo::kRam ? bring_to_ram(field, blocks) : bring_to_store(field, blocks);
    blocks.clear();
    return status;
  };
  const auto add = [&](auto& cursor) -> Status {
    for (; !cursor.done(); cursor.next()) {
      const uint64_t block = cursor.piece().block;
      if (!blocks.empty() && blocks.back() == block) continue;
      if (blocks.size() == most) NF_TRY(bring());
      blocks.push_back(block);
    }
    return {};
  };
  const auto first = static_cast<Index>(range.offset / of.item);
  const auto end = static_cast<Index>((range.end() + of.item - 1) / of.item);
  BoxList boxes;
  decompose_linear_range(of.full_shape, first, end - first, &boxes);
  for (const Box& box : boxes) NF_TRY(of.with_cursor(box, add));
  return blocks.empty() ? Status() : bring();
}

}  // namespace neurofs
