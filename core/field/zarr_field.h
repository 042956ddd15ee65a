// The StoredField of every format: resolves chunks through any number of shard levels.
//
// Purpose: made by open_stored_field and open_hierarchy from a finished FieldSpec.
// See stored_field.h for the contract.
#pragma once

#include <memory>
#include <string>

#include "core/field/stored_field.h"

namespace neurofs {

// `path`: where the array is in the store; its chunk keys begin with it. For formats that are one
// object, spec.object_key is the whole key and `path` is only shown.
std::shared_ptr<StoredField> make_stored_field(std::shared_ptr<ObjectStore> store,
                                               std::string_view path, FieldSpec spec,
                                               const FieldOptions& options);

}  // namespace neurofs
