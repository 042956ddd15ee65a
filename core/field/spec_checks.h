// The checks that every format's parser ends with.
#pragma once

#include "core/field/field_spec.h"

namespace neurofs {

// kOverflow when an array's bytes cannot be counted in 63 bits.
Status check_byte_count(const Dims& shape, DataType type);

// Checks that shape, chunk shape and fill agree in rank and size, that the field's bytes can be
// counted in 63 bits (kOverflow), and sets neuron_axes from the attributes.
Status finish_spec(FieldSpec* spec);

// Prepares the codec chain of a chunk of spec->chunk_shape.
Status set_codecs(const nlohmann::json& codecs, FieldSpec* spec);

}  // namespace neurofs
