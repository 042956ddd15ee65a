#include "fs/fuse_adapter.h"

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <thread>

#include "core/base/checked.h"
#include "core/base/log.h"
#include "fs/control_calls.h"
#include "fs/descriptor_limit.h"
#include "fs/errno_table.h"
#include "fs/pending_signals.h"

namespace neurofs {
namespace {

constexpr uint64_t kBlock = 512;
constexpr uint64_t kPreferredIo = uint64_t{1} << 20;
constexpr unsigned kMaxRequest = 1u << 20;
constexpr unsigned kMaxBackground =
    128;                              // read-ahead requests in flight; the default of 12 starves
constexpr size_t kCopyLimit = 16384;  // below this a copy is cheaper than pinning
constexpr size_t kDirectoryBuffer = 65536;
constexpr size_t kMaxSpans = 512;  // of one writev; the kernel takes 1024
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr double kNamedTimeout = 1.0;

FuseAdapter& adapter_of(fuse_req_t req) {
  return *static_cast<FuseAdapter*>(fuse_req_userdata(req));
}

NodeId node_id(fuse_ino_t ino) {
  return NodeId(ino);
}

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

void reply_status(fuse_req_t req, const Status& status) {
  fuse_reply_err(req, to_errno(status));
}

mode_t mode_of(FileType type) {
  switch (type) {
    case FileType::kDirectory:
      return S_IFDIR | 0555;
    case FileType::kLink:
      return S_IFLNK | 0777;
    case FileType::kFile:
      return S_IFREG | 0444;
  }
  return 0;
}

struct stat stat_of(const Attr& attr) {
  struct stat st {};
  st.st_ino = attr.inode;
  st.st_mode = mode_of(attr.type);
  // 1 for directories too: "count of subdirectories unknown" to find and friends.
  st.st_nlink = attr.links;
  static const uid_t kUser = getuid();  // each would be a system call a reply
  static const gid_t kGroup = getgid();
  st.st_uid = kUser;
  st.st_gid = kGroup;
  st.st_size = static_cast<off_t>(attr.size);
  st.st_blksize = kPreferredIo;
  // Never 0 for a file with bytes: tar -S would archive zeros.
  st.st_blocks = static_cast<blkcnt_t>(ceil_div(attr.size, kBlock));
  st.st_mtim.tv_sec = attr.modified_ns / kNsPerSecond;
  st.st_mtim.tv_nsec = attr.modified_ns % kNsPerSecond;
  st.st_atim = st.st_ctim = st.st_mtim;
  return st;
}

double timeout_of(const MountOptions& options, Lifetime lifetime) {
  switch (lifetime) {
    case Lifetime::kLong:
      return options.timeout_s;
    case Lifetime::kNamed:
      return std::min(options.timeout_s, kNamedTimeout);
    case Lifetime::kNone:
      return 0;
  }
  return 0;
}

fuse_entry_param entry_param(const MountOptions& options, const Entry& entry) {
  fuse_entry_param param{};
  param.ino = entry.id.value();
  param.attr = stat_of(entry.attr);
  param.entry_timeout = timeout_of(options, entry.lifetime);
  // A snapshot's bytes never change; only its name goes stale.
  param.attr_timeout = entry.lifetime == Lifetime::kNone ? options.timeout_s : param.entry_timeout;
  return param;
}

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

void lookup(fuse_req_t req, fuse_ino_t parent, const char* name) {
  FuseAdapter& adapter = adapter_of(req);
  const auto entry = adapter.fs.lookup(node_id(parent), name);
  if (entry.ok()) {
    const fuse_entry_param param = entry_param(adapter.options, *entry);
    if (adapter.fs.is_interned(entry->id)) {
      adapter.kernel_cache.note(node_id(parent), name, entry->attr.type);
    }
    if (fuse_reply_entry(req, &param) == -ENOENT) adapter.fs.forget(entry->id, 1);
    return;
  }
  if (entry.status().code() != Code::kNotFound) return reply_status(req, entry.status());
  // A name that may appear (a named region) is forgotten as fast as one that may change.
  const Lifetime lifetime = adapter.fs.node_lifetime(node_id(parent));
  fuse_entry_param absent{};
  absent.entry_timeout =
      std::min(adapter.options.negative_timeout_s, timeout_of(adapter.options, lifetime));
  fuse_reply_entry(req, &absent);
}

void forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups) {
  adapter_of(req).fs.forget(node_id(ino), lookups);
  fuse_reply_none(req);
}

void forget_multi(fuse_req_t req, size_t count, fuse_forget_data* forgets) {
  for (size_t i = 0; i < count; ++i) {
    adapter_of(req).fs.forget(node_id(forgets[i].ino), forgets[i].nlookup);
  }
  fuse_reply_none(req);
}

void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info*) {
  FuseAdapter& adapter = adapter_of(req);
  const auto attr = adapter.fs.getattr(node_id(ino));
  if (!attr.ok()) return reply_status(req, attr.status());
  const struct stat st = stat_of(*attr);
  fuse_reply_attr(req, &st, timeout_of(adapter.options, adapter.fs.node_lifetime(node_id(ino))));
}

