// The kernels that a lens is fused into, as one unit: the interpreters are most of the code and of the
// compiler's time, and so exist once for each architecture.
#include "core/device/cuda/gather_boxes.inc"
#include "core/device/cuda/lens_rows.inc"
#include "core/device/cuda/reduce_tiles.inc"
