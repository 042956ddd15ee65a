// unknown_selection: what stands for the order of a selection whose rows nobody has read.
//
// Purpose: explain_name walks below @take=NAME without a store. The order is as long as a selection may be, so that no
// number is refused that one could have; sizes that come of it mean nothing. Thread-safety: immutable. Pure.
#pragma once

#include <memory>

#include "core/field/field_spec.h"
#include "core/geometry/neuron_order.h"

namespace neurofs {

// Shorter than that where the files of so many neurons would be larger than files can be.
std::shared_ptr<const NeuronOrder> unknown_selection(const OrderName& name, const FieldSpec& spec);

}  // namespace neurofs
