// DeviceGather: pieces of a field's blocks, put together in device memory.
//
// Purpose: the middle of every read into a GPU's memory. Internal to core/engine.
//
//   per group of pieces: find their blocks on the GPU and queue one gather of those that are there;
//   meanwhile fetch the others below; then copy them, through a lane, into slots of the tier (or into
//   scratch memory where it has no room) and gather from there; what is not stored is the fill value
//   with direct reads: those that are neither here nor in RAM are read from their files into the lane's
//   scratch memory, decoded there, copied into slots and gathered; what fails is fetched as above
//
// Thread-safety: one thread. Ownership: keeps field and tier alive; `out` must live until the batch is
// done. Units: bytes. Errors: as device_reads.h; after one, nothing is under way any more.
#pragma once

#include <span>
#include <vector>

#include "core/engine/device_batch.h"
#include "core/engine/device_direct.h"
#include "core/engine/field_state.h"

namespace neurofs {

class DeviceGather {
 public:
  struct Target {
    DevicePointer out = 0;
    const LensProgram* lens = nullptr;
    Dims from_strides;  // within a block
    Dims to_strides;    // within out
    bool keep = true;   // blocks that were fetched stay in the tier
    // Not 0: pieces are dense rows of so many elements, which lie in out one after another as added.
    uint64_t row_elements = 0;
  };
  static Result<std::unique_ptr<DeviceGather>> begin(std::shared_ptr<FieldState> field,
                                                     DeviceTier& tier, DeviceTier::Gpu& gpu,
                                                     Target target);
  ~DeviceGather();
  DeviceGather(const DeviceGather&) = delete;
  DeviceGather& operator=(const DeviceGather&) = delete;

  // One box of a block, `from` bytes into it, to `to` bytes into out.
  Status add(uint64_t block, Index from, Index to, const Dims& shape);
  // What was added last is on its way when this returns.
  Result<DeviceBatch> finish();

 private:
  static constexpr size_t kMostBoxes = 4096;  // of one gather
  static constexpr uint64_t kFillRoom = 256;  // of a half, where the fill value lies

  struct Piece {
    uint64_t block;
    DevicePointer from;  // first an offset in the block, then an address
    uint64_t to;
    uint32_t shape;  // of shapes_
  };

  DeviceGather(std::shared_ptr<FieldState> field, DeviceTier& tier, DeviceTier::Gpu& gpu,
               Target target, LanePool::Lease lane);

  Status device(Status status);
  Status flush();
  Status gather_rows();
  Status gather(std::span<const Piece> pieces, const Dims& from_strides);
  // By way of RAM; sorted by block.
  Status bring(std::span<Piece> absent);
  Status bring_group(std::span<BlockRequest> requests, std::span<Piece> pieces);
  Status send_group(std::span<const BlockRequest> requests, std::span<Piece> pieces);
  Status upload(const BlockRequest& request, DeviceLane::Half** half, uint64_t at,
                DevicePointer* address);
  Status copy_at_once(const BlockRequest& request, const DeviceLane::Half& half, uint64_t at,
                      DevicePointer address);
  Status copy_in_parts(const BlockRequest& request, DeviceLane::Half** half, DevicePointer address);
  Status fill(const DeviceLane::Half& half, std::span<Piece> pieces);
  // All that was queued has passed: what is evicted from here on can be reused at once.
  Status begin_group();

  // device_gather_direct.cc. Without RAM; what they could not bring is in `left`.
  struct DirectGroup {
    std::vector<DirectBlock> blocks;
    std::vector<Piece> pieces;
  };
  Status bring_direct(std::span<const Piece> absent, const CodecChain::ByteMoves& moves,
                      std::vector<Piece>* left);
  Status direct_group(DirectGroup* group, const CodecChain::ByteMoves& moves,
                      std::vector<Piece>* left);
  Status decode(std::span<const DirectBlock> blocks, const CodecChain::ByteMoves& moves,
                DevicePointer from, DevicePointer to);
  Status keep(std::span<const DirectBlock> blocks, DevicePointer memory);
  void sort_out(DirectGroup* group, DevicePointer memory, std::vector<Piece>* not_stored,
                std::vector<Piece>* left);

  const std::shared_ptr<FieldState> field_;
  DeviceTier& tier_;
  DeviceTier::Gpu& gpu_;
  const Target target_;
  const FieldState::Generation& generation_;
  LanePool::Lease lane_;
  std::unique_ptr<DeviceBatch::Impl> batch_;
  std::vector<Dims> shapes_;  // of pieces; few
  uint32_t shape_ = 0;        // of the last piece
  std::vector<Piece> pieces_;
};

}  // namespace neurofs
