#include "core/storage/file_store.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <limits>

#include "core/base/checked.h"
#include "core/storage/descriptor_wait.h"
#include "core/storage/errno_status.h"
#include "core/storage/key.h"
#include "core/storage/pread_reader.h"
#include "core/storage/resolve_read.h"
#include "core/storage/uring_reader.h"

namespace neurofs {
namespace {

// Ops whose files are open at once: enough to keep the device busy, few beside any limit.
constexpr size_t kWindowOps = 512;

size_t default_open_files() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 64;
  return std::clamp<size_t>(limit.rlim_cur / 4, 8, 4096);
}

// The directory that a URL or plain path names, absolute.
Result<std::string> directory_of(std::string_view url) {
  constexpr std::string_view kScheme = "file://";
  std::string_view path = url;
  if (path.starts_with(kScheme)) {
    path.remove_prefix(kScheme.size());
    if (path.starts_with("localhost/")) path.remove_prefix(std::string_view("localhost").size());
    if (!path.starts_with('/')) {
      return invalid_argument("the URL " + quote_key(url) +
                              " must have an absolute path, as in file:///data/field");
    }
  }
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return invalid_argument("an empty path, or one with a NUL byte, names no directory");
  }
  std::error_code error;
  auto absolute = std::filesystem::absolute(path, error);
  if (error) return errno_status(error.value(), "resolving the path " + quote_key(path));
  // Not lexically_normal(): "link/.." is not "." where link is a symbolic link.
  std::string text = absolute.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<std::shared_ptr<ObjectStore>> open_file_store(std::string_view url,
                                                     const StoreOptions& options) {
  NF_ASSIGN(auto store, FileStore::open(url, options, {}));
  return std::shared_ptr<ObjectStore>(std::move(store));
}

const Registration<StoreRegistry> kFile("file",
                                        "files below a local directory: a path or file:///path",
                                        open_file_store);

}  // namespace

// Ops that are transferred together, each with the file that its read borrows.
struct FileStore::Window {
  struct Member {
    ReadOp* op;
    std::shared_ptr<OpenFile> file;
    MutableBytes whole;    // a whole read's only destination; FileRead::dests points here
    std::string expected;  // the version that the file must have after the read; "": any
  };
  explicit Window(size_t size) {
    members.reserve(size);  // never grows: see Member::whole
    reads.reserve(size);
  }
  bool full() const { return members.size() == members.capacity(); }

  std::vector<Member> members;
  std::vector<FileRead> reads;  // one per member
  std::string_view last_key;    // ops of one object follow each other
  std::shared_ptr<OpenFile> last_file;
};

// What the file of the last check is now.
struct FileStore::VersionNow {
  const OpenFile* file = nullptr;
  int error = 0;
  std::string text;
};

Result<std::shared_ptr<FileStore>> FileStore::open(std::string_view url,
                                                   const StoreOptions& options,
                                                   const Tuning& tuning) {
  NF_ASSIGN(const std::string path, directory_of(url));
  NF_ASSIGN(auto root, RootedDir::open(path, options.create && options.writable));
  return std::shared_ptr<FileStore>(
      new FileStore("file://" + path, std::move(root), options, tuning));
}

FileStore::FileStore(std::string url, RootedDir root, const StoreOptions& options,
                     const Tuning& tuning)
    : url_(std::move(url)),
      options_(options),
      counters_(options.metrics),
      root_(std::move(root)),
      files_(root_, {options.direct_io, tuning.direct_alignment},
             tuning.max_open_files != 0 ? tuning.max_open_files : default_open_files(),
             tuning.fd_max_age),
      pread_(std::make_unique<PreadReader>(counters_.read_bytes)) {
  if (!options_.use_io_uring) {
    uring_refusal_ = "switched off";
    return;
  }
  auto uring = UringReader::create(options_.queue_depth, counters_.read_bytes);
  if (uring.ok()) {
    uring_ = std::move(uring).value();
  } else {
    uring_refusal_ = uring.status().message();
  }
}

FileStore::~FileStore() = default;

