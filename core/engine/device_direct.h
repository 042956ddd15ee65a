// read_direct: a group of blocks, from their files straight into a GPU's memory.
//
// Purpose: the step of a read into device memory that goes past RAM, for chunks whose encoding at most
// moves bytes about (CodecChain::byte_moves) in stores of local files. Internal to core/engine.
//
//   find the places of all blocks; neighbours in one file become one read; read all side by side;
//   then look whether each file is still of the version that its places are of, and tell the versions
//
// Thread-safety: any thread. Units: bytes. Errors: not ok only when the device is lost. Whatever else does
// not come as it should is left to the way through RAM, which says what is wrong, or finds that nothing is.
#pragma once

#include <optional>
#include <span>

#include "core/engine/direct_files.h"
#include "core/engine/field_state.h"

namespace neurofs {

// What a device has to do to the field's blocks once it has read them; no value where they cannot be
// read so, or are not to be.
std::optional<CodecChain::ByteMoves> direct_moves(const FieldState& field);

struct DirectBlock {
  // kElsewhere: to be brought through RAM.
  enum class Outcome : uint8_t { kElsewhere, kData, kMissing };

  uint64_t block = 0;  // in
  Outcome outcome = Outcome::kElsewhere;
  uint64_t offset =
      0;  // kData: where the block's encoded bytes are in the memory, a multiple of its items
  uint64_t size = 0;  // kData: how many
};

// Where a block begins in device memory, at least: a multiple of this.
inline constexpr uint64_t kDirectAlignment = 256;

// `blocks`: ascending, distinct. `memory` has room for each with its size rounded up to kDirectAlignment.
Status read_direct(FieldState& field, Device& device, std::span<DirectBlock> blocks,
                   DevicePointer memory);

}  // namespace neurofs
