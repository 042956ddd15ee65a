#include "core/engine/field_sink.h"

#include <functional>
#include <limits>

#include "core/base/checked.h"
#include "core/engine/shard_writer.h"
#include "core/field/chunk_key.h"

namespace neurofs {
namespace {

// The most bytes that a plausible object of this field has: what may be read in order to rewrite
// it.
uint64_t object_limit(const FieldSpec& spec) {
  uint64_t limit = spec.codecs.max_encoded_size();
  for (size_t i = spec.shards.size(); i-- > 0;) {
    const ShardLevel& level = spec.shards[i];
    const uint64_t slots = level.index_codecs.decoded_size() / (2 * sizeof(uint64_t));
    if (!checked_mul(limit, slots, &limit) || !checked_add(limit, level.index_size, &limit)) {
      return std::numeric_limits<uint64_t>::max();
    }
  }
  return limit;
}

}  // namespace

FieldSink::FieldSink(std::shared_ptr<ObjectStore> store, std::string_view path, FieldSpec spec)
    : store_(std::move(store)),
      prefix_(join_key(path, "").empty() ? "" : std::string(path) + '/'),
      spec_(std::move(spec)),
      encoder_(spec_),
      in_place_(ShardWriter::applies(spec_, *store_)) {}

Status FieldSink::check(const Region& region, Bytes data) const {
  const Dims& shape = spec_.shape;
  if (region.axes.size() != shape.size()) {
    return invalid_argument("the region has " + std::to_string(region.axes.size()) +
                            " axes, the field has shape " + to_string(shape));
  }
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    const AxisSlice& s = region.axes[axis];
    Index last = 0;
    const bool fits =
        s.count == 0 || (s.count > 0 && s.step != 0 && checked_mul(s.count - 1, s.step, &last) &&
                         checked_add(last, s.start, &last) && s.start >= 0 &&
                         s.start < shape[axis] && last >= 0 && last < shape[axis]);
    if (!fits) return invalid_argument("the region leaves shape " + to_string(shape));
  }
  NF_ASSIGN(const Index count, element_count(region.full_shape()));
  Index bytes = 0;
  if (!checked_mul(count, static_cast<Index>(item_size(spec_.dtype)), &bytes) ||
      static_cast<uint64_t>(bytes) != data.size()) {
    return invalid_argument("the region has " + std::to_string(count) + " elements of " +
                            std::string(zarr_name(spec_.dtype)) + ", the data " +
                            std::to_string(data.size()) + " bytes");
  }
  return {};
}

Status FieldSink::write(const Region& region, Bytes data) {
  NF_TRY(check(region, data));
  const RegionPatch patch = RegionPatch::of(region, data.data(), item_size(spec_.dtype));
  return for_each_unit(patch, spec_.outer_chunk_shape(),
                       [&](const Dims& unit, const RegionPatch& part) -> Status {
                         const std::string key = chunk_key(spec_, prefix_, unit);
                         return write_object(key, part).with_context(store_->url() + ": " + key);
                       });
}

ShardStream FieldSink::stream(const Dims& shard) {
  return {spec_, encoder_, *store_, chunk_key(spec_, prefix_, shard), shard};
}

Status FieldSink::write_object(const std::string& key, const RegionPatch& patch) {
  const std::lock_guard turn(turns_[std::hash<std::string>()(key) % turns_.size()]);
  if (in_place_) {
    bool done = false;
    NF_TRY(ShardWriter(spec_, encoder_, *store_).write(key, patch, &done));
    if (done) return {};
  }
  return rewrite_object(key, patch);
}

Status FieldSink::rewrite_object(const std::string& key, const RegionPatch& patch) {
  ByteVector old;
  if (!patch.covers(spec_.outer_chunk_shape(), spec_.shape)) {
    auto read = read_all(*store_, key, object_limit(spec_));
    if (!read.ok() && read.status().code() != Code::kNotFound) return read.status();
    if (read.ok()) old = std::move(*read);
    if (read.ok() && old.empty()) return corrupt("the object is empty");
  }
  NF_ASSIGN(const std::optional<ByteVector> encoded, encoder_.encode_object(patch, old));
  return encoded ? store_->put(key, *encoded) : store_->remove(key);
}

}  // namespace neurofs
