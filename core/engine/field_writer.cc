#include "core/engine/field_writer.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/engine/field_sink.h"

namespace neurofs {
namespace {

// Where the array is within its store.
Result<std::string> path_of(const StoredField& field) {
  const std::string root = field.store().url();
  const std::string url = field.url();
  if (!url.starts_with(root)) return internal_error(url + " is not below its store " + root);
  std::string path = url.substr(root.size());
  path.erase(0, path.find_first_not_of('/'));
  return path;
}

// A local array's directory, locked against other writers; for other stores it holds nothing.
class WriteLock {
 public:
  WriteLock() = default;
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;
  ~WriteLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  Status take(const std::string& url) {
    constexpr std::string_view kScheme = "file://";
    if (!url.starts_with(kScheme)) return {};
    const std::string directory = url.substr(kScheme.size());
    fd_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return {};  // a file system without locks
    return io_error(url + ": another writer has this field open; wait until it is done");
  }
  Status sync() const {
    if (fd_ < 0 || ::syncfs(fd_) == 0) return {};
    return io_error(std::string("the file system could not be synced: ") + std::strerror(errno));
  }

 private:
  int fd_ = -1;
};

class StoredFieldWriter : public FieldWriter {
 public:
  StoredFieldWriter(std::shared_ptr<StoredField> field, std::string_view path)
      : field_(std::move(field)), sink_(shared_store(), path, field_->spec()) {}

  Status lock() { return lock_.take(field_->url()); }

  Status write(const Region& region, Bytes data) override {
    const Status status = sink_.write(region, data);
    field_->forget_indexes();  // after a failure too: some shards may be new
    return status;
  }
  // Stores of whole objects keep what they have accepted; a local one leaves it to the system.
  Status flush() override { return lock_.sync().with_context(field_->url()); }

 private:
  std::shared_ptr<ObjectStore> shared_store() { return {field_, &field_->store()}; }

  const std::shared_ptr<StoredField> field_;
  WriteLock lock_;
  FieldSink sink_;
};

}  // namespace

Result<std::unique_ptr<FieldWriter>> FieldWriter::open(std::shared_ptr<StoredField> field) {
  if (field->spec().format != "zarr3") {
    return Status(Code::kReadOnly, field->url() + ": a field in format " + field->spec().format +
                                       " is only read; import it into a Zarr v3 field to write it");
  }
  NF_ASSIGN(const std::string path, path_of(*field));
  auto writer = std::make_unique<StoredFieldWriter>(std::move(field), path);
  NF_TRY(writer->lock());
  return std::unique_ptr<FieldWriter>(std::move(writer));
}

}  // namespace neurofs
