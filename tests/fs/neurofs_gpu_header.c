/* The public C headers, compiled as C with the warnings of the tests. */
#include "fs/neurofs_control.h"
#include "fs/neurofs_gpu.h"

_Static_assert(sizeof(struct neurofs_gpu_export) == 920, "part of the interface");
_Static_assert(sizeof(struct neurofs_prefetch) == 504, "part of the interface");
_Static_assert(sizeof(struct neurofs_refresh) == 512, "part of the interface");
_Static_assert(sizeof(struct neurofs_gpu_release) == 8, "part of the interface");
