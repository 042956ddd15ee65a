// FieldFiles: what is prepared once per field and lens so that its files cost arithmetic.
//
// Purpose: a field as one lens shows it, perhaps in another order (the field's own files: its activation,
// which mostly changes nothing, and no order). The layouts of field.EXT and of every neuron (all neurons have one shape), the bucket
// tree, and the reader of the whole field. A neuron's bytes are a run of the whole field's (neuron
// axes lead, C order), so no reader is made per neuron. Thread-safety: immutable after make(),
// apart from NamedRegions, which locks itself. Ownership: shares the Field (null in pure tests,
// where nothing is read).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/field.h"
#include "core/field/field_spec.h"
#include "core/geometry/neuron_order.h"
#include "core/lens/lens.h"
#include "fs/path_grammar.h"
#include "fs/view.h"

namespace neurofs {

// A layout, or why this view cannot show it.
struct LayoutSlot {
  std::unique_ptr<ViewLayout> layout;
  Status status;
};

struct FieldFiles : std::enable_shared_from_this<FieldFiles> {
  const FieldSpec& spec;  // of what is stored
  const Lens lens;        // from that to what the files hold
  const std::shared_ptr<const NeuronOrder>
      order;                 // in which the neurons stand; null: as they are stored
  const Dims shape;          // of the whole field as the files show it
  const size_t neuron_axes;  // of it
  const Dims neuron_shape;
  const ByteVector fill;  // one element as the files hold it
  const BucketTree buckets;
  const uint64_t neuron_size;      // bytes, as the files hold it
  const bool has_neurons;          // false for rank 0
  std::vector<LayoutSlot> whole;   // by view number
  std::vector<LayoutSlot> neuron;  // by view number
  std::shared_ptr<Field> field;
  std::optional<RegionReader> reader;  // of the whole field; set when `field` is
  int64_t modified_ns = 0;             // Unix time of the field's metadata
  // Numbers orders whose keys are one though their rows are not; 0 for almost all.
  const unsigned twin = 0;

  // `spec` must outlive the object (it lives in the field); `lens` fits it (check_lens()).
  explicit FieldFiles(const FieldSpec& spec);
  // `order` is of the spec's neurons, and fits the lens (check_shown()).
  FieldFiles(const FieldSpec& spec, const Lens& lens,
             std::shared_ptr<const NeuronOrder> order = nullptr, unsigned twin = 0);
  // The files of the same field through another lens, in another order.
  FieldFiles(const FieldFiles& other, const Lens& lens,
             std::shared_ptr<const NeuronOrder> order = nullptr, unsigned twin = 0);

  DataType dtype() const { return lens.result(); }
  // The neuron that file number `number` of neurons/ shows.
  Index stored_neuron(Index number) const { return order ? order->at(number) : number; }
  // Two files of one field with the same key are the same: the lens's canonical name, the order's key, the twin's number.
  std::string key() const { return variant_key(lens, order.get(), twin); }
  static std::string variant_key(const Lens& lens, const NeuronOrder* order, unsigned twin) {
    return lens.name() + (order != nullptr ? "@" + order->key() : "") +
           (twin > 0 ? "!" + std::to_string(twin) : "");
  }
};

// Whether the whole field can be shown so: kOverflow where a file of it would pass 2^63 - 1 bytes.
Status check_shown(const FieldSpec& spec, const Lens& lens, const NeuronOrder* order);

}  // namespace neurofs
