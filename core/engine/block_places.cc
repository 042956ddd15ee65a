#include "core/engine/block_places.h"

#include <utility>

namespace neurofs {

using Kind = ChunkPlace::Kind;

void BlockPlaces::locate(std::vector<uint64_t> blocks) {
  blocks_ = std::move(blocks);
  queries_.clear();
  query_of_.clear();
  checked_ = nullptr;
  uint64_t last_chunk = UINT64_MAX;
  for (const uint64_t block : blocks_) {
    const uint64_t chunk = block / grid_.blocks_per_chunk();
    if (chunk != last_chunk) queries_.push_back({grid_.chunk_of(block), {}});
    last_chunk = chunk;
    query_of_.push_back(queries_.size() - 1);
  }
  field_.locate(queries_);
  for (ChunkQuery& query : queries_) {
    ChunkPlace& place = query.place;
    if (place.kind != Kind::kMissing) continue;
    if (place.version.empty()) place.status = versions_.doubt_missing(place.key);
    if (place.status.ok()) {
      versions_.see(place.key, place.version);
    } else {
      place.kind = Kind::kError;
    }
  }
}

Result<ByteRange> BlockPlaces::find_part(size_t i) {
  ChunkPlace& place = of(i);
  const CodecChain& codecs = field_.spec().codecs;
  const ByteRange part = codecs.encoded_part(grid_.part_of_chunk(blocks_[i]));
  if (place.kind == Kind::kWholeObject) {
    if (field_.store().has_local_objects()) NF_TRY(look_at(&place));
    return part;
  }
  if (place.kind == Kind::kRange && part.end() > place.range.length) {
    return corrupt("object " + place.key + ": the chunk has " + std::to_string(place.range.length) +
                   " bytes where the metadata promises " +
                   std::to_string(codecs.fixed_encoded_size()));
  }
  return ByteRange{place.range.offset + part.offset, part.length};
}

Status BlockPlaces::look_at(ChunkPlace* place) {
  if (checked_ == place) return {};
  NF_ASSIGN(const ObjectInfo info, field_.store().stat(place->key));
  if (!info.exists) {
    place->kind = Kind::kMissing;
    place->version.clear();
    versions_.see(place->key, place->version);
    return {};
  }
  NF_TRY(check_size(field_.spec(), *place, info.size));
  place->version = info.version;
  checked_ = place;
  return {};
}

Status BlockPlaces::check_size(const FieldSpec& spec, const ChunkPlace& place, uint64_t size) {
  const uint64_t expected = spec.codecs.fixed_encoded_size();
  if (size == expected) return {};
  return corrupt("object " + place.key + " has " + std::to_string(size) +
                 " bytes where the metadata promises " + std::to_string(expected));
}

}  // namespace neurofs
