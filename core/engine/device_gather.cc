#include "core/engine/device_gather.h"

#include <algorithm>
#include <cstring>

#include "core/base/checked.h"

namespace neurofs {
namespace {

constexpr size_t kMostPieces = 1 << 16;
constexpr uint64_t kMostGroup = uint64_t{16} << 20;  // bytes of blocks fetched at once

uint64_t aligned(uint64_t bytes) {
  return ceil_div<uint64_t>(bytes, 256) * 256;
}

}  // namespace

DeviceGather::DeviceGather(std::shared_ptr<FieldState> field, DeviceTier& tier,
                           DeviceTier::Gpu& gpu, Target target, LanePool::Lease lane)
    : field_(std::move(field)),
      tier_(tier),
      gpu_(gpu),
      target_(std::move(target)),
      generation_(field_->generation()),
      lane_(std::move(lane)),
      batch_(std::make_unique<DeviceBatch::Impl>(field_, tier, gpu)) {}

Result<std::unique_ptr<DeviceGather>> DeviceGather::begin(std::shared_ptr<FieldState> field,
                                                          DeviceTier& tier, DeviceTier::Gpu& gpu,
                                                          Target target) {
  auto lane = gpu.gatherers->take();
  tier.note(lane.status());
  NF_TRY(lane);
  return std::unique_ptr<DeviceGather>(
      new DeviceGather(std::move(field), tier, gpu, std::move(target), std::move(*lane)));
}

// Where a read ends early, the device may still be at what was queued.
DeviceGather::~DeviceGather() {
  if (batch_ == nullptr) return;
  batch_->settle(lane_->stream().wait().ok());
}

Status DeviceGather::add(uint64_t block, Index from, Index to, const Dims& shape) {
  if (shapes_.empty() || shapes_[shape_] != shape) {
    shape_ =
        static_cast<uint32_t>(std::find(shapes_.begin(), shapes_.end(), shape) - shapes_.begin());
    if (shape_ == shapes_.size()) shapes_.push_back(shape);
  }
  pieces_.push_back({block, static_cast<DevicePointer>(from), static_cast<uint64_t>(to), shape_});
  return pieces_.size() < kMostPieces ? Status() : flush();
}

Result<DeviceBatch> DeviceGather::finish() {
  NF_TRY(flush());
  NF_TRY(device(batch_->record(lane_->stream())));
  return DeviceBatch(std::move(batch_));
}

// Errors of the store are not the device's.
Status DeviceGather::device(Status status) {
  tier_.note(status);
  return status;
}

Status DeviceGather::flush() {
  if (pieces_.empty()) return {};
  if (!batch_->uploads.empty()) {
    // What an earlier group has brought is found by this one.
    NF_TRY(device(lane_->stream().wait()));
    batch_->settle(true);
  }
  std::vector<BlockKey> keys;
  keys.reserve(pieces_.size());
  for (const Piece& p : pieces_) keys.push_back(generation_.key(p.block));
  std::vector<DevicePointer> addresses(pieces_.size());
  // What an earlier group found may still be read.
  if (!batch_->use) batch_->use = gpu_.share->begin_use();
  const size_t found = gpu_.share->find(keys, addresses, batch_->use);
  if (tier_.keeps_blocks()) tier_.count_hits(found, 0);
  // Those that are here first, in their order, which is that of `out`.
  std::vector<Piece> absent;
  auto present = pieces_.begin();
  for (size_t i = 0; i < pieces_.size(); ++i) {
    Piece p = pieces_[i];
    if (addresses[i] == 0) {
      absent.push_back(p);
      continue;
    }
    p.from += addresses[i];
    *present++ = p;
  }
  pieces_.erase(present, pieces_.end());
  NF_TRY(absent.empty() && target_.row_elements > 0 ? gather_rows()
                                                    : gather(pieces_, target_.from_strides));
  pieces_.clear();
  const auto by_block = [](const Piece& a, const Piece& b) { return a.block < b.block; };
  std::stable_sort(absent.begin(), absent.end(), by_block);
  if (const auto moves = direct_moves(*field_); moves && !absent.empty()) {
    std::vector<Piece> left;
    NF_TRY(bring_direct(absent, *moves, &left));
    std::stable_sort(left.begin(), left.end(), by_block);
    return bring(left);
  }
  return bring(absent);
}

Status DeviceGather::gather_rows() {
  std::vector<DevicePointer> rows;
  rows.reserve(pieces_.size());
  for (const Piece& p : pieces_) rows.push_back(p.from);
  GatherRows gather;
  gather.rows = rows;
  gather.row_elements = target_.row_elements;
  gather.lens = *target_.lens;
  gather.out = target_.out + pieces_.front().to;
  return device(lane_->stream().gather(gather));
}

Status DeviceGather::gather(std::span<const Piece> pieces, const Dims& from_strides) {
  std::vector<GatherBox> boxes;
  while (!pieces.empty()) {
    const auto now = pieces.first(std::min(pieces.size(), kMostBoxes));
    pieces = pieces.subspan(now.size());
    boxes.clear();
    for (const Piece& p : now) boxes.push_back({p.from, p.to, shapes_[p.shape]});
    GatherBoxes gather;
    gather.boxes = boxes;
    gather.from_strides = from_strides;
    gather.to_strides = target_.to_strides;
    gather.lens = *target_.lens;
    gather.out = target_.out;
    NF_TRY(device(lane_->stream().gather(gather)));
  }
  return {};
}

// In groups that fit one half of the lane, or one block where it is larger than that.
Status DeviceGather::bring(std::span<Piece> absent) {
  const uint64_t size = field_->block_size();
  const uint64_t in_half = (lane_->half_bytes() - kFillRoom) / aligned(size);
  const uint64_t in_ram =
      std::min(kMostGroup, field_->cache().max_group_bytes() / 4) / slot_size_for(size);
  const uint64_t group = std::max<uint64_t>(std::min(in_half, in_ram), 1);
  std::vector<BlockRequest> requests;
  while (!absent.empty()) {
    requests.clear();
    size_t end = 0;
    for (; end < absent.size(); ++end) {
      if (!requests.empty() && requests.back().key.block == absent[end].block) continue;
      if (requests.size() == group) break;
      requests.push_back(generation_.request(absent[end].block, size));
    }
    NF_TRY(bring_group(requests, absent.first(end)));
    absent = absent.subspan(end);
  }
  return {};
}

Status DeviceGather::bring_group(std::span<BlockRequest> requests, std::span<Piece> pieces) {
  const auto reservation = field_->fetch(requests);
  NF_TRY(reservation);
  field_->engine_state().misses.add(requests.size());
  Status sent = send_group(requests, pieces);
  for (BlockRequest& r : requests) r.pin.reset();  // pins go before their reservation
  return sent;
}

// What was gathered in place, and the groups before: so the memory that a block without a slot was in can
// be reused, too.
Status DeviceGather::begin_group() {
  NF_TRY(device(lane_->stream().wait()));
  batch_->settle(true);
  batch_->use.end();
  return {};
}

Status DeviceGather::send_group(std::span<const BlockRequest> requests, std::span<Piece> pieces) {
  NF_TRY(begin_group());
  auto half = lane_->next();
  NF_TRY(device(half.status()));
  DeviceLane::Half* now = *half;
  batch_->uploads.reserve(requests.size());  // where a slot is taken, it is noted
  uint64_t at = kFillRoom;
  std::vector<Piece> not_stored;
  size_t next = 0;
  size_t kept = 0;
  for (const BlockRequest& r : requests) {
    if (r.outcome == BlockRequest::Outcome::kError) return r.status;
    DevicePointer address = 0;
    if (r.outcome == BlockRequest::Outcome::kData) {
      NF_TRY(upload(r, &now, at, &address));
      at += aligned(field_->block_size());
    }
    for (; next < pieces.size() && pieces[next].block == r.key.block; ++next) {
      Piece p = pieces[next];
      p.from += address;
      if (address == 0) {
        not_stored.push_back(p);
      } else {
        pieces[kept++] = p;
      }
    }
  }
  NF_TRY(gather(pieces.first(kept), target_.from_strides));
  NF_TRY(fill(*now, not_stored));
  return device(lane_->send(*now));
}

Status DeviceGather::upload(const BlockRequest& request, DeviceLane::Half** half, uint64_t at,
                            DevicePointer* address) {
  const uint64_t size = field_->block_size();
  const bool fits = at + size <= lane_->half_bytes();
  std::vector<DeviceBatch::Impl::Upload>& uploads = batch_->uploads;
  const auto slot =
      target_.keep && tier_.keeps_blocks() ? gpu_.share->take_slot(size) : std::nullopt;
  if (slot) {
    *address = gpu_.share->address(*slot);
    uploads.push_back({request.key, *slot});
  } else if (fits) {
    *address = (*half)->scratch + at;
  } else {
    // Such a block is a group of its own, so one memory does for all of them.
    if (!batch_->memory) {
      auto memory = gpu_.device->allocate(size);
      NF_TRY(device(memory.status()));
      batch_->memory = std::move(*memory);
    }
    *address = batch_->memory.address();
  }
  NF_TRY(fits ? copy_at_once(request, **half, at, *address)
              : copy_in_parts(request, half, *address));
  if (slot) uploads.back().whole = true;
  return {};
}

Status DeviceGather::copy_at_once(const BlockRequest& request, const DeviceLane::Half& half,
                                  uint64_t at, DevicePointer address) {
  const uint64_t size = field_->block_size();
  std::memcpy(half.staging + at, request.pin.data(), size);
  return device(lane_->stream().copy_to_device(address, half.staging + at, size));
}

Status DeviceGather::copy_in_parts(const BlockRequest& request, DeviceLane::Half** half,
                                   DevicePointer address) {
  const uint64_t size = field_->block_size();
  const uint64_t room = lane_->half_bytes() - kFillRoom;
  for (uint64_t done = 0; done < size; done += room) {
    const uint64_t n = std::min(size - done, room);
    std::byte* const staging = (*half)->staging + kFillRoom;
    std::memcpy(staging, request.pin.data() + done, n);
    NF_TRY(device(lane_->stream().copy_to_device(address + done, staging, n)));
    NF_TRY(device(lane_->send(**half)));
    auto other = lane_->next();
    NF_TRY(device(other.status()));
    *half = *other;
  }
  return {};
}

// One element for all: its strides are 0.
Status DeviceGather::fill(const DeviceLane::Half& half, std::span<Piece> pieces) {
  if (pieces.empty()) return {};
  const ByteVector& element = field_->spec().fill;
  std::memcpy(half.staging, element.data(), element.size());
  NF_TRY(device(lane_->stream().copy_to_device(half.scratch, half.staging, element.size())));
  for (Piece& p : pieces) p.from = half.scratch;
  field_->engine_state().fills.add(pieces.size());
  return gather(pieces, Dims(target_.from_strides.size(), 0));
}

}  // namespace neurofs
