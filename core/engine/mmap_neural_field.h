// MMapNeuralField: a local, uncompressed field mapped into the process; the system does the paging.
//
// Purpose: zero copies: get() returns a span into the mapped shard file. No budget and no cache of
// ours: right when one process reads a local field and the page cache is the tier it wants. The values are
// those stored, whatever activation the field's attributes declare.
//
//   NF_ASSIGN(auto field, MMapNeuralField::create("/data/brain.zarr", {.shape = {86'000'000'000, 1000}}));
//   NF_ASSIGN(auto neuron, field.get(42'000'000'000));          // 1000 float32 of the fill value
//   NF_ASSIGN(auto voxel, volume.activate(12, 7, 3));           // one index per neuron axis
//
// Thread-safety: get and activate from any thread. Ownership: an Activation keeps its shard mapped.
// At most kMostMappings shards stay mapped beyond those that Activations hold.
// Shapes: neuron axes index neurons, feature axes are the span. Errors: kUnsupported for compressed
// or byte-swapped fields and for stores that are not local; kInvalidArgument for indices out of
// range; kCorrupt for a shard that is shorter than its index says. A file that another process
// truncates while it is mapped raises SIGBUS, as with any mmap.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "core/engine/activation.h"
#include "core/engine/field_writer.h"

namespace neurofs {

class MMapNeuralField {
 public:
  // Creates the field (milliseconds, a few kilobytes, whatever its shape) and opens it.
  static Result<MMapNeuralField> create(std::string_view path, const CreateOptions& options);
  static Result<MMapNeuralField> open(std::string_view path);
  MMapNeuralField(MMapNeuralField&&) noexcept;
  MMapNeuralField& operator=(MMapNeuralField&&) noexcept;
  ~MMapNeuralField();

  const FieldSpec& spec() const;

  // Neuron by its C-order number.
  Result<Activation> get(Index neuron) const;

  // Neuron by its coordinates, one per neuron axis.
  template <typename... Indices>
  Result<Activation> activate(Indices... at) const {
    const std::array<Index, sizeof...(at)> coordinates{static_cast<Index>(at)...};
    return activate_at(coordinates);
  }
  Result<Activation> activate_at(std::span<const Index> coordinates) const;

 private:
  struct Impl;
  explicit MMapNeuralField(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace neurofs
