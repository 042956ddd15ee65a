#include "core/engine/field_writer.h"

#include "core/engine/field_sink.h"
#include "core/engine/write_lock.h"

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

class StoredFieldWriter : public FieldWriter {
 public:
  StoredFieldWriter(std::shared_ptr<StoredField> field, std::string_view path)
      : field_(std::move(field)), sink_(shared_store(), path, field_->spec()) {}

  Status lock() { return lock_.take(field_->url()); }

  Status write(const Region& region, Bytes data) override {
    Status status = sink_.write(region, data);
    field_->forget_indexes();  // after a failure too: some shards may be new
    return status;
  }
  // Stores of whole objects keep what they have accepted; a local one leaves it to the system.
  Status flush() override { return lock_.sync(); }

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
