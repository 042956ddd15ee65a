// FileStore: the objects are the files below a directory. For local NVMe, and any POSIX file
// system.
//
// Purpose: `file:///dir` and plain paths. Batches go through io_uring, single small reads through
// pread (a system call less), both with O_DIRECT where the file system takes it: the engine has its
// own cache, so the kernel's would hold everything twice.
// Thread-safety: as ObjectStore. Units: bytes.
// Security: see RootedDir; only regular files are read.
// Freshness: this process sees its own writes at once. A file that another process replaces by
// rename is seen after Tuning::fd_max_age at the latest, or after forget(); what it writes in
// place is seen at once.
// Missing: only where the path provably leads to nothing below a root that is still there.
// put() is a rename, so a crash of the process leaves the old or the new object; it does not sync,
// so a crash of the machine may lose what was put shortly before.
#pragma once

#include <atomic>
#include <chrono>

#include "core/storage/fd_cache.h"
#include "core/storage/file_reader.h"
#include "core/storage/object_store.h"
#include "core/storage/rooted_dir.h"
#include "core/storage/store_control.h"
#include "core/storage/store_counters.h"

namespace neurofs {

class UringReader;

class FileStore : public ObjectStore, public StoreControl {
 public:
  struct Tuning {
    size_t max_open_files = 0;  // 0: a quarter of the process's limit, at most 4096
    std::chrono::milliseconds fd_max_age = std::chrono::seconds(10);
    uint32_t direct_alignment = 0;  // 0: as the kernel says
  };

  static Result<std::shared_ptr<FileStore>> open(std::string_view url, const StoreOptions& options,
                                                 const Tuning& tuning);
  ~FileStore() override;

  std::string url() const override { return url_; }
  std::vector<std::pair<std::string, std::string>> describe() const override;
  void read(std::span<ReadOp> batch) override;
  bool has_local_objects() const override { return true; }
  Result<std::shared_ptr<const LocalObject>> open_local(std::string_view key) override;
  Result<ObjectInfo> stat(std::string_view key) override;
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override;
  Status put(std::string_view key, Bytes bytes) override;
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override;
  bool can_write_at() const override { return options_.writable; }
  Status remove(std::string_view key) override;
  void forget(std::string_view key) override { files_.forget(key); }
  void forget_all() override { files_.forget_all(); }

 private:
  struct Window;
  enum class Prepared : uint8_t { kOk, kNoDescriptors };

  FileStore(std::string url, RootedDir root, const StoreOptions& options, const Tuning& tuning);

  size_t read_window(std::span<ReadOp> rest);
  Prepared prepare(ReadOp& op, Window& window);
  FdCache::Lookup acquire(std::string_view key);
  void plan_read(ReadOp& op, std::shared_ptr<OpenFile> file, Window& window);
  void transfer(Window& window);
  struct VersionNow;
  void check_unchanged(ReadOp& op, std::string_view expected, const OpenFile& file,
                       VersionNow* now) const;
  bool settle(FileRead& read);
  void report(ReadOp& op, const FileRead& read);
  Prepared fail_open(ReadOp& op, const OpenFile::Opened& opened);
  Result<ObjectInfo> stat_once(std::string_view key, bool* starved);
  Result<std::vector<ListEntry>> list_once(std::string_view prefix, size_t limit, bool* starved);
  Status check_writable(std::string_view key) const;
  std::string doing(const char* verb, std::string_view key) const;

  const std::string url_;
  const StoreOptions options_;
  StoreCounters counters_;
  const RootedDir root_;
  FdCache files_;
  std::unique_ptr<UringReader> uring_;  // null: refused, or not wanted
  std::unique_ptr<FileReader> pread_;
  std::string uring_refusal_;
  std::atomic<bool> direct_refused_{false};
};

}  // namespace neurofs
