#include "core/codec/deflate.h"

#include <zlib.h>

#include <algorithm>
#include <string>

namespace neurofs {

namespace {

constexpr int kLargestWindow = 15;
constexpr size_t kLongestPart = size_t{1} << 30;  // zlib counts in 32 bits

int window_bits(DeflateWrapping wrapping) {
  constexpr int kGzipFlag = 16;
  return wrapping == DeflateWrapping::kGzip ? kLargestWindow + kGzipFlag : kLargestWindow;
}

Bytef* to_zlib(const std::byte* data) {
  // zlib does not write through next_in; its structure lacks the const.
  return reinterpret_cast<Bytef*>(const_cast<std::byte*>(data));
}

void feed(Bytes* input, z_stream* stream) {
  if (stream->avail_in > 0 || input->empty()) return;
  const size_t part = std::min(input->size(), kLongestPart);
  stream->next_in = to_zlib(input->data());
  stream->avail_in = static_cast<uInt>(part);
  *input = input->subspan(part);
}

// An inflate state with its window costs 40 KiB to set up, so each thread keeps one.
class InflateStream {
 public:
  InflateStream() { ready_ = inflateInit2(&stream_, kLargestWindow) == Z_OK; }
  ~InflateStream() {
    if (ready_) inflateEnd(&stream_);
  }
  InflateStream(const InflateStream&) = delete;
  InflateStream& operator=(const InflateStream&) = delete;

  z_stream* reset(DeflateWrapping wrapping) {
    if (!ready_ || inflateReset2(&stream_, window_bits(wrapping)) != Z_OK) return nullptr;
    stream_.avail_in = 0;
    return &stream_;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

// Runs inflate once into the output's room, or into one spare byte that shows a bomb.
Status inflate_step(z_stream* stream, BoundedOutput* output, int* code) {
  Bytef spare = 0;
  const MutableBytes room = output->room();
  const size_t part = room.empty() ? 1 : std::min(room.size(), kLongestPart);
  stream->next_out = room.empty() ? &spare : reinterpret_cast<Bytef*>(room.data());
  stream->avail_out = static_cast<uInt>(part);
  *code = inflate(stream, Z_NO_FLUSH);
  const size_t made = part - stream->avail_out;
  if (room.empty() && made > 0) return output->too_long();
  if (!room.empty()) output->advance(made);
  return {};
}

}  // namespace

Status inflate_all(Bytes encoded, DeflateWrapping wrapping, BoundedOutput* output) {
  thread_local InflateStream thread_stream;
  z_stream* stream = thread_stream.reset(wrapping);
  if (!stream) return no_memory("zlib cannot set up a stream");
  while (true) {
    feed(&encoded, stream);
    int code = Z_OK;
    NF_TRY(inflate_step(stream, output, &code));
    const bool input_left = stream->avail_in > 0 || !encoded.empty();
    if (code == Z_STREAM_END) {
      if (!input_left) return {};
      if (wrapping == DeflateWrapping::kZlib) return corrupt("bytes follow the end of the stream");
      inflateReset(stream);
    } else if (code == Z_BUF_ERROR && !input_left) {
      return corrupt("the stream is truncated");
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return corrupt(stream->msg ? stream->msg : zError(code));
    }
  }
}

Result<ByteVector> deflate_all(Bytes decoded, DeflateWrapping wrapping, int level) {
  constexpr int kDefaultMemory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, window_bits(wrapping), kDefaultMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return no_memory("zlib cannot set up a stream");
  }
  ByteVector encoded(deflateBound(&stream, decoded.size()));
  size_t size = 0;
  int code = Z_OK;
  while (code == Z_OK || code == Z_BUF_ERROR) {
    feed(&decoded, &stream);
    const size_t part = std::min(encoded.size() - size, kLongestPart);
    stream.next_out = reinterpret_cast<Bytef*>(encoded.data() + size);
    stream.avail_out = static_cast<uInt>(part);
    code = deflate(&stream, decoded.empty() ? Z_FINISH : Z_NO_FLUSH);
    size += part - stream.avail_out;
    if (code == Z_OK && size == encoded.size()) encoded.resize(size + kLongestPart / 1024);
  }
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return internal_error("zlib: " + std::string(zError(code)));
  encoded.resize(size);
  return encoded;
}

}  // namespace neurofs
