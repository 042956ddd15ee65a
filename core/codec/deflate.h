// DEFLATE streams in their gzip or zlib wrapping, by zlib.
//
// Thread-safe: streams for decoding are thread-local and reused. Sources: RFC 1950, 1951, 1952.
// Errors: truncation, a wrong checksum, bytes after the end or output past the limit is kCorrupt.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/codec/bounded_output.h"

namespace neurofs {

enum class DeflateWrapping { kZlib, kGzip };

// A gzip file is a sequence of members (RFC 1952, 2.2), and so is a chunk, as zarr-python reads it;
// the zero padding after the last member that Python's gzip tolerates is refused.
Status inflate_all(Bytes encoded, DeflateWrapping wrapping, BoundedOutput* output);

// `level`: -1 (zlib's default) to 9.
Result<ByteVector> deflate_all(Bytes decoded, DeflateWrapping wrapping, int level);

}  // namespace neurofs
