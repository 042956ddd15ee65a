// A tiny Zarr writer: straight loops, zlib and zstd, and nothing of core/codec or core/field.
//
// Purpose: a second opinion on the format, so that a mistake shared by our reader and our writer
// shows.
#pragma once

#include <filesystem>

#include "tests/model/dense_field.h"
#include "tests/model/layout.h"

namespace neurofs::model {

// Fills `dense` with random elements, chunk by chunk, where about `missing` of the chunks stay at
// the fill value; writes all chunks that do not to `directory` as `layout` says. Throws on I/O
// errors.
void write_tiny_zarr(const std::filesystem::path& directory, const Layout& layout, double missing,
                     Random& random, DenseField& dense);

// Random elements with runs of equal bytes, so that compressors have something to do; bools are 0
// or 1.
ByteVector random_elements(Random& random, DataType dtype, size_t count);

}  // namespace neurofs::model
