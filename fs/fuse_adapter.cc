#include "fs/fuse_adapter.h"

#include <algorithm>
#include <cerrno>
#include <new>
#include <thread>

#include "core/base/log.h"
#include "fs/descriptor_limit.h"
#include "fs/fuse_handlers.h"
#include "fs/pending_signals.h"

namespace neurofs {
namespace {

using fuse::adapter_of;

constexpr unsigned kMaxRequest = 1u << 20;
// Read-ahead requests in flight; the default of 12 starves.
constexpr unsigned kMaxBackground = 128;

// A handler that counts its request first. Memory that runs out fails this request, not the mount:
// nothing that can throw follows a reply.
template <auto Handler, Request Kind>
struct Counted;
template <typename... Args, void (*Handler)(fuse_req_t, Args...), Request Kind>
struct Counted<Handler, Kind> {
  static void handle(fuse_req_t req, Args... args) {
    adapter_of(req).requests.add(Kind);
    try {
      Handler(req, args...);
    } catch (const std::bad_alloc&) {
      log_error("a request needs more memory than the system has: ENOMEM; lower --ram");
      fuse_reply_err(req, ENOMEM);
    }
  }
};
template <auto Handler, Request Kind>
constexpr auto kCounted = &Counted<Handler, Kind>::handle;

void init(void* userdata, fuse_conn_info* conn) {
  auto& adapter = *static_cast<FuseAdapter*>(userdata);
  conn->max_write = kMaxRequest;
  conn->max_background = kMaxBackground;
  conn->congestion_threshold = kMaxBackground * 3 / 4;
  const auto want = [conn](unsigned flag) {
    if ((conn->capable & flag) != 0) conn->want |= flag;
  };
  want(FUSE_CAP_ASYNC_READ);
  want(FUSE_CAP_PARALLEL_DIROPS);
  want(FUSE_CAP_READDIRPLUS);
  want(FUSE_CAP_READDIRPLUS_AUTO);
  want(FUSE_CAP_AUTO_INVAL_DATA);  // listings of regions/ follow its modification time
  // Requests are small: reading them through a pipe costs more than it saves.
  conn->want &=
      ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
  adapter.no_open = !adapter.options.direct_io && (conn->capable & FUSE_CAP_NO_OPEN_SUPPORT) != 0;
  if (adapter.on_init) adapter.on_init();
}

// The others answer what needs no store, and take interrupts.
unsigned workers_that_wait(const MountOptions& options) {
  const unsigned workers = workers_within_limit(options.threads);
  const unsigned kept = std::max(2u, workers / 8);
  return workers > kept ? workers - kept : 1;
}

// Every call that would change something. The mount is read-only, so the kernel refuses first; this
// is for remounts and for kernels that ask anyway.
template <typename... Args>
void refuse_write(fuse_req_t req, Args...) {
  fuse_reply_err(req, EROFS);
}

// From the start of the file on; false when the kernel does not know it.
bool store_pages(fuse_session* session, NodeId file, Bytes bytes) {
  fuse_bufvec data = FUSE_BUFVEC_INIT(bytes.size());
  data.buf[0].mem = const_cast<std::byte*>(bytes.data());
  return fuse_lowlevel_notify_store(session, file.value(), 0, &data, fuse_buf_copy_flags{}) == 0;
}

}  // namespace

FuseAdapter::FuseAdapter(FileSystem& file_system, const MountOptions& mount_options,
                         std::function<void()> initialized)
    : fs(file_system),
      options(mount_options),
      on_init(std::move(initialized)),
      requests(fs.metrics()),
      read_bytes(fs.metrics().counter("fs_read_bytes_total", "Bytes replied to reads")),
      cold_reads(
          fs,
          {.leaders = std::max(2u, 2 * std::thread::hardware_concurrency()),
           .most_waiting = workers_that_wait(options),
           .deadline = options.store.remote.deadline},
          [](void* request, const Status& status, const ColdReads::Data& data) {
            fuse::reply_cold(static_cast<fuse_req_t>(request), status, data);
          },
          [](void* request) { return fuse_req_interrupted(static_cast<fuse_req_t>(request)) != 0; },
          has_pending_signal),
      kernel_cache(file_system, options.max_regions,
                   {.take_back_name =
                        [this](NodeId parent, const std::string& name) {
                          (void)fuse_lowlevel_notify_inval_entry(session, parent.value(),
                                                                 name.data(), name.size());
                        },
                    .drop_pages =
                        [this](NodeId file) {
                          (void)fuse_lowlevel_notify_inval_inode(session, file.value(), 0, 0);
                        },
                    .under_way = [this](NodeId file) { return cold_reads.under_way(file); }}),
      page_pusher(
          file_system,
          {.store = [this](NodeId file, Bytes bytes) { return store_pages(session, file, bytes); },
           .under_way = [this](NodeId file) { return cold_reads.under_way(file).has_value(); },
           .changes = [this] { return kernel_cache.changes(); },
           .changed = [this](uint32_t field) { kernel_cache.changed(field); }}),
      gpu_exports(file_system),
      control_requests(options.store.remote.deadline) {}

const fuse_lowlevel_ops& fuse_operations() {
  static const fuse_lowlevel_ops kOperations = [] {
    fuse_lowlevel_ops ops{};
    ops.init = init;
    ops.lookup = kCounted<fuse::lookup, Request::kLookup>;
    ops.forget = fuse::forget;
    ops.forget_multi = fuse::forget_multi;
    ops.getattr = kCounted<fuse::getattr, Request::kGetattr>;
    ops.readlink = kCounted<fuse::readlink, Request::kOther>;
    ops.open = kCounted<fuse::open, Request::kOpen>;
    ops.flush = kCounted<fuse::flush, Request::kFlush>;
    ops.opendir = kCounted<fuse::opendir, Request::kOpen>;
    ops.read = kCounted<fuse::read, Request::kRead>;
    ops.readdir = kCounted<fuse::readdir, Request::kReaddir>;
    ops.readdirplus = kCounted<fuse::readdirplus, Request::kReaddir>;
    ops.getxattr = kCounted<fuse::getxattr, Request::kXattr>;
    ops.listxattr = kCounted<fuse::listxattr, Request::kXattr>;
    ops.ioctl = kCounted<fuse::ioctl, Request::kOther>;
    ops.statfs = kCounted<fuse::statfs, Request::kOther>;
    ops.setattr = refuse_write;
    ops.mknod = refuse_write;
    ops.mkdir = refuse_write;
    ops.unlink = refuse_write;
    ops.rmdir = refuse_write;
    ops.symlink = refuse_write;
    ops.rename = refuse_write;
    ops.link = refuse_write;
    ops.write = refuse_write;
    ops.create = refuse_write;
    ops.setxattr = refuse_write;
    ops.removexattr = refuse_write;
    ops.fallocate = refuse_write;
    return ops;
  }();
  return kOperations;
}

}  // namespace neurofs
