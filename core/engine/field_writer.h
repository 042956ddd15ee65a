// FieldWriter: puts arrays into regions of a stored field.
//
// Purpose: `neurofs write`, `import` and MMapNeuralField::create. Raw (uncompressed) chunks of a
// sharded field land in place and sparsely at fixed slots, the shard's index last, so that a reader
// sees the old chunk or the new one; compressed shards and plain chunks are rewritten whole by put().
// Thread-safety: one FieldWriter per thread set; write() may be called from many threads for regions
// that touch different outer chunks (shards). Two processes must not write one field at once: an
// advisory lock on the store's root is taken where the store is local.
// Ownership: shares the store. Units: elements; `data` is C order, native byte order.
// Errors: kReadOnly for formats that are read in place only (zarr2, npy, raw); kInvalidArgument for a shape that differs; store errors
// as they come. A failed write leaves chunks whole, old or new, but for one case: a raw chunk that
// exists already is overwritten in its slot, so a reader at that moment, or a crash, may meet both
// versions in it. A chunk that becomes all fill value is not stored.
#pragma once

#include <memory>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/field/stored_field.h"
#include "core/geometry/region.h"

namespace neurofs {

class FieldWriter {
 public:
  static Result<std::unique_ptr<FieldWriter>> open(std::shared_ptr<StoredField> field);
  virtual ~FieldWriter() = default;

  // data.size() must be the region's element count times the item size.
  virtual Status write(const Region& region, Bytes data) = 0;
  // Makes everything written durable (fsync).
  virtual Status flush() = 0;
};

// How a new field is laid out; empty members take DESIGN's defaults (uncompressed inner chunks of
// about 1 MiB that keep feature axes whole and are a multiple of 4 KiB, shards of about 1 GiB).
struct CreateOptions {
  Dims shape{};
  DataType dtype = DataType::kFloat32;
  Dims chunk_shape{};       // inner chunk; empty: chosen
  Dims shard_shape{};       // empty: chosen; equal to chunk_shape: unsharded
  nlohmann::json codecs{};  // null: bytes only; else the v3 codecs list of the inner chunk
  nlohmann::json fill_value = 0;
  std::vector<std::string> dimension_names{};
  nlohmann::json attributes = nlohmann::json::object();
  bool overwrite = false;  // replace an existing zarr.json (chunks are left to the caller)
};

// The zarr.json of such a field, checked by parsing it back.
Result<nlohmann::json> make_zarr3_metadata(const CreateOptions& options);

// Writes it. kExists when something is already there. Milliseconds, whatever the shape.
Status create_field(ObjectStore& store, std::string_view path, const CreateOptions& options);

}  // namespace neurofs
