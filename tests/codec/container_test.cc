// What is special to one container: members, frames, windows, headers that lie.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zstd.h>

#include <nlohmann/json.hpp>

#include "core/codec/codec.h"
#include "core/codec/little_endian.h"
#include "tests/codec/codec_test_data.h"

namespace neurofs {
namespace {

using test::make_data;
using test::Pattern;
using testing::HasSubstr;

std::shared_ptr<const BytesToBytesCodec> codec(const std::string& name) {
  const auto* plugin = BytesToBytesRegistry::instance().find(name);
  return *plugin->factory(nlohmann::json(), ChunkSpec());
}

ByteVector encode(const std::string& name, Bytes data) {
  return *codec(name)->encode(data);
}

ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector all;
  for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// A frame as streaming writers (tensorstore) make it: without a content size.
ByteVector zstd_frame_without_size(Bytes data, int window_log = 0) {
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(),
                                                                     ZSTD_freeCCtx);
  if (window_log) {
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window_log);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, 1);
  }
  ByteVector frame(ZSTD_compressBound(data.size()) + 64);
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  ZSTD_outBuffer out{frame.data(), frame.size(), 0};
  ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_continue);
  ZSTD_inBuffer none{nullptr, 0, 0};
  EXPECT_EQ(ZSTD_compressStream2(context.get(), &out, &none, ZSTD_e_end), 0u);
  frame.resize(out.pos);
  EXPECT_EQ(ZSTD_getFrameContentSize(frame.data(), frame.size()), ZSTD_CONTENTSIZE_UNKNOWN);
  return frame;
}

// Decodes both ways and expects `data`.
void expect_decodes(const std::string& name, Bytes encoded, const ByteVector& data) {
  ByteVector decoded(data.size());
  const Status status = codec(name)->decode_exact(encoded, decoded);
  EXPECT_TRUE(status.ok()) << status.to_string();
  EXPECT_EQ(decoded, data);
  const auto bounded = codec(name)->decode_bounded(encoded, data.size() + 1);
  ASSERT_TRUE(bounded.ok()) << bounded.status().to_string();
  EXPECT_EQ(*bounded, data);
}

void expect_corrupt(const std::string& name, Bytes encoded, size_t size, const std::string& why) {
  ByteVector decoded(size);
  const Status exact = codec(name)->decode_exact(encoded, decoded);
  EXPECT_EQ(exact.code(), Code::kCorrupt);
  EXPECT_THAT(exact.message(), HasSubstr(why));
  EXPECT_EQ(codec(name)->decode_bounded(encoded, size).status().code(), Code::kCorrupt);
}

TEST(Gzip, SeveralMembersAreOneStream) {
  const ByteVector a = make_data(Pattern::kSmooth, 100000);
  const ByteVector b = make_data(Pattern::kRandom, 777);
  const ByteVector empty = encode("gzip", {});
  expect_decodes("gzip", joined({encode("gzip", a), empty, encode("gzip", b), empty}),
                 joined({a, b}));
}

TEST(Gzip, BytesAfterTheLastMember) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000);
  for (const auto& tail : {ByteVector(4), ByteVector(1, std::byte{0x1f}), encode("zlib", data)}) {
    ByteVector decoded(data.size());
    EXPECT_EQ(codec("gzip")->decode_exact(joined({encode("gzip", data), tail}), decoded).code(),
              Code::kCorrupt);
  }
}

TEST(Gzip, R9Bomb64MiB) {
  const ByteVector encoded = encode("gzip", ByteVector(size_t{64} << 20));
  EXPECT_LT(encoded.size(), size_t{600} << 10);
  expect_corrupt("gzip", encoded, 4096, "more than the 4096 bytes expected");
  // A bomb in a later member.
  const ByteVector data(4096);
  expect_corrupt("gzip", joined({encode("gzip", data), encoded}), 4096, "more than the 4096");
}

TEST(Zlib, OneStreamOnly) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000);
  ByteVector decoded(2000);
  const ByteVector twice = joined({encode("zlib", data), encode("zlib", data)});
  EXPECT_EQ(codec("zlib")->decode_exact(twice, decoded).code(), Code::kCorrupt);
}

TEST(Zstd, R9FrameWithoutContentSize) {
  const ByteVector data = make_data(Pattern::kSmooth, 3000000);
  const ByteVector frame = zstd_frame_without_size(data);
  expect_decodes("zstd", frame, data);
  expect_corrupt("zstd", frame, data.size() - 1, "");
  ByteVector longer(data.size() + 1);
  EXPECT_EQ(codec("zstd")->decode_exact(frame, longer).code(), Code::kCorrupt);
}

