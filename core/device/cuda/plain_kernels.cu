// The kernels that know no lens, as one unit: the headers take longer than the code.
#include "core/device/cuda/combine_tiles.inc"
#include "core/device/cuda/copy_rows.inc"
#include "core/device/cuda/decode.inc"
