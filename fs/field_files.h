// FieldFiles: what is prepared once per field and lens so that its files cost arithmetic.
//
// Purpose: a field as one lens shows it (the field's own files: its activation, which mostly changes
// nothing). The layouts of field.EXT and of every neuron (all neurons have one shape), the bucket
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
  const ByteVector fill;  // one element as the files hold it
  const BucketTree buckets;
  const uint64_t neuron_size;      // bytes, as the files hold it
  const bool has_neurons;          // false for rank 0
  std::vector<LayoutSlot> whole;   // by view number
  std::vector<LayoutSlot> neuron;  // by view number
  std::shared_ptr<Field> field;
  std::optional<RegionReader> reader;  // of the whole field; set when `field` is
  int64_t modified_ns = 0;             // Unix time of the field's metadata

  // `spec` must outlive the object (it lives in the field); `lens` fits it (check_lens()).
  explicit FieldFiles(const FieldSpec& spec);
  FieldFiles(const FieldSpec& spec, const Lens& lens);
  // The files of the same field through another lens.
  FieldFiles(const FieldFiles& other, const Lens& lens);

  DataType dtype() const { return lens.result(); }
};

}  // namespace neurofs
