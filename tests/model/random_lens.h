// Random lenses, and a dense array seen through one.
#pragma once

#include "core/lens/lens.h"
#include "tests/model/dense_field.h"
#include "tests/model/random_source.h"

namespace neurofs::model {

// One to three steps that a field of `dtype` takes.
Lens random_lens(Random& random, DataType dtype);

// Every element through the lens, applied to all at once.
DenseField through(const DenseField& dense, const Lens& lens);

}  // namespace neurofs::model
