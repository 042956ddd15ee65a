// TieredMemory: a field in a program, read through the tiers as if it were in memory.
//
// Purpose: the C++ API for random access: get() one neuron, batch_get() many or a region.
//
//   NF_ASSIGN(auto memory, TieredMemory::open("/data/brain.zarr", {.ram_bytes = 4ull << 30}));
//   NF_ASSIGN(auto neuron, memory.get(42'000'000'000));
//   std::span<const float> features = neuron.as<float>();
//
// It gives what is stored, whatever activation the field's attributes declare, unless a lens is asked for:
// with_lens("relu,f16") is the same memory seen through a lens, each value made when it is read.
// Thread-safety: every method from any thread. Ownership: shares the field and its engine; an
// Activation keeps its own bytes in place and may outlive nothing but the TieredMemory.
// Shapes: neuron numbers count the neuron axes in C order. Units: bytes for buffers.
// Errors: kInvalidArgument for a neuron or region out of range, kNoMemory when live Activations pin
// the whole budget, storage errors as they come. Nothing is returned in part.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "core/engine/activation.h"
#include "core/engine/device_reads.h"
#include "core/engine/engine.h"
#include "core/engine/field.h"
#include "core/engine/field_scan.h"
#include "core/lens/lens.h"

namespace neurofs {

class LazyActivation;

class TieredMemory {
 public:
  // A field of its own engine, from a URL or path of an array.
  static Result<TieredMemory> open(std::string_view url, const EngineOptions& options = {});
  // A field of an engine that others share.
  explicit TieredMemory(std::shared_ptr<Field> field);
  TieredMemory(TieredMemory&&) noexcept;
  TieredMemory& operator=(TieredMemory&&) noexcept;
  ~TieredMemory();

  // Of what is stored.
  const FieldSpec& spec() const;
  Engine& engine() const;

  // The same field through a lens after this one's; see core/lens. kNotFound, with the reason, for a name
  // that is no lens of its type.
  Result<TieredMemory> with_lens(std::string_view name) const;
  // The type of the values that are read, and the bytes of one neuron of them.
  DataType dtype() const;
  uint64_t neuron_size() const;

  // One neuron's features. 100 ns when they are in RAM.
  Result<Activation> get(Index neuron) const;

  // Row i of `out` becomes neuron neurons[i]; out.size() == neurons.size() * neuron_size().
  // Missing blocks are fetched together. Neurons may repeat and come in any order.
  Status batch_get(std::span<const Index> neurons, MutableBytes out) const;

  // The region's elements in C order; out.size() must be its size.
  Status batch_get(const Region& region, MutableBytes out) const;

  // The same into GPU memory, through a lens (its source must be the field's type; Lens(spec().dtype)
  // changes nothing). out.size is that of the result. Needs no GPU tier, but is fast by it: rows it holds
  // are gathered on the GPU, others come to stay. Blocks until all is there; see device_reads.h.
  Status batch_get_device(std::span<const Index> neurons, const DeviceBuffer& out,
                          const Lens& lens) const;
  Status batch_get_device(const Region& region, const DeviceBuffer& out, const Lens& lens) const;
  // The same without the wait for the GPU; what is missing has been fetched when it returns.
  Result<DeviceBatch> start_batch_get_device(std::span<const Index> neurons,
                                             const DeviceBuffer& out, const Lens& lens) const;
  Result<DeviceBatch> start_batch_get_device(const Region& region, const DeviceBuffer& out,
                                             const Lens& lens) const;
  // A region in GPU memory of its own, which another process may map while the lease lives.
  Result<DeviceLease> lease(const Region& region, const Lens& lens, int gpu = -1) const;

  // Min, max, mean of each feature and a histogram, on the GPU; see field_scan.h.
  Result<ScanResult> scan(const Lens& lens, const ScanOptions& options) const;

  // A neuron that is read when its values are first asked for.
  LazyActivation lazy(Index neuron) const;

 private:
  friend class LazyActivation;
  struct Impl;
  explicit TieredMemory(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

// A neuron by name; nothing is loaded before value() is called, and then once.
// Thread-safety: value() from one thread at a time. Ownership: shares the memory's field.
class LazyActivation {
 public:
  Index neuron() const { return neuron_; }
  bool loaded() const { return loaded_; }
  // The features; valid while this lives.
  Result<Bytes> value();

 private:
  friend class TieredMemory;
  LazyActivation(std::shared_ptr<const TieredMemory::Impl> memory, Index neuron)
      : memory_(std::move(memory)), neuron_(neuron) {}
  std::shared_ptr<const TieredMemory::Impl> memory_;
  Activation activation_;
  Index neuron_ = 0;
  bool loaded_ = false;
};

}  // namespace neurofs
