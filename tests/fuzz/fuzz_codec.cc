// LAYERS: base geometry lens codec
// LIBS: nlohmann_json::nlohmann_json
//
// Decodes hostile chunks through every codec. Byte 0 picks a chain, byte 1 the expected size (in
// steps of 16 bytes), the rest is the encoded chunk. Besides not crashing: what was encoded decodes
// to itself.

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/codec/codec_chain.h"

namespace {

using neurofs::ByteVector;
using neurofs::CodecChain;

constexpr const char* kChains[] = {
    R"(["gzip"])",
    R"(["zlib"])",
    R"([{"name": "zstd", "configuration": {"checksum": true}}])",
    R"(["blosc"])",
    R"(["lz4"])",
    R"(["crc32c"])",
    R"([{"name": "shuffle", "configuration": {"elementsize": 4}}])",
    R"([{"name": "delta", "configuration": {"dtype": ">i4"}}])",
    R"(["zstd", "gzip"])",
    R"(["lz4", "zstd"])",
    R"(["blosc", "zlib"])",
    R"(["gzip", "lz4"])",
    R"(["zlib", "blosc"])",
    R"(["shuffle", "zlib", "crc32c"])",
};

// Chains that change elements, as whole lists. What they decode to encodes to the same again.
constexpr const char* kElementChains[] = {
    R"([{"name": "cast_value", "configuration": {"data_type": "int16", "out_of_range": "clamp"}},
        {"name": "bytes", "configuration": {"endian": "big"}}])",
    R"([{"name": "scale_offset", "configuration": {"offset": 1000, "scale": 3}},
        {"name": "cast_value", "configuration": {"data_type": "uint8", "out_of_range": "wrap"}},
        {"name": "bytes"}, {"name": "zstd"}])",
    R"([{"name": "astype", "configuration": {"encode_dtype": "<i8"}},
        {"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}])",
};
constexpr size_t kChainCount = std::size(kChains) + std::size(kElementChains);

nlohmann::json chain_of(size_t number) {
  if (number >= std::size(kChains)) {
    return nlohmann::json::parse(kElementChains[number - std::size(kChains)]);
  }
  nlohmann::json codecs = nlohmann::json::parse(kChains[number]);
  const nlohmann::json big_endian = {{"name", "bytes"}, {"configuration", {{"endian", "big"}}}};
  codecs.insert(codecs.begin(), big_endian);
  return codecs;
}

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  neurofs::ChunkSpec spec;
  spec.shape = {data[1], 4};
  spec.dtype = neurofs::DataType::kUint32;
  spec.fill = ByteVector(4);
  if (data[0] % kChainCount == std::size(kChains) + 1) spec.fill[1] = std::byte{4};  // 1024
  const auto chain = CodecChain::parse(chain_of(data[0] % kChainCount), spec);
  check(chain.ok());
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const ByteVector encoded(bytes + 2, bytes + size);
  ByteVector decoded(chain->decoded_size());
  const neurofs::Status status = chain->decode(encoded, decoded);
  check(status.ok() || status.code() == neurofs::Code::kCorrupt);
  if (!status.ok()) return 0;
  const auto again = chain->encode(decoded);
  check(again.ok() && again->size() <= chain->max_encoded_size());
  ByteVector twice(decoded.size());
  check(chain->decode(*again, twice).ok() && twice == decoded);
  return 0;
}
