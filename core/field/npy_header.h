// .npy headers: where the elements of a NumPy file begin and what they are.
//
// Purpose: read .npy files in place. Versions 1.0, 2.0 and 3.0; C and Fortran order; both byte
// orders. The header is a Python literal, read by a parser of exactly the dictionary that NumPy
// writes: any order of its three members, either quote, trailing commas, blanks.
// Pure; thread-safe. Errors: kCorrupt for what is not a .npy header, with the byte offset;
// kUnsupported for structured or object types, versions and sizes that are not known.
// Source: NumPy NEP 1, numpy/lib/format.py.
#pragma once

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/field/field_spec.h"

namespace neurofs {

// More than any header that NumPy itself would read (its limit is 10,000 bytes).
inline constexpr size_t kMaxNpyHeaderBytes = 64 << 10;
// Magic, version and the longest length field.
inline constexpr size_t kNpyPreambleBytes = 12;

bool has_npy_magic(Bytes head);

// Bytes before the elements, told from at least min(kNpyPreambleBytes, file size) bytes.
Result<size_t> npy_data_offset(Bytes head);

// `head`: the first npy_data_offset bytes. object_key is left to the caller.
Result<FieldSpec> parse_npy_header(Bytes head);

// A field that is one object: `fortran` order is a reversing transpose, the fill value zero.
Result<FieldSpec> single_object_spec(const Dims& shape, TypeString type, bool fortran,
                                     uint64_t offset, nlohmann::json attributes);

}  // namespace neurofs
