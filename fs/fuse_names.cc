// Names, attributes and listings: FileSystem's entries as the kernel wants them.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "core/base/checked.h"
#include "fs/fuse_handlers.h"

namespace neurofs::fuse {
namespace {

constexpr uint64_t kBlock = 512;
constexpr uint64_t kPreferredIo = uint64_t{1} << 20;
constexpr size_t kDirectoryBuffer = 65536;
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr double kNamedTimeout = 1.0;

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

}  // namespace

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
  const Lifetime lifetime = adapter.fs.absent_lifetime(node_id(parent), name);
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

namespace {

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

}  // namespace

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

namespace {

void reply_xattr(fuse_req_t req, size_t room, std::string_view value) {
  if (room == 0) {
    fuse_reply_xattr(req, value.size());
  } else if (room < value.size()) {
    fuse_reply_err(req, ERANGE);
  } else {
    fuse_reply_buf(req, value.data(), value.size());
  }
}

}  // namespace

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

void statfs(fuse_req_t req, fuse_ino_t) {
  struct statvfs st {};
  st.f_bsize = st.f_frsize = 4096;
  st.f_blocks = ceil_div(adapter_of(req).fs.total_size(), uint64_t{4096});
  st.f_namemax = kMaxName;
  st.f_flag = ST_RDONLY;
  fuse_reply_statfs(req, &st);
}

}  // namespace neurofs::fuse
