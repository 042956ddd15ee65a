// DeviceGather's way past RAM: blocks from their files into scratch memory of the device.
//
//   per group of blocks that are in no tier, as many as fit a half of the lane: read them into one half;
//   where they have to be decoded, decode them into the other; copy them from there into slots of the
//   tier and gather the pieces
// The next group is read after that: kernels and copies within the device should be short beside reads of a
// disk. That has not been measured.

#include <algorithm>

#include "core/base/checked.h"
#include "core/engine/device_gather.h"
#include "core/lens/lens.h"

namespace neurofs {

using Outcome = DirectBlock::Outcome;

Status DeviceGather::bring_direct(std::span<const Piece> absent, const CodecChain::ByteMoves& moves,
                                  std::vector<Piece>* left) {
  const uint64_t room = ceil_div(field_->block_size(), kDirectAlignment) * kDirectAlignment;
  const uint64_t most = (lane_->half_bytes() - kFillRoom) / room;
  if (most == 0) {
    left->assign(absent.begin(), absent.end());
    return {};
  }
  DirectGroup group;
  uint64_t in_ram = UINT64_MAX;  // the last block that was found there
  for (const Piece& p : absent) {
    const bool is_new = group.blocks.empty() || group.blocks.back().block != p.block;
    if (p.block == in_ram || (is_new && field_->cache().contains(generation_.key(p.block)))) {
      in_ram = p.block;
      left->push_back(p);
      continue;
    }
    if (is_new && group.blocks.size() == most) NF_TRY(direct_group(&group, moves, left));
    if (is_new) group.blocks.push_back({.block = p.block});
    group.pieces.push_back(p);
  }
  return direct_group(&group, moves, left);
}

Status DeviceGather::direct_group(DirectGroup* group, const CodecChain::ByteMoves& moves,
                                  std::vector<Piece>* left) {
  if (group->blocks.empty()) return {};
  auto half = lane_->next();
  NF_TRY(device(half.status()));
  DeviceLane::Half& encoded = **half;
  DeviceLane::Half* decoded = nullptr;
  DevicePointer memory = encoded.scratch + kFillRoom;
  NF_TRY(device(read_direct(*field_, *gpu_.device, group->blocks, memory)));
  NF_TRY(begin_group());
  if (!moves.empty()) {
    auto other = lane_->next();
    NF_TRY(device(other.status()));
    decoded = *other;
    NF_TRY(decode(group->blocks, moves, memory, decoded->scratch + kFillRoom));
    memory = decoded->scratch + kFillRoom;
  }
  NF_TRY(keep(group->blocks, memory));
  std::vector<Piece> not_stored;
  sort_out(group, memory, &not_stored, left);
  NF_TRY(gather(group->pieces, target_.from_strides));
  NF_TRY(fill(encoded, not_stored));
  group->blocks.clear();
  group->pieces.clear();
  if (decoded != nullptr) NF_TRY(device(lane_->send(*decoded)));
  return device(lane_->send(encoded));
}

// A chunk that was shuffled by itself; units that are swapped, all that the memory holds.
Status DeviceGather::decode(std::span<const DirectBlock> blocks, const CodecChain::ByteMoves& moves,
                            DevicePointer from, DevicePointer to) {
  DecodeBlock whole{.item = moves.item, .unshuffle = moves.unshuffle, .swap_unit = moves.swap_unit};
  uint64_t end = 0;
  for (const DirectBlock& b : blocks) {
    if (b.outcome != Outcome::kData) continue;
    end = std::max(end, b.offset + b.size);
    if (!moves.unshuffle) continue;
    DecodeBlock chunk = whole;
    chunk.from = from + b.offset;
    chunk.to = to + b.offset;
    chunk.elements = b.size / moves.item;
    NF_TRY(device(lane_->stream().decode(chunk)));
  }
  if (moves.unshuffle || end == 0) return {};
  whole.from = from;
  whole.to = to;
  whole.elements = end / moves.item;
  return device(lane_->stream().decode(whole));
}

// Copies the blocks into slots, in one go: each is a box of bytes with a place of its own.
Status DeviceGather::keep(std::span<const DirectBlock> blocks, DevicePointer memory) {
  if (!target_.keep || !tier_.keeps_blocks()) return {};
  std::vector<DeviceBatch::Impl::Upload>& uploads = batch_->uploads;
  uploads.reserve(blocks.size());  // where a slot is taken, it is noted
  std::vector<GatherBox> boxes;
  boxes.reserve(blocks.size());
  for (const DirectBlock& b : blocks) {
    if (b.outcome != Outcome::kData) continue;
    const auto slot = gpu_.share->take_slot(field_->block_size());
    if (!slot) continue;
    uploads.push_back({generation_.key(b.block), *slot});
    boxes.push_back({memory + b.offset, gpu_.share->address(*slot), {static_cast<Index>(b.size)}});
  }
  GatherBoxes copy;
  copy.from_strides = {1};
  copy.to_strides = {1};
  copy.lens = Lens(DataType::kUint8).program();
  for (size_t done = 0; done < boxes.size(); done += kMostBoxes) {
    copy.boxes = std::span(boxes).subspan(done, std::min(kMostBoxes, boxes.size() - done));
    NF_TRY(device(lane_->stream().gather(copy)));
  }
  for (DeviceBatch::Impl::Upload& u : uploads) u.whole = true;
  return {};
}

// What can be gathered stays in the group.
void DeviceGather::sort_out(DirectGroup* group, DevicePointer memory,
                            std::vector<Piece>* not_stored, std::vector<Piece>* left) {
  uint64_t brought = 0;
  auto kept = group->pieces.begin();
  auto piece = group->pieces.begin();
  for (const DirectBlock& b : group->blocks) {
    if (b.outcome != Outcome::kElsewhere) ++brought;
    for (; piece != group->pieces.end() && piece->block == b.block; ++piece) {
      if (b.outcome == Outcome::kElsewhere) {
        left->push_back(*piece);
      } else if (b.outcome == Outcome::kMissing) {
        not_stored->push_back(*piece);
      } else {
        *kept = *piece;
        kept->from += memory + b.offset;
        ++kept;
      }
    }
  }
  group->pieces.erase(kept, group->pieces.end());
  field_->engine_state().misses.add(brought);
  if (tier_.keeps_blocks()) tier_.count_hits(0, brought);
}

}  // namespace neurofs
