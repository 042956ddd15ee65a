// BlockListener: what a faster tier hears of the RAM tier, to take blocks up or in.
//
// Purpose: promotion on repeated use and a victim tier, without the RAM tier knowing of devices.
// Thread-safety: called from any thread, all under the cache's lock: none may wait, call the cache, or
// let go of a block of its. Units: bytes, of the slot.
#pragma once

#include <cstdint>

#include "core/cache/block_key.h"

namespace neurofs {

struct HeldBlock;

class BlockListener {
 public:
  virtual ~BlockListener() = default;
  // The block was read again after a sixteenth of what is in RAM had been replaced. A sample: told
  // where the policy is told of the hit, so that a hit costs nothing more.
  virtual void used_again(const BlockKey& key) = 0;
  // A block leaves RAM. True: take_victim() may follow, before anything else is asked.
  virtual bool wants_victim(const BlockKey& key, uint64_t size) = 0;
  // The block leaves RAM when `held` goes, which is to be soon: its memory is waited for.
  virtual void take_victim(HeldBlock held) = 0;
};

}  // namespace neurofs
