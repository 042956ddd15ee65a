// Runs body(i) for i in [0, count) on the caller's thread and, while they are idle, an executor's.
//
// The caller always makes progress by itself, so calling it from a task of the same executor cannot
// deadlock. Returns when every body has ended, and then throws what the first of them threw, if any.
#pragma once

#include <cstddef>
#include <functional>

#include "core/base/executor.h"

namespace neurofs {

void parallel_for(Executor& executor, size_t count, const std::function<void(size_t)>& body);

}  // namespace neurofs
