#include "core/codec/codec_entry.h"

#include <bitset>
#include <nlohmann/json.hpp>

#include "core/codec/codec_config.h"

namespace neurofs {

namespace {

const nlohmann::json kNoConfiguration = nullptr;

Dims identity_or_reversed(size_t rank, bool reversed) {
  Dims order(rank);
  for (size_t i = 0; i < rank; ++i) {
    order[i] = static_cast<Index>(reversed ? rank - 1 - i : i);
  }
  return order;
}

}  // namespace

Result<CodecEntry> parse_codec_entry(const nlohmann::json& entry, size_t position) {
  if (entry.is_string()) return CodecEntry{entry.get<std::string>(), &kNoConfiguration};
  const std::string where = "codecs[" + std::to_string(position) + "]";
  if (!entry.is_object()) {
    return invalid_argument(where + " is " + excerpt(entry) + ", not a codec object or name");
  }
  const auto name = entry.find("name");
  if (name == entry.end() || !name->is_string()) {
    return invalid_argument(where + " has no name: " + excerpt(entry));
  }
  const auto configuration = entry.find("configuration");
  return CodecEntry{name->get<std::string>(),
                    configuration == entry.end() ? &kNoConfiguration : &*configuration};
}

Status unknown_codec(const CodecEntry& entry) {
  return unsupported("codec " + excerpt(entry.name) +
                     " is not known to this build (`neurofs plugins` lists those that are); a "
                     "codec cannot be skipped, whatever must_understand says");
}

Result<Dims> parse_transpose_order(const CodecEntry& entry, size_t rank) {
  const CodecConfig config(entry.name, *entry.configuration);
  NF_TRY(config.allow_only({"order"}));
  const nlohmann::json* order = config.find("order");
  const std::string expected = "a permutation of the array's " + std::to_string(rank) + " axes";
  if (order && order->is_string()) {
    const auto letter = order->get<std::string>();
    if (letter != "C" && letter != "F") return config.wrong("order", expected);
    return identity_or_reversed(rank, letter == "F");
  }
  if (!order || !order->is_array() || order->size() != rank) return config.wrong("order", expected);
  std::bitset<kMaxRank> seen;
  Dims axes;
  for (const nlohmann::json& item : *order) {
    if (!item.is_number_unsigned() || item.get<uint64_t>() >= rank) {
      return config.wrong("order", expected);
    }
    const auto axis = item.get<uint64_t>();
    if (seen[axis]) return config.wrong("order", expected);
    seen.set(axis);
    axes.push_back(static_cast<Index>(axis));
  }
  return axes;
}

}  // namespace neurofs
