// The public C++ API of NeuroFS in one include.
//
// TieredMemory (random access through the tiers), MMapNeuralField (mapped local fields), Engine, Field
// and RegionReader (regions), FieldWriter (writing). Examples, compiled as tests: core/README.md.
#pragma once

#include "core/engine/engine.h"
#include "core/engine/field.h"
#include "core/engine/field_writer.h"
#include "core/engine/mmap_neural_field.h"
#include "core/engine/tiered_memory.h"
#include "core/prefetch/predictor.h"
#include "core/storage/object_store.h"

namespace neurofs {

// What guesses the next reads; an own one registers in PredictorRegistry.
using PrefetchPredictor = Predictor;

// Where fields live, near or far; an own one registers in StoreRegistry.
using NetworkStorage = ObjectStore;

}  // namespace neurofs
