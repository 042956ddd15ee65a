// The process's limit of open files, and how a mount shares it out.
//
// Purpose: a mount must read right under any limit (RELIABILITY R40). Files of the store, rings and
// FUSE workers each have a share, so that something is always left for a look-up.
// Thread-safety: call raise_descriptor_limit() before the store is opened, from one thread.
#pragma once

namespace neurofs {

// Raises the soft limit to the hard one; what cannot be raised stays.
void raise_descriptor_limit();

// How many FUSE workers, each with a descriptor of its own and one for the file that it looks at,
// fit into the limit: `wanted` where there is room.
unsigned workers_within_limit(unsigned wanted);

}  // namespace neurofs
