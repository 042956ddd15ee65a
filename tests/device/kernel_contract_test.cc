// The kernels of every kind of device, against plain loops and the lenses of the CPU.
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/device/widen.h"
#include "core/lens/lens.h"
#include "core/lens/lens_run.h"
#include "tests/device/device_contract.h"

namespace neurofs::test {
namespace {

using Bytes = std::vector<std::byte>;

uint64_t below(std::mt19937_64& random, uint64_t n) {
  return random() % n;
}

LensProgram identity(DataType type) {
  return Lens(type).program();
}

LensProgram lens(const char* text, DataType source) {
  const auto parsed = Lens::parse(text, source, nlohmann::json::object());
  EXPECT_TRUE(parsed.ok()) << parsed.status().to_string();
  return parsed->program();
}

Bytes apply(const LensProgram& program, const std::byte* from, size_t count) {
  Bytes out(count * item_size(program.result));
  run_lens(program, out.data(), from, count);
  return out;
}

// A cast keeps a NaN, not its payload: what a lens has made is compared without them.
Bytes without_payloads(Bytes bytes, const LensProgram& program) {
  DataType type = program.result;
  if (program.count == 0) return bytes;
  if (type == DataType::kComplex64) type = DataType::kFloat32;
  if (type == DataType::kComplex128) type = DataType::kFloat64;
  const size_t item = item_size(type);
  std::vector<double> values(bytes.size() / item);
  widen_to_double(type, values.data(), bytes.data(), values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(i * item);
    if (std::isnan(values[i])) std::fill_n(at, item, std::byte{0xff});
  }
  return bytes;
}

// Rows at these offsets of `host`, which `memory` holds.
void expect_gathered(DeviceStream& stream, const Bytes& host, const DeviceMemory& memory,
                     const std::vector<uint64_t>& offsets, uint64_t row_elements,
                     const LensProgram& program, DeviceMemory& out, uint64_t out_offset) {
  std::vector<DevicePointer> rows;
  Bytes expected;
  for (const uint64_t offset : offsets) {
    rows.push_back(memory.address() + offset);
    const Bytes row = apply(program, host.data() + offset, row_elements);
    expected.insert(expected.end(), row.begin(), row.end());
  }
  ASSERT_LE(out_offset + expected.size(), out.size());
  ASSERT_TRUE(stream.gather({rows, row_elements, program, out.address() + out_offset}).ok());
  rows.assign(rows.size(), 0);  // read before the call returned
  Bytes got(expected.size());
  ASSERT_TRUE(stream.copy_to_host(got.data(), out.address() + out_offset, got.size()).ok());
  ASSERT_TRUE(stream.wait().ok());
  got = without_payloads(std::move(got), program);
  expected = without_payloads(std::move(expected), program);
  const auto wrong = std::mismatch(got.begin(), got.end(), expected.begin()).first - got.begin();
  EXPECT_EQ(got, expected) << "first at byte " << wrong << " of " << got.size() << ", rows of "
                           << row_elements;
}

TEST_P(DeviceContract, GathersRowsOfAnySizeAndAlignment) {
  const Bytes host = random_bytes(1 << 18);
  const DeviceMemory memory = upload(host);
  DeviceMemory out = allocate(1 << 20);
  for (const uint64_t row : {1, 2, 3, 4, 7, 8, 16, 31, 48, 100, 1000, 1024, 4096, 5001, 65536}) {
    for (const uint64_t align : {1, 2, 4, 8, 16}) {
      const uint64_t count = std::min<uint64_t>(1 + below(random_, 60), (1u << 19) / row);
      std::vector<uint64_t> offsets(count);
      for (auto& o : offsets) o = below(random_, host.size() - row + 1) / align * align;
      expect_gathered(*stream_, host, memory, offsets, row, identity(DataType::kUint8), out,
                      16 * below(random_, 4) + (align < 16 ? align : 0));
    }
  }
}

TEST_P(DeviceContract, GathersNoRowsAndEmptyRows) {
  const DeviceMemory memory = allocate(16);
  const std::vector<DevicePointer> rows{memory.address()};
  EXPECT_TRUE(stream_->gather({{}, 4, identity(DataType::kFloat32), memory.address()}).ok());
  EXPECT_TRUE(stream_->gather({rows, 0, identity(DataType::kFloat32), memory.address()}).ok());
  EXPECT_TRUE(stream_->wait().ok());
}

TEST_P(DeviceContract, GathersMoreRowsThanOneLaunchTakes) {
  const Bytes host = random_bytes(4096);
  const DeviceMemory memory = upload(host);
  for (const size_t count : {size_t{999}, size_t{1000}, size_t{1001}, size_t{300'000}}) {
    DeviceMemory out = allocate(count * 3);
    std::vector<uint64_t> offsets(count);
    for (auto& o : offsets) o = below(random_, host.size() - 3);
    expect_gathered(*stream_, host, memory, offsets, 3, identity(DataType::kUint8), out, 0);
  }
}

TEST_P(DeviceContract, GathersRowsAtEqualDistances) {
  const Bytes host = random_bytes(1 << 16);
  const DeviceMemory memory = upload(host);
  DeviceMemory out = allocate(1 << 18);
  std::vector<uint64_t> up(2000), down(2000), same(2000, 64);
  for (size_t i = 0; i < up.size(); ++i) {
    up[i] = i * 32;
    down[i] = (up.size() - 1 - i) * 32;
  }
  for (const auto& offsets : {up, down, same}) {
    expect_gathered(*stream_, host, memory, offsets, 16, identity(DataType::kUint16), out, 0);
    expect_gathered(*stream_, host, memory, offsets, 16, lens("f32", DataType::kUint16), out, 0);
  }
}

// Steps whose values are the CPU's bit for bit, over every type that takes them.
TEST_P(DeviceContract, GathersThroughExactLenses) {
  const Bytes host = random_bytes(1 << 14);
  const DeviceMemory memory = upload(host);
  DeviceMemory out = allocate(1 << 16);
  const char* lenses[] = {
      "f32",       "f16",       "bf16",        "f64",
      "i8",        "u16",       "i64",         "relu",
      "abs",       "relu,f16",  "f16,scale=3", "bool",
      "clip=-2:3", "round,i32", "c64",         "f32,relu,scale=0.5,offset=1,bf16"};
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    for (const char* text : lenses) {
      const auto parsed = Lens::parse(text, type, nlohmann::json::object());
      if (!parsed.ok()) continue;  // not for this type
      const bool complex = type == DataType::kComplex64 || type == DataType::kComplex128;
      if (complex && std::string(text) == "abs") continue;  // a root: not exact
      SCOPED_TRACE(std::string(text) + " of " + std::string(zarr_name(type)));
      for (const uint64_t elements : {1, 5, 8, 64}) {
        const uint64_t align = below(random_, 2) == 0 ? 16 : 1;
        std::vector<uint64_t> offsets(7);
        for (auto& o : offsets) o = below(random_, host.size() - elements * 16) / align * align;
        expect_gathered(*stream_, host, memory, offsets, elements, parsed->program(), out,
                        align == 1 ? 3 : 0);
      }
    }
  }
}

// A function may differ by the error that is stated for it: two executors by twice that.
TEST_P(DeviceContract, GathersThroughFunctions) {
  std::vector<float> values(4096);
  for (float& v : values) v = std::ldexp(static_cast<float>(random_() % 2001) / 1000.0f - 1.0f, 4);
  values[0] = std::numeric_limits<float>::quiet_NaN();
  values[1] = std::numeric_limits<float>::infinity();
  values[2] = -values[1];
  values[3] = -0.0f;
  const DeviceMemory memory = upload(bytes_of(values));
  const std::vector<DevicePointer> rows{memory.address()};
  const DeviceMemory out = allocate(values.size() * sizeof(float));
  for (const char* text : {"sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "softplus", "exp"}) {
    const LensProgram program = lens(text, DataType::kFloat32);
    ASSERT_TRUE(stream_->gather({rows, values.size(), program, out.address()}).ok());
    const auto got = values_of<float>(download(out));
    const auto expected = values_of<float>(apply(program, bytes_of(values).data(), values.size()));
    for (size_t i = 0; i < got.size(); ++i) {
      if (std::isnan(expected[i])) {
        EXPECT_TRUE(std::isnan(got[i])) << text << " of " << values[i];
        continue;
      }
      const float ulp = std::nextafter(std::fabs(expected[i]), INFINITY) - std::fabs(expected[i]);
      const bool near = got[i] == expected[i] || std::fabs(got[i] - expected[i]) <= 8 * ulp;
      EXPECT_TRUE(near) << text << " of " << values[i] << ": " << got[i] << ", CPU " << expected[i];
    }
  }
}

struct BoxCase {
  std::vector<GatherBox> boxes;  // with addresses relative to their memories
  Dims from_strides;
  Dims to_strides;
};

// Boxes in a source of `shape`, dense or with its axes permuted, side by side in a dense destination.
BoxCase random_boxes(std::mt19937_64& random, const Dims& shape, size_t from_item, size_t to_item,
                     uint64_t* to_bytes) {
  BoxCase c;
  const size_t rank = shape.size();
  c.from_strides = c_order_strides(shape, static_cast<Index>(from_item));
  if (rank > 1 && random() % 2 == 0) {
    std::swap(c.from_strides[0], c.from_strides[rank - 1]);  // a transposed source
  }
  Dims limit = shape;
  if (c.from_strides != c_order_strides(shape, static_cast<Index>(from_item))) {
    limit[0] = limit[rank - 1] = std::min(shape[0], shape[rank - 1]);
  }
  c.to_strides = c_order_strides(limit, static_cast<Index>(to_item));
  Index place = static_cast<Index>(to_item);
  for (const Index n : limit) place *= n;
  const size_t count = 1 + random() % 5;
  for (size_t b = 0; b < count; ++b) {
    GatherBox box;
    for (size_t axis = 0; axis < rank; ++axis) {
      const Index begin = static_cast<Index>(random() % limit[axis]);
      box.shape.push_back(1 + static_cast<Index>(random() % (limit[axis] - begin)));
      box.from += static_cast<uint64_t>(begin * c.from_strides[axis]);
    }
    if (random() % 8 == 0 && rank > 0) box.shape[random() % rank] = 0;
    box.to = b * static_cast<uint64_t>(place);
    c.boxes.push_back(box);
  }
  *to_bytes = count * static_cast<uint64_t>(place);
  return c;
}

Dims random_shape(std::mt19937_64& random, size_t rank) {
  Dims shape;
  Index budget = 20000;
  for (size_t axis = 0; axis < rank; ++axis) {
    const Index most = std::max<Index>(1, std::min<Index>(budget, rank > 5 ? 3 : 40));
    shape.push_back(1 + static_cast<Index>(random() % most));
    budget /= shape.back();
  }
  return shape;
}

TEST_P(DeviceContract, GathersBoxesOfAnyRankAndItem) {
  const DataType types[] = {DataType::kUint8, DataType::kInt16, DataType::kFloat32,
                            DataType::kFloat64, DataType::kComplex128};
  for (int round = 0; round < 150; ++round) {
    const size_t rank = round < 100 ? random_() % 6 : random_() % 33;
    const DataType type = types[random_() % 5];
    const LensProgram program = random_() % 3 == 0 ? lens("f32", type) : identity(type);
    const Dims shape = random_shape(random_, rank);
    uint64_t to_bytes = 0;
    BoxCase c = random_boxes(random_, shape, item_size(program.source), item_size(program.result),
                             &to_bytes);
    const uint64_t odd = random_() % 4 == 0 ? 1 + random_() % 7 : 0;
    const Bytes host = random_bytes(20000 * 16 + 64);
    Bytes expected = random_bytes(to_bytes + 8);
    const DeviceMemory from = upload(host);
    const DeviceMemory to = upload(expected);
    for (const GatherBox& box : c.boxes) {
      run_lens_box(program, expected.data() + odd + box.to, c.to_strides,
                   host.data() + odd + box.from, c.from_strides, box.shape);
    }
    for (GatherBox& box : c.boxes) box.from += from.address() + odd;
    ASSERT_TRUE(
        stream_->gather({c.boxes, c.from_strides, c.to_strides, program, to.address() + odd}).ok());
    // float32 is the result of every lens here.
    Bytes got = download(to);
    if (program.count > 0) {
      got = without_payloads({got.begin() + static_cast<std::ptrdiff_t>(odd), got.end()}, program);
      expected.erase(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(odd));
      expected = without_payloads(std::move(expected), program);
    }
    EXPECT_EQ(got, expected) << "round " << round << ", shape " << to_string(shape);
  }
}

TEST_P(DeviceContract, GathersBoxesBackwardsAndBroadcast) {
  std::vector<uint32_t> host(600);
  std::iota(host.begin(), host.end(), 0);
  const DeviceMemory from = upload(bytes_of(host));
  const DeviceMemory to = upload(bytes_of(host));
  // Rows of 20 backwards, each value 3 times.
  const std::vector<GatherBox> boxes{{from.address() + 599 * 4, 0, {10, 20, 3}}};
  ASSERT_TRUE(
      stream_
          ->gather({boxes, {-80, -4, 0}, {240, 12, 4}, identity(DataType::kUint32), to.address()})
          .ok());
  const auto got = values_of<uint32_t>(download(to));
  for (uint32_t i = 0; i < 600; ++i) ASSERT_EQ(got[i], 599 - i / 3);
}

TEST_P(DeviceContract, GathersLongRunsAndManyBoxes) {
  const Bytes host = random_bytes(1 << 20);
  const DeviceMemory from = upload(host);
  const DeviceMemory to = allocate(host.size());
  std::vector<GatherBox> boxes;
  for (uint64_t at = 0; at < host.size();) {  // backwards, so that neighbours are not in order
    const uint64_t size =
        std::min<uint64_t>(host.size() - at, boxes.size() % 100 == 7 ? 50000 : 17);
    boxes.push_back({from.address() + at, host.size() - at - size, {static_cast<Index>(size)}});
    at += size;
  }
  ASSERT_TRUE(stream_->gather({boxes, {1}, {1}, identity(DataType::kUint8), to.address()}).ok());
  Bytes expected(host.size());
  for (const GatherBox& box : boxes) {
    std::copy_n(host.begin() + static_cast<std::ptrdiff_t>(box.from - from.address()), box.shape[0],
                expected.begin() + static_cast<std::ptrdiff_t>(box.to));
  }
  EXPECT_EQ(download(to), expected);
}

TEST_P(DeviceContract, DecodesShuffleAndByteOrder) {
  for (const uint32_t item : {1u, 2u, 3u, 4u, 6u, 8u, 12u, 16u, 20u}) {
    for (const uint64_t elements : {0, 1, 2, 31, 257, 4099}) {
      for (uint32_t unit = 1; unit <= item; ++unit) {
        if (item % unit != 0) continue;
        const bool unshuffle = random_() % 2 == 0;
        const Bytes host = random_bytes(std::max<size_t>(elements * item, 1) + 3);
        const uint64_t odd = random_() % 3 == 0 ? 1 : 0;
        const DeviceMemory from = upload(host);
        const DeviceMemory to = upload(host);
        Bytes expected = host;
        for (uint64_t e = 0; e < elements; ++e) {
          for (uint32_t b = 0; b < item; ++b) {
            const uint32_t place = b / unit * unit + (unit - 1 - b % unit);
            expected[odd + e * item + place] =
                host[odd + (unshuffle ? b * elements + e : e * item + b)];
          }
        }
        ASSERT_TRUE(stream_
                        ->decode({from.address() + odd, to.address() + odd, elements, item,
                                  unshuffle, unit})
                        .ok());
        EXPECT_EQ(download(to), expected) << item << " bytes, unit " << unit << ", " << elements;
      }
    }
  }
}

TEST_P(DeviceContract, RefusesWhatCannotBe) {
  const DeviceMemory memory = allocate(1024);
  const std::vector<DevicePointer> rows{memory.address()};
  const DevicePointer at = memory.address();
  EXPECT_FALSE(stream_->gather({rows, uint64_t{1} << 62, identity(DataType::kFloat32), at}).ok());
  const std::vector<GatherBox> boxes{{at, 0, {2, 3}}};
  EXPECT_FALSE(stream_->gather({boxes, {1}, {1}, identity(DataType::kUint8), at}).ok());
  EXPECT_FALSE(stream_->gather({boxes, {1, 1}, {1}, identity(DataType::kUint8), at}).ok());
  EXPECT_FALSE(
      stream_->gather({boxes, {INT64_MAX, 1}, {3, 1}, identity(DataType::kUint8), at}).ok());
  EXPECT_FALSE(stream_->decode({at, at + 512, 10, 4, false, 3}).ok());
  EXPECT_FALSE(stream_->decode({at, at + 512, 10, 0, false, 1}).ok());
  ReduceRows reduce{rows, 4, identity(DataType::kComplex64), at, at, at};
  EXPECT_FALSE(stream_->reduce(reduce).ok());
  reduce.lens = identity(DataType::kFloat32);
  reduce.bins = 4;
  reduce.lo = reduce.hi = 1;
  EXPECT_FALSE(stream_->reduce(reduce).ok());
  EXPECT_TRUE(stream_->wait().ok());
  EXPECT_FALSE(device_->is_lost());
}

}  // namespace
}  // namespace neurofs::test
