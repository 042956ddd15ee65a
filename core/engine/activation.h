// Activation: the bytes of one neuron (or of a few), kept in place while this lives.
//
// Purpose: what TieredMemory::get and MMapNeuralField::get return: a span into a cached block or a
// mapped shard, without a copy where the layout allows, else into a private buffer.
// Thread-safety: const methods from any thread. Ownership: movable; keeps its block pinned, mapping
// mapped or buffer allocated. A live pin counts against the RAM budget.
// Shape: the field's feature shape, C order. Units: elements for as<T>(), bytes for bytes().
#pragma once

#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/cache/block_cache.h"

namespace neurofs {

class Activation {
 public:
  Activation() = default;
  Activation(Bytes bytes, BlockPin pin) : bytes_(bytes), pin_(std::move(pin)) {}
  Activation(Bytes bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}

  Bytes bytes() const { return bytes_; }

  // The elements as T. Precondition: sizeof(T) is the field's item size.
  template <typename T>
  std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes_.data()), bytes_.size() / sizeof(T)};
  }

 private:
  Bytes bytes_;
  BlockPin pin_;
  std::shared_ptr<const void> owner_;
};

}  // namespace neurofs
