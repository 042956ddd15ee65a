// Keys: which texts name an object.
//
// A key is a relative path: components joined by '/', at most 1024 bytes (the limit of S3), none of
// them empty, "." or "..", none longer than 255 bytes (the limit of Linux file names), without NUL.
// So a key means the same object in every store, and none leads upwards out of a root.
// Pure; any thread. Errors: kInvalidArgument, with the key quoted, shortened and made printable.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/status.h"

namespace neurofs {

constexpr size_t kMaxKeyBytes = 1024;
constexpr size_t kMaxKeyComponentBytes = 255;

Status check_key(std::string_view key);

// A prefix to list: a key, or "" for the root.
Status check_prefix(std::string_view prefix);

// The text in quotes for a message: control and non-ASCII bytes as \xNN, cut after 160 bytes.
std::string quote_key(std::string_view key);

// `'c/0' bytes 4096+1024 (offset+length) of file:///data/brain.zarr`, the way every message names
// what was read.
std::string describe_read(std::string_view store_url, std::string_view key, ByteRange range);

}  // namespace neurofs