TEST(Zstd, SeveralFramesAndSkippableOnes) {
  const ByteVector a = make_data(Pattern::kSmooth, 100000);
  const ByteVector b = make_data(Pattern::kRandom, 777);
  ByteVector skippable(8 + 5, std::byte{0xEE});
  store_le32(0x184D2A53, skippable);
  store_le32(5, MutableBytes(skippable).subspan(4));
  const ByteVector empty = encode("zstd", {});
  expect_decodes("zstd", joined({skippable, encode("zstd", a), empty, zstd_frame_without_size(b)}),
                 joined({a, b}));
  const ByteVector nothing = joined({skippable});
  expect_decodes("zstd", nothing, {});
}

TEST(Zstd, R9WindowOf2GiB) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000);
  // Magic, no content size, no checksum, window 2^31, one raw last block.
  ByteVector frame(4 + 1 + 1 + 3);
  store_le32(ZSTD_MAGICNUMBER, frame);
  frame[5] = std::byte{21 << 3};
  const size_t block = data.size() << 3 | 1;
  for (size_t i = 0; i < 3; ++i) frame[6 + i] = static_cast<std::byte>(block >> (8 * i));
  const ByteVector large = joined({frame, data});
  expect_corrupt("zstd", large, data.size(), "window of 2^31");
  frame[5] = std::byte{17 << 3};
  expect_decodes("zstd", joined({frame, data}), data);
  // The second frame is looked at as well.
  ByteVector twice(2 * data.size());
  EXPECT_EQ(codec("zstd")->decode_exact(joined({frame, data, large}), twice).code(),
            Code::kCorrupt);
}

TEST(Zstd, R9Bomb64MiB) {
  const ByteVector zeros(size_t{64} << 20);
  expect_corrupt("zstd", encode("zstd", zeros), 4096, "");
  expect_corrupt("zstd", zstd_frame_without_size(zeros), 4096, "");
}

TEST(Blosc, R8FewerThan16Bytes) {
  const ByteVector encoded = encode("blosc", make_data(Pattern::kSmooth, 1000));
  for (size_t size = 0; size < 16; ++size) {
    // A copy of its own, so that a sanitizer sees one byte read too many.
    const ByteVector head(encoded.begin(), encoded.begin() + static_cast<ptrdiff_t>(size));
    expect_corrupt("blosc", head, 1000, "too few");
  }
}

TEST(Blosc, R8HeaderLies) {
  const ByteVector data = make_data(Pattern::kSmooth, 100000);
  const ByteVector encoded = encode("blosc", data);
  for (const size_t field : {4, 8, 12}) {  // decoded size, block size, encoded size
    for (const uint32_t lie : {0u, 1u, 16u, 99999u, 100001u, 0x7FFFFFFFu, 0x80000000u, ~0u}) {
      ByteVector lying = encoded;
      store_le32(lie, MutableBytes(lying).subspan(field));
      ByteVector decoded(data.size());
      const Status status = codec("blosc")->decode_exact(lying, decoded);
      if (field != 8) {
        EXPECT_EQ(status.code(), Code::kCorrupt) << field << " " << lie;
      }
      (void)codec("blosc")->decode_bounded(lying, size_t{1} << 40).ok();
    }
  }
}

TEST(Lz4, R8HeaderLies) {
  const ByteVector data = make_data(Pattern::kSmooth, 1000);
  for (const uint32_t lie : {0u, 999u, 1001u, 0x7FFFFFFFu, ~0u}) {
    ByteVector lying = encode("lz4", data);
    store_le32(lie, lying);
    ByteVector decoded(data.size());
    EXPECT_EQ(codec("lz4")->decode_exact(lying, decoded).code(), Code::kCorrupt);
    EXPECT_EQ(codec("lz4")->decode_bounded(lying, SIZE_MAX).status().code(), Code::kCorrupt);
  }
}

TEST(Shuffle, GroupsBytesBySignificance) {
  const nlohmann::json configuration = {{"elementsize", 2}};
  const auto* plugin = BytesToBytesRegistry::instance().find("shuffle");
  const auto made = plugin->factory(configuration, ChunkSpec());
  const std::string text = "aAbBcC";
  EXPECT_THAT(*made.value()->encode(test::bytes_of(text)),
              testing::ElementsAreArray(test::bytes_of("abcABC")));
  EXPECT_EQ(made.value()->encode(test::bytes_of("odd")).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace neurofs
