#include "core/cache/device_read.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

namespace neurofs {
namespace {

// Up to here one kernel for many blocks beats a copy for each.
constexpr uint64_t kMostGathered = uint64_t{64} << 10;

struct Found {
  BlockLoad* load;
  DevicePointer from;
};

// A part of one block, at a place in a half.
struct Part {
  const Found* found;
  uint64_t offset;
  uint64_t length;
  uint64_t at;
};

struct Batch {
  DeviceLane::Half* half = nullptr;
  std::vector<Part> parts;
};

class DeviceRead {
 public:
  DeviceRead(DeviceShare& share, std::span<BlockLoad* const> loads);
  // The device must be done with what it reads before that may be reused.
  ~DeviceRead() {
    if (lane_) static_cast<void>((*lane_)->stream().wait());
  }
  DeviceRead(const DeviceRead&) = delete;
  DeviceRead& operator=(const DeviceRead&) = delete;

  Status run(LanePool& lanes);

 private:
  bool more() const { return next_ < found_.size(); }
  Status queue_batch(Batch* batch);
  Status queue_copies(Batch& batch, uint64_t bytes);
  Status take(Batch& batch);

  DeviceShare::Use use_;
  std::vector<Found> found_;
  std::optional<LanePool::Lease> lane_;
  size_t next_ = 0;      // of found_, the first that is not queued whole
  uint64_t offset_ = 0;  // how far that one is queued
};

DeviceRead::DeviceRead(DeviceShare& share, std::span<BlockLoad* const> loads)
    : use_(share.begin_use()) {
  std::vector<BlockKey> keys;
  keys.reserve(loads.size());
  for (const BlockLoad* load : loads) keys.push_back(load->key);
  std::vector<DevicePointer> from(loads.size());
  found_.reserve(share.find(keys, from, use_));
  for (size_t i = 0; i < loads.size(); ++i) {
    if (from[i] != 0) found_.push_back({loads[i], from[i]});
  }
}

Status DeviceRead::run(LanePool& lanes) {
  if (found_.empty()) return {};
  auto lane = lanes.take();
  NF_TRY(lane);
  lane_.emplace(std::move(*lane));
  Batch batches[2];
  for (Batch& batch : batches) {
    if (more()) NF_TRY(queue_batch(&batch));
  }
  for (size_t turn = 0; batches[turn].half != nullptr; turn = 1 - turn) {
    NF_TRY(take(batches[turn]));
    if (more()) NF_TRY(queue_batch(&batches[turn]));
  }
  return {};
}

Status DeviceRead::queue_batch(Batch* batch) {
  NF_ASSIGN(batch->half, (*lane_)->next());
  batch->parts.clear();
  const uint64_t room = (*lane_)->half_bytes();
  uint64_t used = 0;
  while (more() && used < room) {
    const Found& f = found_[next_];
    const uint64_t left = f.load->dest.size() - offset_;
    // A block that fits whole is not cut: then it is gathered.
    if (used > 0 && left > room - used && left <= room) break;
    const uint64_t n = std::min(left, room - used);
    batch->parts.push_back({&f, offset_, n, used});
    used += n;
    offset_ = n == left ? 0 : offset_ + n;
    if (n == left) ++next_;
  }
  NF_TRY(queue_copies(*batch, used));
  return (*lane_)->send(*batch->half);
}

Status DeviceRead::queue_copies(Batch& batch, uint64_t bytes) {
  DeviceStream& stream = (*lane_)->stream();
  const uint64_t length = batch.parts.front().length;
  const bool alike = std::all_of(batch.parts.begin(), batch.parts.end(), [length](const Part& p) {
    return p.offset == 0 && p.length == length && p.found->load->dest.size() == length;
  });
  if (!alike || batch.parts.size() == 1 || length > kMostGathered) {
    for (const Part& p : batch.parts) {
      NF_TRY(stream.copy_to_host(batch.half->staging + p.at, p.found->from + p.offset, p.length));
    }
    return {};
  }
  std::vector<DevicePointer> rows;
  rows.reserve(batch.parts.size());
  for (const Part& p : batch.parts) rows.push_back(p.found->from);
  GatherRows gather;
  gather.rows = rows;
  gather.row_elements = length;
  gather.lens.source = gather.lens.result = DataType::kUint8;
  gather.out = batch.half->scratch;
  NF_TRY(stream.gather(gather));
  return stream.copy_to_host(batch.half->staging, batch.half->scratch, bytes);
}

// Waits for a batch and hands its bytes out.
Status DeviceRead::take(Batch& batch) {
  NF_TRY(batch.half->passed->wait());
  for (const Part& p : batch.parts) {
    BlockLoad& load = *p.found->load;
    std::memcpy(load.dest.data() + p.offset, batch.half->staging + p.at, p.length);
    if (p.offset + p.length == load.dest.size()) load.outcome = BlockRequest::Outcome::kData;
  }
  batch.half = nullptr;
  return {};
}

}  // namespace

Status read_from_device(DeviceShare& share, LanePool& lanes, std::span<BlockLoad* const> loads) {
  return DeviceRead(share, loads).run(lanes);
}

}  // namespace neurofs
