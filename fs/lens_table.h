// LensTable: the files of every lens and order that some node still shows, one FieldFiles for each of a field.
//
// Purpose: all spellings of a lens or an order, and all nodes below it, share one set of layouts and one reader. The
// table holds nothing alive: files go with the last interned node that carries them, so the kernel's
// forgets bound the memory. Keys hold hashes of selections, which somebody could craft: on a match the rows are compared,
// and other rows are a twin, with a key of its own. Thread-safety: every method from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "fs/field_files.h"

namespace neurofs {

class LensTable {
 public:
  // The files of field number `field`, whose own files are `own`, through `lens` and in `order` (null: its own).
  std::shared_ptr<const FieldFiles> files(uint32_t field, const FieldFiles& own, const Lens& lens,
                                          std::shared_ptr<const NeuronOrder> order);

  // Lenses that are alive, and some that were.
  size_t size() const;

 private:
  using Key = std::pair<uint32_t, std::string>;  // the field's number, FieldFiles::key()

  mutable std::mutex mutex_;
  std::map<Key, std::weak_ptr<const FieldFiles>> files_;  // guarded by mutex_
  size_t sweep_at_ = 64;  // guarded by mutex_: size for the next sweep
};

}  // namespace neurofs