void readlink(fuse_req_t req, fuse_ino_t ino) {
  const auto target = adapter_of(req).fs.readlink(node_id(ino));
  if (!target.ok()) return reply_status(req, target.status());
  fuse_reply_readlink(req, target->c_str());
}

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

void reply_cold(fuse_req_t req, const Status& status, const ColdReads::Data& data) {
  const auto* pinned = std::get_if<const PinnedRead*>(&data);
  if (pinned == nullptr || !status.ok()) {
    return reply_read(req, status, pinned == nullptr ? std::get<Bytes>(data) : Bytes());
  }
  adapter_of(req).read_bytes.add((*pinned)->size());
  reply_pinned(req, **pinned);
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

void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info*) {
  FuseAdapter& adapter = adapter_of(req);
  const auto caller = static_cast<uint64_t>(fuse_req_ctx(req)->pid);
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

// Lists into one reply; `add` appends one entry and returns the bytes it needs.
template <typename Add>
void list(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, const Add& add) {
  std::array<char, kDirectoryBuffer> buffer;
  const size_t room = std::min(size, buffer.size());
  size_t used = 0;
  std::string terminated;
  const Status status = adapter_of(req).fs.readdir(
      node_id(ino), static_cast<uint64_t>(offset),
      [&](std::string_view name, const Entry& entry, uint64_t next) {
        terminated = name;
        const size_t need = add(buffer.data() + used, room - used, terminated.c_str(), entry,
                                static_cast<off_t>(next));
        if (need > room - used) return false;
        used += need;
        return true;
      });
  if (!status.ok()) return reply_status(req, status);
  fuse_reply_buf(req, buffer.data(), used);
}

void readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info*) {
  list(req, ino, size, offset,
       [req](char* at, size_t room, const char* name, const Entry& entry, off_t next) {
         const struct stat st = stat_of(entry.attr);
         return fuse_add_direntry(req, at, room, name, &st, next);
       });
}

void readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info*) {
  const MountOptions& options = adapter_of(req).options;
  list(req, ino, size, offset,
       [&](char* at, size_t room, const char* name, const Entry& entry, off_t next) {
         // Id 0: the kernel lists the name and looks it up when somebody wants it.
         const fuse_entry_param param = entry_param(options, entry);
         return fuse_add_direntry_plus(req, at, room, name, &param, next);
       });
}

void reply_xattr(fuse_req_t req, size_t room, std::string_view value) {
  if (room == 0) {
    fuse_reply_xattr(req, value.size());
  } else if (room < value.size()) {
    fuse_reply_err(req, ERANGE);
  } else {
    fuse_reply_buf(req, value.data(), value.size());
  }
}

void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, size_t size) {
  const auto value = adapter_of(req).fs.getxattr(node_id(ino), name);
  if (value.ok()) return reply_xattr(req, size, *value);
  if (value.status().code() == Code::kNotFound) return void(fuse_reply_err(req, ENODATA));
  reply_status(req, value.status());
}

void listxattr(fuse_req_t req, fuse_ino_t ino, size_t size) {
  const auto names = adapter_of(req).fs.listxattr(node_id(ino));
  if (!names.ok()) return reply_status(req, names.status());
  std::string joined;
  for (const std::string& name : *names) joined.append(name.c_str(), name.size() + 1);
  reply_xattr(req, size, joined);
}

