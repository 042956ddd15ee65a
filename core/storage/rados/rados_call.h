// RadosCall: one asynchronous operation, waited for within the bounds of the thread that asked.
//
// Purpose: writes and removals, which RemoteReader does not do. Thread-safety: one thread.
// Ownership: borrows the cluster; what `start` is given stays in place until run() returns.
#pragma once

#include <chrono>
#include <functional>

#include "core/storage/rados/rados_cluster.h"

namespace neurofs {

// Starts an operation that calls back; negative where it cannot.
using RadosStart = std::function<int(rados_completion_t)>;

// What the operation returned; -ETIMEDOUT at the deadline or that of the thread's ReadScope, -ECANCELED when the
// scope is cancelled. It is asked again after -ETIMEDOUT of one attempt: operations must bear being repeated.
int run_rados(const RadosCluster& cluster, std::chrono::milliseconds deadline,
              const RadosStart& start);

}  // namespace neurofs
