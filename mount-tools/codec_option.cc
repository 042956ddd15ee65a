#include "mount-tools/codec_option.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace neurofs::tools {
namespace {

using nlohmann::json;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<int> parse_level(const std::string& text, std::string_view step) {
  int level = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), level);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    return invalid_argument(fmt::format("codec '{}': '{}' is not a level", step, text));
  }
  return level;
}

Result<json> parse_step(std::string_view step, DataType dtype) {
  const std::vector<std::string> parts = split(step, ':');
  const std::string& name = parts[0];
  const size_t level_at = name == "blosc" ? 2 : 1;
  const size_t most = name == "crc32c" ? 1 : level_at + 1;
  if (parts.size() > most) {
    return invalid_argument(fmt::format("codec '{}' has too many parts", step));
  }
  int level = name == "zstd" ? 3 : 5;
  if (parts.size() > level_at) {
    NF_ASSIGN(level, parse_level(parts[level_at], step));
  }
  if (name == "crc32c") return json{{"name", name}};
  if (name == "gzip") return json{{"name", name}, {"configuration", {{"level", level}}}};
  if (name == "zstd") {
    return json{{"name", name}, {"configuration", {{"level", level}, {"checksum", false}}}};
  }
  if (name == "blosc") {
    return json{{"name", name},
                {"configuration",
                 {{"cname", parts.size() > 1 ? parts[1] : "lz4"},
                  {"clevel", level},
                  {"shuffle", item_size(dtype) > 1 ? "shuffle" : "bitshuffle"},
                  {"typesize", item_size(dtype)},
                  {"blocksize", 0}}}};
  }
  return invalid_argument(
      fmt::format("codec '{}' is not known; known are none, zstd[:LEVEL], gzip[:LEVEL], "
                  "blosc[:COMPRESSOR[:LEVEL]], crc32c, and JSON lists of Zarr v3 codecs",
                  step));
}

}  // namespace

Result<json> parse_codec_option(std::string_view text, DataType dtype) {
  if (text.empty() || text == "none") return json(nullptr);
  if (text.front() == '[') {
    json list = json::parse(text, nullptr, false);
    if (!list.is_array()) return invalid_argument("the JSON of the codec option does not parse");
    return list;
  }
  json bytes{{"name", "bytes"}};
  if (item_size(dtype) > 1) bytes["configuration"] = {{"endian", "little"}};
  json codecs = json::array({bytes});
  for (const std::string& step : split(text, ',')) {
    NF_ASSIGN(json codec, parse_step(step, dtype));
    codecs.push_back(std::move(codec));
  }
  return codecs;
}

}  // namespace neurofs::tools