// On a thread of its own; `work` fills the struct in and says how it ended.
template <typename Struct>
void control_ioctl(fuse_req_t req, const Struct& request,
                   const std::function<Status(Struct*)>& work) {
  ControlRequests& control = adapter_of(req).control_requests;
  const auto answer = std::make_shared<Struct>(request);
  control.expect(req);
  fuse_req_interrupt_func(
      req,
      [](fuse_req_t interrupted, void* requests) {
        static_cast<ControlRequests*>(requests)->interrupt(interrupted);
      },
      &control);
  const bool begun = control.submit(
      req, [answer, work] { return work(answer.get()); },
      [req, answer](const Status& outcome) {
        fuse_reply_ioctl(req, -to_errno(outcome), answer.get(), sizeof(Struct));
      });
  if (!begun) fuse_reply_err(req, EAGAIN);
}

// The kernel copies the structs whose sizes the calls' numbers carry (restricted ioctls), and an answer
// also beside an error.
void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void*, fuse_file_info*, unsigned,
           const void* in, size_t in_size, size_t out_size) {
  GpuExports& exports = adapter_of(req).gpu_exports;
  const pid_t caller = fuse_req_ctx(req)->pid;
  if (command == NEUROFS_IOC_GPU_EXPORT && in_size == sizeof(neurofs_gpu_export) &&
      out_size == in_size) {
    neurofs_gpu_export request;
    std::memcpy(&request, in, sizeof request);
    const int error = exports.export_file(node_id(ino), caller, &request);
    fuse_reply_ioctl(req, -error, &request, sizeof request);
    return;
  }
  if (command == NEUROFS_IOC_GPU_RELEASE && in_size == sizeof(neurofs_gpu_release)) {
    neurofs_gpu_release request;
    std::memcpy(&request, in, sizeof request);
    fuse_reply_ioctl(req, -exports.release(caller, request), nullptr, 0);
    return;
  }
  if (command == NEUROFS_IOC_PREFETCH && in_size == sizeof(neurofs_prefetch) &&
      out_size == in_size) {
    neurofs_prefetch request;
    std::memcpy(&request, in, sizeof request);
    FileSystem& fs = adapter_of(req).fs;
    return control_ioctl<neurofs_prefetch>(req, request, [&fs, ino](neurofs_prefetch* r) {
      return serve_prefetch(fs, node_id(ino), r);
    });
  }
  if (command == NEUROFS_IOC_REFRESH && out_size == sizeof(neurofs_refresh)) {
    const uid_t user = fuse_req_ctx(req)->uid;
    if (user != 0 && user != getuid()) return void(fuse_reply_err(req, EPERM));
    FuseAdapter& adapter = adapter_of(req);
    return control_ioctl<neurofs_refresh>(req, {}, [&adapter](neurofs_refresh* r) {
      return serve_refresh(adapter.fs, adapter.kernel_cache, r);
    });
  }
  fuse_reply_err(req, ENOTTY);
}

void statfs(fuse_req_t req, fuse_ino_t) {
  struct statvfs st {};
  st.f_bsize = st.f_frsize = 4096;
  st.f_blocks = ceil_div(adapter_of(req).fs.total_size(), uint64_t{4096});
  st.f_namemax = kMaxName;
  st.f_flag = ST_RDONLY;
  fuse_reply_statfs(req, &st);
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
            reply_cold(static_cast<fuse_req_t>(request), status, data);
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
                        }}),
      gpu_exports(file_system),
      control_requests(options.store.remote.deadline) {}

const fuse_lowlevel_ops& fuse_operations() {
  static const fuse_lowlevel_ops kOperations = [] {
    fuse_lowlevel_ops ops{};
    ops.init = init;
    ops.lookup = kCounted<lookup, Request::kLookup>;
    ops.forget = forget;
    ops.forget_multi = forget_multi;
    ops.getattr = kCounted<getattr, Request::kGetattr>;
    ops.readlink = kCounted<readlink, Request::kOther>;
    ops.open = kCounted<open, Request::kOpen>;
    ops.flush = kCounted<flush, Request::kFlush>;
    ops.opendir = kCounted<opendir, Request::kOpen>;
    ops.read = kCounted<read, Request::kRead>;
    ops.readdir = kCounted<readdir, Request::kReaddir>;
    ops.readdirplus = kCounted<readdirplus, Request::kReaddir>;
    ops.getxattr = kCounted<getxattr, Request::kXattr>;
    ops.listxattr = kCounted<listxattr, Request::kXattr>;
    ops.ioctl = kCounted<ioctl, Request::kOther>;
    ops.statfs = kCounted<statfs, Request::kOther>;
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
