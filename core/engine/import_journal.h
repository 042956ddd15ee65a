// ImportJournal: what an unfinished import has done so far, kept beside the field it makes.
//
// Purpose: an import that was killed goes on where it was. FIELD/.neurofs-import/ holds plan.json (the
// source's identity and the zarr.json to come) and done, one byte a task.
// Thread-safety: none; the importer locks. Ownership: borrows the store.
// Errors: kExists when the place is taken: by a field, by other objects, or by an unfinished import
// of another source or with other options.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "core/storage/object_store.h"

namespace neurofs {

class ImportJournal {
 public:
  // Begins, or finds an equal plan and takes up what it had done.
  static Result<ImportJournal> open(ObjectStore& store, std::string_view path,
                                    const nlohmann::json& plan, size_t tasks);

  bool is_done(size_t task) const { return done_[task] != std::byte{0}; }
  // What the tasks wrote must be durable already.
  Status mark(std::span<const size_t> tasks);
  // Publishes the field's zarr.json, then forgets the journal.
  Status finish(std::string_view zarr_json);

 private:
  ImportJournal(ObjectStore& store, std::string_view path, size_t tasks);
  Status begin(const std::string& plan);
  Status resume(const std::string& plan, Bytes found);

  ObjectStore* store_;
  std::string path_;
  std::string plan_key_;
  std::string done_key_;
  ByteVector done_;  // one byte a task
};

}  // namespace neurofs
