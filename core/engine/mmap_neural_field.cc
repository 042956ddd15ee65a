#include "core/engine/mmap_neural_field.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/base/checked.h"
#include "core/engine/block_grid.h"
#include "core/engine/field_writer.h"
#include "core/engine/file_mapping.h"
#include "core/engine/neuron_locator.h"
#include "core/field/zarr3_metadata.h"

namespace neurofs {
namespace {

constexpr size_t kMostMappings = 1024;
constexpr int kMostRetries = 3;

Status check_mappable(const FieldSpec& spec, const std::string& url) {
  if (!spec.codecs.is_raw()) {
    return unsupported(url +
                       " is compressed: only uncompressed chunks can be mapped; use TieredMemory");
  }
  if (spec.codecs.transforms_elements()) {
    return unsupported(url +
                       " is stored in another form than it is read in (scale_offset, cast_value or "
                       "such a codec): its bytes cannot be mapped; use TieredMemory");
  }
  return {};
}

}  // namespace

struct MMapNeuralField::Impl {
  Impl(std::shared_ptr<StoredField> s, BlockGrid g, std::string root)
      : stored(std::move(s)),
        grid(std::move(g)),
        locator(stored->spec(), grid),
        mappings(std::move(root), kMostMappings),
        fill(std::make_shared<ByteVector>()) {
    if (!locator.applies()) return;  // a neuron may be larger than any memory
    const ByteVector& one = stored->spec().fill;
    while (fill->size() < stored->spec().neuron_size())
      fill->insert(fill->end(), one.begin(), one.end());
  }
  Result<Activation> get(Index neuron);
  // kStale: the object was replaced between the look at its index and the look at its bytes.
  Result<Activation> try_get(Index neuron);

