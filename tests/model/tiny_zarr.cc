#include "tests/model/tiny_zarr.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace neurofs::model {
namespace {

constexpr uint64_t kAbsent = ~uint64_t{0};

void append_uint(ByteVector& out, uint64_t value, size_t bytes, bool big_endian) {
  for (size_t i = 0; i < bytes; ++i) {
    const size_t shift = 8 * (big_endian ? bytes - 1 - i : i);
    out.push_back(static_cast<std::byte>((value >> shift) & 0xff));
  }
}

// CRC-32C one bit at a time.
uint32_t slow_crc32c(const ByteVector& bytes) {
  uint32_t crc = ~0U;
  for (const std::byte b : bytes) {
    crc ^= static_cast<uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78U : 0);
  }
  return ~crc;
}

ByteVector gzip(const ByteVector& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  ByteVector out(deflateBound(&stream, bytes.size()) + 64);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

ByteVector zstd(const ByteVector& bytes) {
  ByteVector out(ZSTD_compressBound(bytes.size()));
  const size_t n = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
  if (ZSTD_isError(n) != 0) throw std::runtime_error("ZSTD_compress");
  out.resize(n);
  return out;
}

bool is_complex(DataType dtype) {
  return dtype == DataType::kComplex64 || dtype == DataType::kComplex128;
}

class TinyWriter {
 public:
  TinyWriter(const std::filesystem::path& directory, const Layout& layout, double missing,
             Random& random, DenseField& dense)
      : directory_(directory), layout_(layout), missing_(missing), random_(random), dense_(dense) {}

  void write() {
    std::filesystem::create_directories(directory_);
    const std::string text = layout_.metadata().dump(1);
    save(directory_ / (layout_.zarr2 ? ".zarray" : "zarr.json"), text.data(), text.size());
    Dims grid;
    for (size_t axis = 0; axis < layout_.shape.size(); ++axis) {
      const Index c = layout_.outer_chunk()[axis];
      grid.push_back((layout_.shape[axis] + c - 1) / c);
    }
    for_each_index(grid, [&](const Dims& chunk) {
      Dims origin;
      for (size_t axis = 0; axis < chunk.size(); ++axis) {
        origin.push_back(chunk[axis] * layout_.outer_chunk()[axis]);
      }
      const auto bytes = encode(0, origin);
      if (bytes) save(directory_ / key(chunk), bytes->data(), bytes->size());
    });
  }

 private:
  static void save(const std::filesystem::path& path, const void* data, size_t size) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
  }

  std::string key(const Dims& chunk) const {
    const bool bare = layout_.zarr2 || layout_.version2_keys;
    std::string text = bare ? "" : "c";
    for (const Index i : chunk) {
      if (!text.empty()) text += layout_.separator;
      text += std::to_string(i);
    }
    return text.empty() ? "0" : text;  // rank 0 with v2 keys
  }

  std::optional<ByteVector> encode(size_t level, const Dims& origin) {
    return level == layout_.shards.size() ? encode_chunk(origin) : encode_shard(level, origin);
  }

  std::optional<ByteVector> encode_shard(size_t level, const Dims& origin) {
    const ShardLayout& shard = layout_.shards[level];
    const Dims& inner =
        level + 1 == layout_.shards.size() ? layout_.chunk : layout_.shards[level + 1].shape;
    Dims grid;
    uint64_t chunks = 1;
    for (size_t axis = 0; axis < inner.size(); ++axis) {
      grid.push_back(shard.shape[axis] / inner[axis]);
      chunks *= static_cast<uint64_t>(grid.back());
    }
    const uint64_t index_size = chunks * 16 + (shard.index_checksum ? 4 : 0);
    const uint64_t base = shard.index_at_end ? 0 : index_size;
    ByteVector body;
    ByteVector index;
    bool any = false;
    for_each_index(grid, [&](const Dims& place) {
      Dims inner_origin = origin;
      for (size_t axis = 0; axis < place.size(); ++axis)
        inner_origin[axis] += place[axis] * inner[axis];
      const auto bytes = encode(level + 1, inner_origin);
      append_uint(index, bytes ? base + body.size() : kAbsent, 8, shard.index_big_endian);
      append_uint(index, bytes ? bytes->size() : kAbsent, 8, shard.index_big_endian);
      if (!bytes) return;
      any = true;
      body.insert(body.end(), bytes->begin(), bytes->end());
    });
    if (!any) return std::nullopt;
    if (shard.index_checksum) append_uint(index, slow_crc32c(index), 4, false);
    body.insert(shard.index_at_end ? body.end() : body.begin(), index.begin(), index.end());
    return body;
  }

  std::optional<ByteVector> encode_chunk(const Dims& origin) {
    for (size_t axis = 0; axis < origin.size(); ++axis) {
      if (origin[axis] >= layout_.shape[axis]) return std::nullopt;  // a shard past the edge
    }
    if (random_.chance(missing_)) return std::nullopt;
    fill_chunk(origin);
    ByteVector bytes = stored_elements(origin);
    if (layout_.compressor == "gzip") bytes = gzip(bytes);
    if (layout_.compressor == "zstd") bytes = zstd(bytes);
    if (layout_.checksum) append_uint(bytes, slow_crc32c(bytes), 4, false);
    return bytes;
  }

  void fill_chunk(const Dims& origin) {
    for_each_index(layout_.chunk, [&](const Dims& within) {
      std::byte* element = dense_.at(add(origin, within));
      if (element == nullptr) return;
      const ByteVector value = random_elements(random_, layout_.dtype, 1);
      std::copy(value.begin(), value.end(), element);
    });
  }

  ByteVector stored_elements(const Dims& origin) const {
    Dims stored_shape;
    for (const Index axis : layout_.stored_axes) {
      stored_shape.push_back(layout_.chunk[static_cast<size_t>(axis)]);
    }
    ByteVector out;
    for_each_index(stored_shape, [&](const Dims& stored) {
      Dims within(stored.size(), 0);
      for (size_t i = 0; i < stored.size(); ++i) {
        within[static_cast<size_t>(layout_.stored_axes[i])] = stored[i];
      }
      const std::byte* element = dense_.at(add(origin, within));
      append_element(out, element != nullptr ? element : layout_.fill.data());
    });
    return out;
  }

  void append_element(ByteVector& out, const std::byte* element) const {
    const size_t item = dense_.item();
    const size_t unit = is_complex(layout_.dtype) ? item / 2 : item;
    for (size_t start = 0; start < item; start += unit) {
      for (size_t i = 0; i < unit; ++i) {
        out.push_back(element[start + (layout_.big_endian ? unit - 1 - i : i)]);
      }
    }
  }

  static Dims add(const Dims& a, const Dims& b) {
    Dims sum = a;
    for (size_t i = 0; i < a.size(); ++i) sum[i] += b[i];
    return sum;
  }

  const std::filesystem::path& directory_;
  const Layout& layout_;
  double missing_;
  Random& random_;
  DenseField& dense_;
};

}  // namespace

void write_tiny_zarr(const std::filesystem::path& directory, const Layout& layout, double missing,
                     Random& random, DenseField& dense) {
  TinyWriter(directory, layout, missing, random, dense).write();
}

ByteVector random_elements(Random& random, DataType dtype, size_t count) {
  ByteVector bytes(count * item_size(dtype));
  for (std::byte& b : bytes) {
    b = dtype == DataType::kBool ? static_cast<std::byte>(random.between(0, 1))
        : random.chance(0.3)     ? std::byte{0}
                                 : random.byte();
  }
  return bytes;
}

}  // namespace neurofs::model
