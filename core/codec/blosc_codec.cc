// `blosc`: the Blosc 1 container with any of its compressors and shuffles.
//
// The library's decoder takes no source length and trusts the header, so blosc_cbuffer_validate
// runs first, on the real length. Decoding asks the container's header which compressor and shuffle
// were used; the configuration matters for encoding only. Source: Zarr v3 "Blosc codec"
// (version 1.0); c-blosc README_CHUNK_FORMAT; numcodecs Blosc.

#include <blosc.h>

#include <map>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"
#include "core/codec/compressor.h"

namespace neurofs {

namespace {

struct BloscSettings {
  std::string compressor;
  int level;
  int shuffle;
  size_t type_size;
  size_t block_size;
};

class BloscCodec final : public Compressor {
 public:
  explicit BloscCodec(BloscSettings settings) : settings_(std::move(settings)) {}

  Result<ByteVector> encode(Bytes decoded) const override {
    if (decoded.size() > BLOSC_MAX_BUFFERSIZE) {
      return invalid_argument("codec blosc: " + std::to_string(decoded.size()) +
                              " bytes pass its limit of 2 GiB; use smaller chunks");
    }
    ByteVector encoded(decoded.size() + BLOSC_MAX_OVERHEAD);
    const int size = blosc_compress_ctx(
        settings_.level, settings_.shuffle, settings_.type_size, decoded.size(), decoded.data(),
        encoded.data(), encoded.size(), settings_.compressor.c_str(), settings_.block_size, 1);
    if (size <= 0) return internal_error("blosc_compress_ctx returned " + std::to_string(size));
    encoded.resize(static_cast<size_t>(size));
    return encoded;
  }

 protected:
  Status decode_into(Bytes encoded, BoundedOutput* output) const override {
    if (encoded.size() < BLOSC_MIN_HEADER_LENGTH) {
      return corrupt(std::to_string(encoded.size()) + " bytes are too few for a Blosc header");
    }
    size_t size = 0;
    if (blosc_cbuffer_validate(encoded.data(), encoded.size(), &size) != 0) {
      return corrupt("the Blosc header contradicts the length of " +
                     std::to_string(encoded.size()) + " bytes");
    }
    NF_ASSIGN(const MutableBytes decoded, output->claim(size, plausible_size(encoded.size())));
    if (size == 0) return {};
    const int made = blosc_decompress_ctx(encoded.data(), decoded.data(), decoded.size(), 1);
    if (made < 0 || static_cast<size_t>(made) != size) {
      return corrupt("the Blosc container does not decode (" + std::to_string(made) + ")");
    }
    return {};
  }

 private:
  // zstd expands most: a block of at most 128 KiB for every 3 bytes of block header.
  static size_t plausible_size(size_t encoded_size) {
    size_t bound = 0;
    return checked_mul(encoded_size, size_t{64} << 10, &bound) ? bound : SIZE_MAX;
  }

  BloscSettings settings_;
};

// Zarr v3 writes names; Zarr v2 (numcodecs) numbers, with -1 for "by the size of the type".
Result<int> parse_shuffle(const CodecConfig& config, size_t type_size) {
  static const std::map<std::string, int, std::less<>> kNames = {
      {"noshuffle", BLOSC_NOSHUFFLE}, {"shuffle", BLOSC_SHUFFLE}, {"bitshuffle", BLOSC_BITSHUFFLE}};
  constexpr int kAutomatic = -1;
  const nlohmann::json* value = config.find("shuffle");
  if (value && value->is_string()) {
    const auto it = kNames.find(value->get<std::string>());
    if (it == kNames.end()) return config.wrong("shuffle", "noshuffle, shuffle or bitshuffle");
    return it->second;
  }
  NF_ASSIGN(const int64_t number,
            config.integer("shuffle", kAutomatic, BLOSC_BITSHUFFLE, BLOSC_SHUFFLE));
  if (number == kAutomatic) return type_size == 1 ? BLOSC_BITSHUFFLE : BLOSC_SHUFFLE;
  return static_cast<int>(number);
}

Result<std::string> parse_compressor(const CodecConfig& config) {
  NF_ASSIGN(std::string name, config.text("cname", BLOSC_LZ4_COMPNAME));
  if (blosc_compname_to_compcode(name.c_str()) < 0) {
    return unsupported("codec blosc: cname " + excerpt(name) + " is not one of " +
                       blosc_list_compressors() + ", which this system's Blosc was built with");
  }
  return name;
}

Result<std::shared_ptr<const BytesToBytesCodec>> make_blosc(const nlohmann::json& configuration,
                                                            const ChunkSpec& spec) {
  constexpr int kDefaultLevel = 5;
  const CodecConfig config("blosc", configuration);
  NF_TRY(config.allow_only({"cname", "clevel", "shuffle", "typesize", "blocksize"}));
  NF_ASSIGN(std::string compressor, parse_compressor(config));
  NF_ASSIGN(const int64_t level, config.integer("clevel", 0, 9, kDefaultLevel));
  NF_ASSIGN(const int64_t type_size, config.integer("typesize", 1, BLOSC_MAX_TYPESIZE,
                                                    static_cast<int64_t>(item_size(spec.dtype))));
  NF_ASSIGN(const int64_t block_size, config.integer("blocksize", 0, BLOSC_MAX_BLOCKSIZE, 0));
  NF_ASSIGN(const int shuffle, parse_shuffle(config, static_cast<size_t>(type_size)));
  return std::shared_ptr<const BytesToBytesCodec>(std::make_shared<BloscCodec>(
      BloscSettings{std::move(compressor), static_cast<int>(level), shuffle,
                    static_cast<size_t>(type_size), static_cast<size_t>(block_size)}));
}

const Registration<BytesToBytesRegistry> kBlosc(
    "blosc", "Blosc 1 container: blosclz, lz4, lz4hc, snappy, zlib, zstd; shuffles", make_blosc);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.blosc", "zarr-python's name for blosc",
                                                make_blosc);

}  // namespace

}  // namespace neurofs
