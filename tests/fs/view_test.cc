// Views: sizes, headers, and every offset and length of small files against the whole.
#include "fs/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lens/element_types.h"
#include "fs/number_text.h"

namespace neurofs {
namespace {

const FileView& view(std::string_view extension) {
  return *all_views()[find_view(extension)].view;
}

// The file's bytes [offset, offset + length) from the region's bytes, as a read makes them.
std::string read_range(const ViewLayout& layout, const std::string& region, ByteRange range) {
  std::string out(range.length, '?');
  const ViewPlan plan = layout.plan(range);
  std::ranges::copy(plan.header, std::as_writable_bytes(std::span(out)).begin());
  const MutableBytes body = std::as_writable_bytes(std::span(out)).subspan(plan.header.size());
  const Bytes source =
      std::as_bytes(std::span(region)).subspan(plan.region.offset, plan.region.length);
  if (plan.rendered) {
    layout.render(range, source, body);
  } else {
    EXPECT_EQ(body.size(), source.size());
    std::ranges::copy(source, body.begin());
  }
  return out;
}

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

void check_every_range(std::string_view extension, DataType type, const Dims& shape,
                       const std::string& region) {
  const auto layout = view(extension).layout(type, shape);
  ASSERT_TRUE(layout.ok());
  const uint64_t size = (*layout)->size();
  const std::string whole = read_range(**layout, region, {0, size});
  for (uint64_t offset = 0; offset <= size; ++offset) {
    for (uint64_t length = 0; length <= std::min<uint64_t>(size - offset, 80); ++length) {
      ASSERT_EQ(read_range(**layout, region, {offset, length}), whole.substr(offset, length))
          << extension << " offset " << offset << " length " << length;
    }
  }
}

TEST(Views, TheBuildHasExactlyThese) {
  std::vector<std::string_view> names;
  for (const NamedView& v : all_views()) names.push_back(v.extension);
  EXPECT_EQ(names, (std::vector<std::string_view>{"npy", "raw", "txt"}));
  EXPECT_EQ(find_view("png"), -1);
  EXPECT_EQ(listed_view(), find_view("npy"));
}

TEST(Views, EveryOffsetAndLength) {
  const std::string floats = bytes_of<float>({1, -2.5, 3e30f, 0, NAN, INFINITY});
  for (const auto* extension : {"npy", "raw", "txt"}) {
    check_every_range(extension, DataType::kFloat32, {2, 3}, floats);
    check_every_range(extension, DataType::kFloat32, {6}, floats);
    check_every_range(extension, DataType::kInt16, {3, 2, 2}, floats);
    check_every_range(extension, DataType::kComplex64, {3}, floats);
  }
}

TEST(NpyView, HeaderIsWhatNumpyWrites) {
  const auto layout = view("npy").layout(DataType::kFloat32, {3, 4});
  ASSERT_TRUE(layout.ok());
  EXPECT_EQ((*layout)->size(), 128 + 48);
  const std::string header = read_range(**layout, std::string(48, '\0'), {0, 128});
  const std::string dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";
  std::string expected("\x93NUMPY\x01\x00\x76\x00", 10);
  expected += dict + std::string(117 - dict.size(), ' ') + "\n";
  EXPECT_EQ(header, expected);
}

TEST(NpyView, EmptyAndScalarFilesHaveAHeader) {
  EXPECT_EQ((*view("npy").layout(DataType::kFloat64, {0, 5}))->size(), 128u);
  EXPECT_EQ((*view("npy").layout(DataType::kFloat64, {}))->size(), 136u);
}

TEST(Views, R17_SizesPastTheKernelsLimitAreRefused) {
  const Dims huge{Index{1} << 31, Index{1} << 32};  // 2^63 elements of one byte
  const Dims fits{(Index{1} << 31) - 1, Index{1} << 32};
  for (const NamedView& v : all_views()) {
    EXPECT_EQ(v.view->layout(DataType::kInt8, huge).status().code(), Code::kOverflow);
  }
  EXPECT_TRUE(view("raw").layout(DataType::kInt8, fits).ok());
  EXPECT_EQ(view("raw").layout(DataType::kInt16, fits).status().code(), Code::kOverflow);
  EXPECT_EQ(view("txt").layout(DataType::kInt8, fits).status().code(), Code::kOverflow);
  const Dims last{static_cast<Index>(kMaxFileSize)};
  EXPECT_TRUE(view("raw").layout(DataType::kInt8, last).ok());
  const Dims one_more{static_cast<Index>(kMaxFileSize) + 1};
  EXPECT_EQ(view("raw").layout(DataType::kInt8, one_more).status().code(), Code::kOverflow);
}

TEST(TxtView, RowsOfTheLastAxis) {
  const std::string region = bytes_of<int16_t>({1, -2, 30000, 4, 5, -32768});
  const auto layout = view("txt").layout(DataType::kInt16, {2, 3});
  EXPECT_EQ(read_range(**layout, region, {0, (*layout)->size()}),
            "     1     -2  30000\n     4      5 -32768\n");
  const auto column = view("txt").layout(DataType::kInt16, {6});
  EXPECT_EQ(read_range(**column, region, {0, 14}), "     1\n    -2\n");
}

template <typename T>
std::string text_of(DataType type, T value) {
  std::string text(text_width(type), '?');
  format_element(type, reinterpret_cast<const std::byte*>(&value), text.data());
  return text;
}

TEST(NumberText, FixedWidthForTheExtremesOfEveryType) {
  EXPECT_EQ(text_of<int8_t>(DataType::kInt8, -128), "-128");
  EXPECT_EQ(text_of<uint8_t>(DataType::kUint8, 7), "  7");
  EXPECT_EQ(text_of<int64_t>(DataType::kInt64, std::numeric_limits<int64_t>::min()),
            "-9223372036854775808");
  EXPECT_EQ(text_of<uint64_t>(DataType::kUint64, std::numeric_limits<uint64_t>::max()),
            "18446744073709551615");
  EXPECT_EQ(text_of<uint8_t>(DataType::kBool, 1), "1");
  EXPECT_EQ(text_of<float>(DataType::kFloat32, -std::numeric_limits<float>::max()),
            "-3.40282347e+38");
  EXPECT_EQ(text_of<double>(DataType::kFloat64, -std::numeric_limits<double>::max()),
            "-1.7976931348623157e+308");
  EXPECT_EQ(text_of<uint16_t>(DataType::kFloat16, 0xfbff), "-6.5504e+04");
  EXPECT_EQ(text_of<uint16_t>(DataType::kBfloat16, 0xff7f), "-3.390e+38");
  EXPECT_EQ(text_of<uint8_t>(DataType::kFloat8E4m3fn, 0xfe), "-4.48e+02");
  EXPECT_EQ(text_of<uint8_t>(DataType::kFloat8E4m3fn, 0xff), "      nan");
  EXPECT_EQ(text_of<uint8_t>(DataType::kFloat8E5m2, 0xfb), "-5.7e+04");
  EXPECT_EQ(text_of<uint8_t>(DataType::kFloat8E5m2, 0xfc), "    -inf");
  EXPECT_EQ(text_of<float>(DataType::kFloat32, -NAN), "            nan");
  EXPECT_EQ(text_of<float>(DataType::kFloat32, -INFINITY), "           -inf");
}

TEST(NumberText, EveryHalfAndBrainFloatReadsBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const auto value = static_cast<uint16_t>(bits);
    const float brain = std::strtof(text_of(DataType::kBfloat16, value).c_str(), nullptr);
    const float exact = std::bit_cast<float>(bits << 16);
    if (std::isnan(exact)) {
      ASSERT_TRUE(std::isnan(brain));
      continue;
    }
    // Rounded to bfloat16, the text gives the bits back.
    const auto raw = std::bit_cast<uint32_t>(brain);
    const uint32_t rounded = (raw + 0x7fff + ((raw >> 16) & 1)) >> 16;
    ASSERT_EQ(rounded, bits) << text_of(DataType::kBfloat16, value);
  }
}

TEST(NumberText, EveryFloat8ReadsBack) {
  for (unsigned bits = 0; bits < 256; ++bits) {
    const auto value = static_cast<uint8_t>(bits);
    const float e4m3 = std::strtof(text_of(DataType::kFloat8E4m3fn, value).c_str(), nullptr);
    if (!std::isnan(e4m3)) {
      EXPECT_EQ(element::float_to_e4m3fn(e4m3), value);
    }
    const float e5m2 = std::strtof(text_of(DataType::kFloat8E5m2, value).c_str(), nullptr);
    if (!std::isnan(e5m2)) {
      EXPECT_EQ(element::float_to_e5m2(e5m2), value);
    }
  }
}

TEST(NumberText, ComplexNumbersAreOneWord) {
  const std::vector<float> value{1.5f, -2};
  std::string text(text_width(DataType::kComplex64), '?');
  format_element(DataType::kComplex64, reinterpret_cast<const std::byte*>(value.data()),
                 text.data());
  EXPECT_EQ(text, " (1.50000000e+00-2.00000000e+00j)");
}

}  // namespace
}  // namespace neurofs