std::vector<std::pair<std::string, std::string>> FileStore::describe() const {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.emplace_back("io", uring_ ? "io_uring" : "pread");
  if (!uring_) facts.emplace_back("io_uring_refused", uring_refusal_);
  const bool direct = options_.direct_io && !direct_refused_.load(std::memory_order_relaxed);
  facts.emplace_back("direct_io", direct ? "yes" : "no");
  facts.emplace_back("fixed_buffers", uring_ && uring_->fixed_buffers() ? "yes" : "no");
  facts.emplace_back("open_files", std::to_string(files_.size()));
  facts.emplace_back("max_open_files", std::to_string(files_.capacity()));
  return facts;
}

std::string FileStore::doing(const char* verb, std::string_view key) const {
  return std::string(verb) + " " + quote_key(key) + " in " + url_;
}

void FileStore::read(std::span<ReadOp> batch) {
  for (size_t done = 0; done < batch.size();) done += read_window(batch.subspan(done));
  counters_.read_ops.add(batch.size());
  for (const ReadOp& op : batch) {
    if (op.outcome == ReadOp::Outcome::kError) counters_.errors.add();
  }
}

// Reads some ops from the front of `rest` and says how many.
size_t FileStore::read_window(std::span<ReadOp> rest) {
  Window window(std::min(rest.size(), kWindowOps));
  DescriptorWait wait(files_);
  size_t taken = 0;
  while (taken < rest.size() && !window.full()) {
    if (prepare(rest[taken], window) == Prepared::kOk) {
      ++taken;
      continue;
    }
    window.last_file.reset();
    if (!window.members.empty()) break;
    if (wait.again()) continue;
    fail(rest[taken], errno_status(EMFILE, doing("opening", rest[taken].key)));
    ++taken;
  }
  transfer(window);
  return taken;
}

FdCache::Lookup FileStore::acquire(std::string_view key) {
  auto lookup = files_.acquire(key);
  if (lookup.opened.file && !lookup.was_open) {
    counters_.opens.add();
    if (options_.direct_io && !lookup.opened.file->direct()) direct_refused_ = true;
  }
  return lookup;
}

// A caller without a descriptor has another way to read: it is not waited for one.
Result<std::shared_ptr<const LocalObject>> FileStore::open_local(std::string_view key) {
  NF_TRY(check_key(key));
  const auto lookup = acquire(key);
  if (lookup.opened.error == 0) return std::shared_ptr<const LocalObject>(lookup.opened.file);
  return errno_status(lookup.opened.error, doing("opening", key));
}

FileStore::Prepared FileStore::prepare(ReadOp& op, Window& window) {
  op.status = {};
  if (window.last_file && op.key == window.last_key) {
    plan_read(op, window.last_file, window);
    return Prepared::kOk;
  }
  if (Status status = check_key(op.key); !status.ok()) {
    fail(op, std::move(status));
    return Prepared::kOk;
  }
  auto lookup = acquire(op.key);
  const int error = lookup.opened.error;
  if (out_of_descriptors(error)) return Prepared::kNoDescriptors;
  if (error != 0) return fail_open(op, lookup.opened);
  window.last_key = op.key;
  window.last_file = lookup.opened.file;
  plan_read(op, std::move(lookup.opened.file), window);
  return Prepared::kOk;
}

FileStore::Prepared FileStore::fail_open(ReadOp& op, const OpenFile::Opened& opened) {
  if (opened.reason != nullptr) {
    fail(op, io_error(doing("reading", op.key) + ": it is " + opened.reason +
                      ", and only regular files are read"));
  } else if (opened.error == ENOENT || opened.error == ENOTDIR) {
    bool starved = false;
    const Status proof = root_.prove_missing(op.key, &starved);
    if (starved) return Prepared::kNoDescriptors;
    op.outcome = ReadOp::Outcome::kMissing;
    if (!proof.ok()) fail(op, proof.with_context(doing("reading", op.key)));
  } else {
    fail(op, errno_status(opened.error, doing("opening", op.key)));
  }
  return Prepared::kOk;
}

