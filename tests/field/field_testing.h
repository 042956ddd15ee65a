// Helpers of the field tests: stores with planted objects, and a dense reader of whole fields.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/field/stored_field.h"
#include "core/storage/memory_store.h"

namespace neurofs::testing {

// A valid zarr.json of shape (4, 6), chunks (2, 3), int32, uncompressed.
nlohmann::json small_zarr3();

// The same with chunks of `inner` in shards of (4, 6).
nlohmann::json small_sharded(const std::vector<int>& inner, const std::string& location = "end");

std::shared_ptr<MemoryStore> store_with(std::string_view key, std::string_view text);

// Reads every chunk of a field: elements in C order, native byte order. The slow, plain way: no
// blocks, no partial reads.
Result<ByteVector> read_dense(StoredField& field);

}  // namespace neurofs::testing
