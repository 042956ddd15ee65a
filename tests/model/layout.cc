#include "tests/model/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace neurofs::model {
namespace {

using nlohmann::json;

constexpr Index kMostElements = 20000;
constexpr Index kMostChunkElements = 8192;
constexpr Index kMostChunks = 600;  // each may be a file

json as_json(const Dims& dims) {
  return std::vector<Index>(dims.begin(), dims.end());
}

Index product(const Dims& dims) {
  Index n = 1;
  for (const Index d : dims) n *= d;
  return n;
}

size_t random_rank(Random& random) {
  if (random.chance(0.9)) return static_cast<size_t>(random.between(0, 5));
  return static_cast<size_t>(random.chance(0.3) ? 32 : random.between(6, 10));
}

Dims random_shape(Random& random, size_t rank) {
  Dims shape(rank, 1);
  Index left = random.between(1, kMostElements);
  for (size_t i = 0; i < rank && left > 1; ++i) {
    const size_t axis = static_cast<size_t>(random.between(0, static_cast<Index>(rank) - 1));
    if (shape[axis] != 1) continue;
    shape[axis] = random.between(1, i + 1 == rank ? left : std::max<Index>(2, left / 2));
    left /= shape[axis];
  }
  if (rank > 0 && random.chance(0.08))
    shape[static_cast<size_t>(random.between(0, static_cast<Index>(rank) - 1))] = 0;
  return shape;
}

// How many chunks lie along each axis.
Dims chunk_grid(const Dims& shape, const Dims& chunk) {
  Dims grid;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    grid.push_back(std::max<Index>(1, (shape[axis] + chunk[axis] - 1) / chunk[axis]));
  }
  return grid;
}

// Chunks may pass the array's end, even on axes shorter than a chunk.
Dims random_chunk(Random& random, const Dims& shape) {
  Dims chunk;
  for (const Index n : shape) {
    Index c = random.chance(0.3) ? std::max<Index>(n, 1) : random.between(1, std::max<Index>(n, 1));
    if (random.chance(0.05)) c += random.between(1, 3);
    chunk.push_back(c);
  }
  while (product(chunk) > kMostChunkElements) {
    auto longest = std::max_element(chunk.begin(), chunk.end());
    *longest = (*longest + 1) / 2;
  }
  for (Dims grid = chunk_grid(shape, chunk); product(grid) > kMostChunks;
       grid = chunk_grid(shape, chunk)) {
    chunk[static_cast<size_t>(std::max_element(grid.begin(), grid.end()) - grid.begin())] *= 2;
  }
  return chunk;
}

std::vector<ShardLayout> random_shards(Random& random, const Dims& shape, const Dims& chunk) {
  std::vector<ShardLayout> shards;
  Dims inner = chunk;
  const Index levels = random.chance(0.5) ? 0 : random.chance(0.8) ? 1 : 2;
  for (Index level = 0; level < levels; ++level) {
    ShardLayout shard;
    Index chunks = 1;
    for (size_t axis = 0; axis < inner.size(); ++axis) {
      const Index most = shape[axis] <= inner[axis] ? 1 : 4;
      const Index times = chunks > 64 ? 1 : random.between(1, most);
      chunks *= times;
      shard.shape.push_back(inner[axis] * times);
    }
    shard.index_at_end = random.chance(0.7);
    shard.index_big_endian = random.chance(0.15);
    shard.index_checksum = random.chance(0.8);
    inner = shard.shape;
    shards.insert(shards.begin(), shard);
  }
  return shards;
}

std::string hex_of(const std::byte* bytes, size_t size) {
  std::string text = "0x";
  for (size_t i = size; i > 0; --i)
    text += fmt::format("{:02x}", static_cast<unsigned>(bytes[i - 1]));
  return text;
}

template <typename T>
json integer(const ByteVector& fill) {
  T value;
  std::memcpy(&value, fill.data(), sizeof value);
  return value;
}

// Floating-point fills are random bits in Zarr v3 (hex strings), zero in v2, which has no such
// form.
json fill_to_json(DataType dtype, const ByteVector& fill, bool zarr2) {
  const size_t half = fill.size() / 2;
  switch (dtype) {
    case DataType::kBool:
      return fill[0] != std::byte{0};
    case DataType::kInt8:
      return integer<int8_t>(fill);
    case DataType::kInt16:
      return integer<int16_t>(fill);
    case DataType::kInt32:
      return integer<int32_t>(fill);
    case DataType::kInt64:
      return integer<int64_t>(fill);
    case DataType::kUint8:
      return integer<uint8_t>(fill);
    case DataType::kUint16:
      return integer<uint16_t>(fill);
    case DataType::kUint32:
      return integer<uint32_t>(fill);
    case DataType::kUint64:
      return integer<uint64_t>(fill);
    case DataType::kComplex64:
    case DataType::kComplex128:
      if (zarr2) return json::array({0.0, 0.0});
      return json::array({hex_of(fill.data(), half), hex_of(fill.data() + half, half)});
    default:
      break;
  }
  return zarr2 ? json(0.0) : json(hex_of(fill.data(), fill.size()));
}

bool is_integer(DataType dtype) {
  return dtype >= DataType::kInt8 && dtype <= DataType::kUint64;
}