void FileStore::plan_read(ReadOp& op, std::shared_ptr<OpenFile> file, Window& window) {
  constexpr auto kMaxOffset = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t end = 0;
  const bool far = !checked_add(op.range.offset, op.range.length, &end) || end > kMaxOffset;
  // The usual read does not ask for the size: a short transfer tells as much.
  FileVersion now = {.size = uint64_t{INT64_MAX}};
  if (needs_size(op) || far) {
    if (const int error = file->look(&now); error != 0) {
      return fail(op, errno_status(error, doing("asking the size of", op.key)));
    }
    // Before the range is judged: it may be of another version.
    if (Status same = check_version(op, op.if_version, now.text(), url_); !same.ok()) {
      return fail(op, std::move(same));
    }
  }
  auto range = resolve_read(op, now.size, url_);
  if (!range.ok()) return fail(op, range.status());
  op.outcome = ReadOp::Outcome::kData;
  // What it was before the read: a version that is asked for is compared with what it is afterwards.
  if (op.seen != nullptr) *op.seen = {true, now.size, now.text(), now.modified_ns};
  counters_.requested_bytes.add(range->length);
  if (op.whole != nullptr) op.whole->resize(range->length);
  if (range->length == 0) {
    VersionNow unchanged;
    return check_unchanged(op, op.if_version, *file, &unchanged);
  }

  FileRead read;
  read.file = file.get();
  read.offset = range->offset;
  read.length = range->length;
  // A read that depends on the size must not see the file change; one that does not may.
  std::string expected = needs_size(op) ? now.text() : std::string(op.if_version);
  window.members.push_back({&op, std::move(file), {}, std::move(expected)});
  auto& member = window.members.back();
  if (op.whole != nullptr) member.whole = *op.whole;
  read.dests = op.whole != nullptr ? std::span<const MutableBytes>(&member.whole, 1) : op.dests;
  window.reads.push_back(read);
}

void FileStore::transfer(Window& window) {
  if (window.reads.empty()) return;
  FileReader& reader = uring_ ? static_cast<FileReader&>(*uring_) : *pread_;
  reader.read(window.reads);
  for (size_t i = 0; i < window.reads.size(); ++i) {
    FileRead& read = window.reads[i];
    if (!read.failed()) continue;
    if (read.error == EINVAL && read.file->direct()) {
      // The file system took O_DIRECT at open and refuses it now.
      window.members[i].file->make_buffered();
      direct_refused_ = true;
    }
    if (settle(read)) pread_->read({&read, 1});
  }
  VersionNow now;
  for (size_t i = 0; i < window.reads.size(); ++i) {
    ReadOp& op = *window.members[i].op;
    check_unchanged(op, window.members[i].expected, *window.members[i].file, &now);
    if (window.reads[i].failed() && op.outcome == ReadOp::Outcome::kData) {
      report(op, window.reads[i]);
    }
  }
}

// After the read: a file that was written to meanwhile says so by its time, which the kernel sets
// before it takes the first byte. Ops of one file follow each other: one look serves them.
void FileStore::check_unchanged(ReadOp& op, std::string_view expected, const OpenFile& file,
                                VersionNow* now) const {
  if (expected.empty()) return;
  if (now->file != &file) {
    FileVersion version;
    now->error = file.look(&version);
    now->text = version.text();
    now->file = &file;
  }
  if (now->error != 0) return fail(op, errno_status(now->error, doing("looking at", op.key)));
  Status same = check_version(op, expected, now->text, url_);
  if (!same.ok()) fail(op, std::move(same));
}

// True when a failed read is worth one more try; clears its outcome then.
bool FileStore::settle(FileRead& read) {
  const bool refused = read.error == EINVAL && !read.file->direct() && options_.direct_io;
  const bool grown = read.past_end && read.file->size() >= 0 &&
                     static_cast<uint64_t>(read.file->size()) >= read.offset + read.length;
  if (!refused && !grown) return false;
  read.error = 0;
  read.past_end = false;
  return true;
}

void FileStore::report(ReadOp& op, const FileRead& read) {
  const ByteRange range{read.offset, read.length};
  if (read.error != 0) {
    return fail(op, errno_status(read.error, "reading " + describe_read(url_, op.key, range)));
  }
  const int64_t size = read.file->size();
  fail(op, past_end(url_, op.key, range, size < 0 ? 0 : static_cast<uint64_t>(size)));
}

}  // namespace neurofs
