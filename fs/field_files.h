// FieldFiles: what is prepared once per field so that its files cost arithmetic.
//
// Purpose: the layouts of field.EXT and of every neuron (all neurons have one shape), the bucket
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
#include "fs/path_grammar.h"
#include "fs/view.h"

namespace neurofs {

// A layout, or why this view cannot show it.
struct LayoutSlot {
  std::unique_ptr<ViewLayout> layout;
  Status status;
};

struct FieldFiles {
  const FieldSpec& spec;
  const BucketTree buckets;
  const uint64_t neuron_size;
  const bool has_neurons;          // false for rank 0
  std::vector<LayoutSlot> whole;   // by view number
  std::vector<LayoutSlot> neuron;  // by view number
  std::shared_ptr<Field> field;
  std::optional<RegionReader> reader;  // of the whole field; set when `field` is
  int64_t modified_ns = 0;             // Unix time of the field's metadata

  // `spec` must outlive the object (it lives in the field).
  explicit FieldFiles(const FieldSpec& spec);
};

}  // namespace neurofs
