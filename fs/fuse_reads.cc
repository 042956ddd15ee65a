// Opening and reading. Small reads that hit are copied through the stack, and wait together otherwise; larger ones
// are replied from pinned blocks (writev to /dev/fuse), so that the only copy is the kernel's.
#include <fcntl.h>
#include <sys/uio.h>

#include <array>
#include <boost/container/small_vector.hpp>
#include <cerrno>
#include <variant>

#include "fs/fuse_handlers.h"

namespace neurofs::fuse {
namespace {

constexpr size_t kCopyLimit = 16384;  // below this a copy is cheaper than pinning
constexpr size_t kMaxSpans = 512;     // of one writev; the kernel takes 1024

void reply_pinned(fuse_req_t req, const PinnedRead& data) {
  boost::container::small_vector<iovec, 64> parts;
  const auto add = [&](Bytes bytes) {
    if (bytes.empty()) return;
    parts.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
  };
  add(data.header);
  add(data.rendered);
  if (data.pins) {
    for (const Bytes span : data.pins->spans()) add(span);
  }
  if (parts.size() <= kMaxSpans) {
    fuse_reply_iov(req, parts.data(), static_cast<int>(parts.size()));
    return;
  }
  ByteVector joined;
  joined.reserve(data.size());
  for (const iovec& part : parts) {
    const auto* begin = static_cast<const std::byte*>(part.iov_base);
    joined.insert(joined.end(), begin, begin + part.iov_len);
  }
  fuse_reply_buf(req, reinterpret_cast<const char*>(joined.data()), joined.size());
}

void reply_read(fuse_req_t req, const Status& status, Bytes bytes) {
  if (!status.ok()) return reply_status(req, status);
  adapter_of(req).read_bytes.add(bytes.size());
  fuse_reply_buf(req, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// Only what may wait can be interrupted; a warm read costs nothing for it.
void read_cold(fuse_req_t req, const ColdReads::Read& read) {
  ColdReads& cold = adapter_of(req).cold_reads;
  fuse_req_interrupt_func(
      req,
      [](fuse_req_t interrupted, void* reads) {
        static_cast<ColdReads*>(reads)->interrupt(interrupted);
      },
      &cold);
  cold.serve(read);
}

}  // namespace

void open(fuse_req_t req, fuse_ino_t, fuse_file_info* info) {
  FuseAdapter& adapter = adapter_of(req);
  if ((info->flags & O_ACCMODE) != O_RDONLY) return void(fuse_reply_err(req, EROFS));
  // ENOSYS once tells the kernel to open without asking, and to keep its page cache.
  if (adapter.no_open) return void(fuse_reply_err(req, ENOSYS));
  info->direct_io = adapter.options.direct_io ? 1 : 0;
  info->keep_cache = 1;
  info->noflush = 1;
  fuse_reply_open(req, info);
}

// There is nothing to flush: ENOSYS once, and close(2) no longer asks.
void flush(fuse_req_t req, fuse_ino_t, fuse_file_info*) {
  fuse_reply_err(req, ENOSYS);
}

void opendir(fuse_req_t req, fuse_ino_t, fuse_file_info*) {
  fuse_reply_err(req, ENOSYS);
}

void reply_cold(fuse_req_t req, const Status& status, const ColdReads::Data& data) {
  const auto* pinned = std::get_if<const PinnedRead*>(&data);
  if (pinned == nullptr || !status.ok()) {
    return reply_read(req, status, pinned == nullptr ? std::get<Bytes>(data) : Bytes());
  }
  adapter_of(req).read_bytes.add((*pinned)->size());
  reply_pinned(req, **pinned);
}

namespace {

void serve_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, uint64_t caller) {
  FuseAdapter& adapter = adapter_of(req);
  const auto at = static_cast<uint64_t>(offset);
  bool cold = false;
  if (size <= kCopyLimit) {
    std::array<std::byte, kCopyLimit> buffer;
    bool together = false;
    const auto got = adapter.fs.try_read(node_id(ino), at, std::span(buffer).first(size), caller,
                                         &cold, &together);
    if (cold) return read_cold(req, {req, node_id(ino), at, size, caller, !together});
    return reply_read(req, got.status(), got.ok() ? Bytes(buffer).first(*got) : Bytes());
  }
  PinnedRead data;
  const Status status = adapter.fs.try_read_pinned(node_id(ino), at, size, caller, &data, &cold);
  if (cold) return read_cold(req, {req, node_id(ino), at, size, caller, true});
  reply_cold(req, status, &data);
}

}  // namespace

void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info*) {
  FuseAdapter& adapter = adapter_of(req);
  const auto caller = static_cast<uint64_t>(fuse_req_ctx(req)->pid);
  // Once a file, before the program goes on; without a page cache there is nothing to give.
  if (offset == 0 && adapter.options.push_pages && !adapter.options.direct_io) {
    adapter.page_pusher.asked_for(node_id(ino), caller);
  }
  serve_read(req, ino, size, offset, caller);
}

}  // namespace neurofs::fuse
