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

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  nlohmann::json codecs = nlohmann::json::parse(kChains[data[0] % std::size(kChains)]);
  const nlohmann::json big_endian = {{"name", "bytes"}, {"configuration", {{"endian", "big"}}}};
  codecs.insert(codecs.begin(), big_endian);
  neurofs::ChunkSpec spec;
  spec.shape = {data[1], 4};
  spec.dtype = neurofs::DataType::kUint32;
  const auto chain = CodecChain::parse(codecs, spec);
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