  const std::shared_ptr<StoredField> stored;
  const BlockGrid grid;
  const NeuronLocator locator;
  FileMappings mappings;
  const std::shared_ptr<ByteVector> fill;  // a neuron that is not stored
};

MMapNeuralField::MMapNeuralField(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
MMapNeuralField::MMapNeuralField(MMapNeuralField&&) noexcept = default;
MMapNeuralField& MMapNeuralField::operator=(MMapNeuralField&&) noexcept = default;
MMapNeuralField::~MMapNeuralField() = default;

const FieldSpec& MMapNeuralField::spec() const {
  return impl_->stored->spec();
}

Result<MMapNeuralField> MMapNeuralField::create(std::string_view path,
                                                const CreateOptions& options) {
  StoreOptions store_options;
  store_options.writable = true;
  store_options.create = true;
  NF_ASSIGN(const nlohmann::json document, make_zarr3_metadata(options));
  NF_ASSIGN(const FieldSpec spec, parse_zarr3_array(document));
  NF_TRY(check_mappable(spec, std::string(path)));
  NF_ASSIGN(const auto store, open_store(path, store_options));
  NF_TRY(create_field(*store, "", options));
  return open(path);
}

Result<MMapNeuralField> MMapNeuralField::open(std::string_view path) {
  NF_ASSIGN(const auto store, open_store(path, {}));
  const std::string url = store->url();
  constexpr std::string_view kScheme = "file://";
  if (!url.starts_with(kScheme)) {
    return unsupported(url + " is not local: only files can be mapped; use TieredMemory");
  }
  NF_ASSIGN(auto stored, open_stored_field(store, "", {}));
  NF_TRY(check_mappable(stored->spec(), url));
  NF_ASSIGN(BlockGrid grid, BlockGrid::make(stored->spec()));
  auto impl =
      std::make_shared<Impl>(std::move(stored), std::move(grid), url.substr(kScheme.size()));
  if (!impl->locator.applies() && impl->stored->spec().size() > 0) {
    return unsupported(url + " does not keep a neuron's features together; use TieredMemory");
  }
  std::byte probe[16] = {std::byte{1}};
  const MutableBytes element{probe, item_size(impl->stored->spec().dtype)};
  NF_TRY(impl->stored->spec().codecs.decode_raw_part(element, element));
  if (probe[0] != std::byte{1}) {
    return unsupported(url + " is stored in the other byte order; use TieredMemory");
  }
  return MMapNeuralField(std::move(impl));
}

Result<Activation> MMapNeuralField::get(Index neuron) const {
  return impl_->get(neuron);
}

Result<Activation> MMapNeuralField::activate_at(std::span<const Index> coordinates) const {
  const Dims shape = spec().neuron_shape();
  if (coordinates.size() != shape.size()) {
    return invalid_argument("activate takes " + std::to_string(shape.size()) +
                            " indices here, one per neuron axis, not " +
                            std::to_string(coordinates.size()));
  }
  Index neuron = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (coordinates[axis] < 0 || coordinates[axis] >= shape[axis]) {
      return invalid_argument("index " + std::to_string(coordinates[axis]) + " on axis " +
                              std::to_string(axis) + " of neurons " + to_string(shape));
    }
    neuron = neuron * shape[axis] + coordinates[axis];
  }
  return impl_->get(neuron);
}

Result<Activation> MMapNeuralField::Impl::get(Index neuron) {
  const FieldSpec& spec = stored->spec();
  if (neuron < 0 || neuron >= spec.neuron_count()) {
    return invalid_argument("neuron " + std::to_string(neuron) + " of " + stored->url() +
                            ", which has " + std::to_string(spec.neuron_count()));
  }
  if (spec.neuron_size() == 0) return Activation();
  auto activation = try_get(neuron);
  for (int retry = 0; retry < kMostRetries && activation.status().code() == Code::kStale; ++retry) {
    stored->forget_indexes();
    activation = try_get(neuron);
  }
  return activation;
}

Result<Activation> MMapNeuralField::Impl::try_get(Index neuron) {
  const FieldSpec& spec = stored->spec();
  const uint64_t size = spec.neuron_size();
  const NeuronLocator::Place at = locator.locate(neuron);
  ChunkQuery query{grid.chunk_of(at.block), {}};
  stored->locate({&query, 1});
  const ChunkPlace& place = query.place;
  if (place.kind == ChunkPlace::Kind::kError) return place.status;
  if (place.kind == ChunkPlace::Kind::kMissing) return Activation(Bytes(*fill).first(size), fill);
  auto mapping = mappings.get(place.key);
  if (!mapping.ok()) {
    // A chunk that is an object of its own and does not exist was never written.
    const auto info = stored->store().stat(place.key);
    if (info.ok() && !info->exists && place.kind == ChunkPlace::Kind::kWholeObject) {
      return Activation(Bytes(*fill).first(size), fill);
    }
    return mapping.status();
  }
  if (!place.version.empty() && place.version != (*mapping)->version()) {
    mappings.forget(place.key);
    stored->store().forget(place.key);
    return Status(Code::kStale, "object " + place.key + " of " + stored->url() +
                                    " has been replaced since its index was read");
  }
  const ByteRange chunk = place.kind == ChunkPlace::Kind::kRange
                              ? place.range
                              : ByteRange{0, (*mapping)->bytes().size()};
  const uint64_t offset = grid.part_of_chunk(at.block).offset + static_cast<uint64_t>(at.offset);
  uint64_t end = 0;
  if (chunk.length != spec.codecs.decoded_size() ||
      !checked_add(chunk.offset, chunk.length, &end) || end > (*mapping)->bytes().size() ||
      offset + size > chunk.length) {
    return corrupt("object " + place.key + " of " + stored->url() + " has " +
                   std::to_string((*mapping)->bytes().size()) +
                   " bytes, fewer than its chunks need, or a chunk of another size");
  }
  const Bytes bytes = (*mapping)->bytes().subspan(chunk.offset + offset, size);
  return Activation(bytes, std::shared_ptr<const void>(std::move(*mapping)));
}

}  // namespace neurofs
