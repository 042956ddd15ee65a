// Importer: copies a field of any format into a new Zarr v3 field.
//
// Purpose: `neurofs import`. One task is one stored object of the new field; tasks run on several
// threads. The new field's zarr.json appears last, so a half import is never a field; a journal
// (import_journal.h) lets an import that was killed go on.
// Thread-safety: one import_field per destination at a time (a lock refuses a second on one machine).
// Ownership: shares source and store for the call.
// Memory: about `memory_bytes`, or what one shard needs if that is more, where the store neither writes shards in
// place nor takes them in pieces: fewer threads work where it does not hold what each needs.
// Errors: of the source and the store, each with the object; kExists as in import_journal.h;
// kInterrupted when the progress callback says so.
#pragma once

#include <functional>
#include <memory>

#include "core/engine/field_writer.h"

namespace neurofs {

struct ImportProgress {
  uint64_t done_bytes = 0;  // decoded bytes, those of an earlier run included
  uint64_t total_bytes = 0;
  uint64_t resumed_bytes = 0;  // of an earlier run
  unsigned threads = 0;
  unsigned threads_wanted = 0;  // more than `threads` when memory holds no shard for each
};

struct ImportOptions {
  // Layout, codecs and so on of the new field. Shape and type are the source's; fill value,
  // attributes and dimension names too unless `keep_metadata` is false.
  CreateOptions create;
  bool keep_metadata = true;
  unsigned threads = 0;  // 0: one per CPU
  // 0: what the threads need, at least 512 MiB, at most half of the memory that this process may use.
  uint64_t memory_bytes = 0;
  // Called after each piece, from one thread at a time; false stops the import, which can be resumed.
  std::function<bool(const ImportProgress&)> progress;
};

Status import_field(const std::shared_ptr<StoredField>& source,
                    const std::shared_ptr<ObjectStore>& store, std::string_view path,
                    const ImportOptions& options);

}  // namespace neurofs
