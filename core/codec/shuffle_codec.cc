// `shuffle`: the first bytes of all elements, then the second bytes, and so on.
// Source: numcodecs Shuffle (HDF5's shuffle filter).

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/filter.h"

namespace neurofs {

namespace {

// Elements moved at a time, so that the planes' cache lines are still there for the next byte.
constexpr size_t kTile = 256;

template <typename Move>
void for_each_tile(size_t count, size_t unit, Move move) {
  for (size_t first = 0; first < count; first += kTile) {
    const size_t last = std::min(count, first + kTile);
    for (size_t byte = 0; byte < unit; ++byte) move(first, last, byte);
  }
}

class ShuffleCodec final : public Filter {
 public:
  explicit ShuffleCodec(size_t element_size) : unit_(element_size) {}

  size_t shuffled_item() const override { return unit_; }

 protected:
  size_t unit() const override { return unit_; }

  void forward(Bytes from, MutableBytes to) const override {
    const size_t count = from.size() / unit_;
    for_each_tile(count, unit_, [&](size_t first, size_t last, size_t byte) {
      for (size_t i = first; i < last; ++i) to[byte * count + i] = from[i * unit_ + byte];
    });
  }

  void backward(Bytes from, MutableBytes to) const override {
    const size_t count = from.size() / unit_;
    for_each_tile(count, unit_, [&](size_t first, size_t last, size_t byte) {
      for (size_t i = first; i < last; ++i) to[i * unit_ + byte] = from[byte * count + i];
    });
  }

 private:
  size_t unit_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_shuffle(const nlohmann::json& configuration,
                                                              int64_t default_size) {
  constexpr int64_t kLargest = int64_t{1} << 20;
  const CodecConfig config("shuffle", configuration);
  NF_TRY(config.allow_only({"elementsize"}));
  NF_ASSIGN(const int64_t size, config.integer("elementsize", 0, kLargest, default_size));
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<ShuffleCodec>(static_cast<size_t>(std::max<int64_t>(size, 1))));
}

Result<std::shared_ptr<const BytesToBytesCodec>> make_v2(const nlohmann::json& configuration,
                                                         const ChunkSpec&) {
  constexpr int64_t kNumcodecsDefault = 4;
  return make_shuffle(configuration, kNumcodecsDefault);
}

// zarr-python fills in the element size from the data type where the metadata lacks it.
Result<std::shared_ptr<const BytesToBytesCodec>> make_v3(const nlohmann::json& configuration,
                                                         const ChunkSpec& spec) {
  return make_shuffle(configuration, static_cast<int64_t>(item_size(spec.dtype)));
}

const Registration<BytesToBytesRegistry> kShuffle("shuffle", "bytes grouped by significance",
                                                  make_v2);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.shuffle",
                                                "zarr-python's name for shuffle", make_v3);

}  // namespace

}  // namespace neurofs