void choose_fill(Random& random, Layout& layout) {
  layout.fill.assign(item_size(layout.dtype), std::byte{0});
  const bool random_bits = random.chance(0.7) && (!layout.zarr2 || is_integer(layout.dtype));
  if (layout.dtype == DataType::kBool) {
    layout.fill[0] = static_cast<std::byte>(random.between(0, 1));
  } else if (random_bits) {
    for (std::byte& b : layout.fill) b = random.byte();
  }
  layout.fill_json = fill_to_json(layout.dtype, layout.fill, layout.zarr2);
}

void choose_axes(Random& random, Layout& layout) {
  for (size_t axis = 0; axis < layout.shape.size(); ++axis) {
    layout.stored_axes.push_back(static_cast<Index>(axis));
  }
  if (!random.chance(0.3)) return;
  if (layout.zarr2) {  // order F
    std::reverse(layout.stored_axes.begin(), layout.stored_axes.end());
    return;
  }
  for (size_t i = layout.shape.size(); i > 1; --i) {
    std::swap(
        layout.stored_axes[i - 1],
        layout.stored_axes[static_cast<size_t>(random.between(0, static_cast<Index>(i) - 1))]);
  }
}

bool is_identity(const Dims& axes) {
  for (size_t i = 0; i < axes.size(); ++i) {
    if (axes[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

json bytes_codec(bool big_endian) {
  return {{"name", "bytes"}, {"configuration", {{"endian", big_endian ? "big" : "little"}}}};
}

std::string version2_typestr(const Layout& layout) {
  static const char* const kKinds[] = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4",
                                       "u8", "f2", "",   "f4", "f8", "c8", "c16"};
  const std::string kind = kKinds[static_cast<size_t>(layout.dtype)];
  return (item_size(layout.dtype) == 1 ? "|" : layout.big_endian ? ">" : "<") + kind;
}

json version2_metadata(const Layout& layout) {
  json compressor;
  if (!layout.compressor.empty()) compressor = {{"id", layout.compressor}, {"level", 1}};
  return {{"zarr_format", 2},
          {"shape", as_json(layout.shape)},
          {"chunks", as_json(layout.chunk)},
          {"dtype", version2_typestr(layout)},
          {"compressor", compressor},
          {"filters", nullptr},
          {"fill_value", layout.fill_json},
          {"order", is_identity(layout.stored_axes) ? "C" : "F"},
          {"dimension_separator", std::string(1, layout.separator)}};
}

}  // namespace

json Layout::chunk_codecs() const {
  json codecs = json::array();
  if (!is_identity(stored_axes)) {
    codecs.push_back({{"name", "transpose"}, {"configuration", {{"order", as_json(stored_axes)}}}});
  }
  codecs.push_back(bytes_codec(big_endian));
  if (compressor == "gzip") {
    codecs.push_back({{"name", "gzip"}, {"configuration", {{"level", 1}}}});
  } else if (compressor == "zstd") {
    codecs.push_back({{"name", "zstd"}, {"configuration", {{"level", 1}, {"checksum", false}}}});
  }
  if (checksum) codecs.push_back({{"name", "crc32c"}});
  return codecs;
}

json Layout::metadata() const {
  if (zarr2) return version2_metadata(*this);
  json codecs = chunk_codecs();
  for (size_t level = shards.size(); level > 0; --level) {
    const ShardLayout& shard = shards[level - 1];
    const Dims& inner = level == shards.size() ? chunk : shards[level].shape;
    json index_codecs = json::array({bytes_codec(shard.index_big_endian)});
    if (shard.index_checksum) index_codecs.push_back({{"name", "crc32c"}});
    codecs = json::array({{{"name", "sharding_indexed"},
                           {"configuration",
                            {{"chunk_shape", as_json(inner)},
                             {"codecs", codecs},
                             {"index_codecs", index_codecs},
                             {"index_location", shard.index_at_end ? "end" : "start"}}}}});
  }
  return {{"zarr_format", 3},
          {"node_type", "array"},
          {"shape", as_json(shape)},
          {"data_type", std::string(zarr_name(dtype))},
          {"chunk_grid",
           {{"name", "regular"}, {"configuration", {{"chunk_shape", as_json(outer_chunk())}}}}},
          {"chunk_key_encoding",
           {{"name", version2_keys ? "v2" : "default"},
            {"configuration", {{"separator", std::string(1, separator)}}}}},
          {"fill_value", fill_json},
          {"codecs", codecs}};
}

Layout random_layout(Random& random) {
  Layout layout;
  layout.zarr2 = random.chance(0.25);
  layout.shape = random_shape(random, random_rank(random));
  do {
    layout.dtype = static_cast<DataType>(random.between(0, kDataTypeCount - 1));
  } while (layout.zarr2 && numpy_descr(layout.dtype)[1] == 'V');
  layout.chunk = random_chunk(random, layout.shape);
  if (!layout.zarr2) layout.shards = random_shards(random, layout.shape, layout.chunk);
  choose_axes(random, layout);
  layout.big_endian = random.chance(0.2);
  static const char* const kCompressors[] = {"", "", "gzip", "zstd"};
  layout.compressor = random.pick(kCompressors);
  layout.checksum = !layout.zarr2 && random.chance(0.3);
  layout.separator = random.chance(0.5) ? '/' : '.';
  layout.version2_keys = random.chance(0.3);
  choose_fill(random, layout);
  return layout;
}

}  // namespace neurofs::model
