// From a source's hierarchy to the directories of a tree.
//
// Purpose: attach every array to the engine, prepare its files, and link groups and fields by name.
// Directory i is hierarchy node i, whether or not it opened, so that node ids depend on the stored
// names alone; one that failed is in no group's listing but in the error log.
// Thread-safety: free function. Errors: the root's own failure.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/engine.h"
#include "core/field/hierarchy.h"
#include "fs/error_log.h"
#include "fs/tree.h"

namespace neurofs {

Result<std::vector<Directory>> build_directories(Engine& engine, const Hierarchy& hierarchy,
                                                 ErrorLog* errors);

}  // namespace neurofs
