// `zstd`: Zstandard frames, with or without a checksum and a declared content size.
//
// An exact decode is one call into the caller's buffer, which then is the window, so no memory
// depends on the frame. A bounded decode streams, with a window of at most 2^27 bytes. Frames that
// ask for more are refused in both, as zarr-python's streaming decoder does, and so are the formats
// from before Zstandard 0.8.
// Source: Zarr v3 "Zstd codec"; RFC 8878.

#include <zstd.h>

#include <nlohmann/json.hpp>

#include "core/codec/bounded_output.h"
#include "core/codec/codec.h"
#include "core/codec/codec_config.h"
#include "core/codec/encoded_bound.h"
#include "core/codec/little_endian.h"

namespace neurofs {

namespace {

constexpr int kMaxWindowLog = 27;
// A thread keeps a decoder of this size; one that has grown past it for a large window is dropped.
constexpr size_t kKeptContextSize = size_t{8} << 20;

struct FreeContext {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

std::unique_ptr<ZSTD_DCtx, FreeContext>& thread_context() {
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context;
  if (!context) context.reset(ZSTD_createDCtx());
  return context;
}

Status zstd_error(size_t code) {
  return corrupt(ZSTD_getErrorName(code));
}

// Refuses a frame header that asks for too large a window (RFC 8878, 3.1.1.1).
Status check_frame_header(Bytes frame) {
  constexpr uint32_t kSkippableMagic = 0x184D2A50;
  constexpr uint32_t kSkippableMask = 0xFFFFFFF0;
  constexpr size_t kShortestFrame = 6;  // magic, descriptor, and a window or a content size
  if (frame.size() < kShortestFrame) return corrupt("the frame is truncated");
  const uint32_t magic = load_le32(frame);
  if ((magic & kSkippableMask) == kSkippableMagic) return {};
  if (magic != ZSTD_MAGICNUMBER) return corrupt("not a Zstandard frame");
  const bool single_segment = (std::to_integer<unsigned>(frame[4]) & 0x20) != 0;
  if (single_segment) return {};  // the window is the content, bounded as such
  const unsigned window_log = 10 + (std::to_integer<unsigned>(frame[5]) >> 3);
  if (window_log > kMaxWindowLog) {
    return corrupt("a frame asks for a window of 2^" + std::to_string(window_log) +
                   " bytes; at most 2^" + std::to_string(kMaxWindowLog) + " is allowed");
  }
  return {};
}

Status check_frames(Bytes encoded) {
  if (encoded.empty()) return corrupt("no bytes where a frame should be");
  while (!encoded.empty()) {
    NF_TRY(check_frame_header(encoded));
    const size_t size = ZSTD_findFrameCompressedSize(encoded.data(), encoded.size());
    if (ZSTD_isError(size)) return zstd_error(size);
    encoded = encoded.subspan(size);
  }
  return {};
}

// Streams every frame; `encoded` has passed check_frames, so it ends where a frame ends.
Status stream_frames(ZSTD_DCtx* context, Bytes encoded, BoundedOutput* output) {
  ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
  ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, kMaxWindowLog);
  ZSTD_inBuffer in{encoded.data(), encoded.size(), 0};
  while (true) {
    std::byte spare{};
    const MutableBytes room = output->room();
    ZSTD_outBuffer out{room.empty() ? &spare : room.data(), room.empty() ? 1 : room.size(), 0};
    const size_t before = in.pos;
    const size_t code = ZSTD_decompressStream(context, &out, &in);
    if (ZSTD_isError(code)) return zstd_error(code);
    if (room.empty() && out.pos > 0) return output->too_long();
    if (!room.empty()) output->advance(out.pos);
    if (code == 0 && in.pos == in.size) return {};
    if (in.pos == before && out.pos == 0) return corrupt("the frame is truncated");
  }
}

class ZstdCodec final : public BytesToBytesCodec {
 public:
  ZstdCodec(int level, bool checksum) : level_(level), checksum_(checksum) {}

  size_t max_encoded_size(size_t max_decoded_size) const override {
    return compressed_bound(max_decoded_size);
  }

  Status decode_exact(Bytes encoded, MutableBytes decoded) const override {
    NF_TRY(check_frames(encoded));
    ZSTD_DCtx* context = thread_context().get();
    if (!context) return no_memory("zstd cannot set up a decoder");
    const size_t size = ZSTD_decompressDCtx(context, decoded.data(), decoded.size(), encoded.data(),
                                            encoded.size());
    if (ZSTD_isError(size)) return zstd_error(size);
    BoundedOutput output(decoded);
    output.advance(size);
    return output.finish();
  }

  Result<ByteVector> decode_bounded(Bytes encoded, size_t max_size) const override {
    NF_TRY(check_frames(encoded));
    auto& context = thread_context();
    if (!context) return no_memory("zstd cannot set up a decoder");
    BoundedOutput output(max_size);
    const Status status = stream_frames(context.get(), encoded, &output);
    if (ZSTD_sizeof_DCtx(context.get()) > kKeptContextSize) context.reset();
    NF_TRY(status);
    return output.take();
  }

  Result<ByteVector> encode(Bytes decoded) const override {
    const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    if (!context) return no_memory("zstd cannot set up an encoder");
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level_);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, checksum_ ? 1 : 0);
    ByteVector encoded(ZSTD_compressBound(decoded.size()));
    const size_t size = ZSTD_compress2(context.get(), encoded.data(), encoded.size(),
                                       decoded.data(), decoded.size());
    if (ZSTD_isError(size)) return internal_error(ZSTD_getErrorName(size));
    encoded.resize(size);
    return encoded;
  }

 private:
  int level_;
  bool checksum_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_zstd(const nlohmann::json& configuration,
                                                           const ChunkSpec&) {
  const CodecConfig config("zstd", configuration);
  NF_TRY(config.allow_only({"level", "checksum"}));
  NF_ASSIGN(const int64_t level, config.integer("level", ZSTD_minCLevel(), ZSTD_maxCLevel(), 0));
  NF_ASSIGN(const bool checksum, config.boolean("checksum", false));
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<ZstdCodec>(static_cast<int>(level), checksum));
}

const Registration<BytesToBytesRegistry> kZstd("zstd", "Zstandard frames (RFC 8878)", make_zstd);
const Registration<BytesToBytesRegistry> kAlias("numcodecs.zstd", "zarr-python's name for zstd",
                                                make_zstd);

}  // namespace

}  // namespace neurofs
