#include "mount-tools/private_memory.h"

#include <sys/prctl.h>

namespace neurofs::tools {

void keep_memory_private() {
  prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace neurofs::tools
