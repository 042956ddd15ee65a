// Random orders of neurons, and a dense array in one.
#pragma once

#include "core/geometry/neuron_order.h"
#include "tests/model/dense_field.h"
#include "tests/model/random_source.h"

namespace neurofs::model {

// The name of a shuffle, in runs or not, sometimes a share of it: of any field.
std::string random_shuffle(Random& random);

// A shuffle, or a table of neurons with repeats.
std::shared_ptr<const NeuronOrder> random_order(Random& random, Index neurons);

// Row after row: the neurons of `dense` along its first `neuron_axes` axes.
DenseField in_order(const DenseField& dense, size_t neuron_axes, const NeuronOrder& order);

}  // namespace neurofs::model
