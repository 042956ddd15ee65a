// FileSystem::OpenFile: what a request needs to know about a file, for the sources of FileSystem.
//
// Thread-safety: one request's own; on the stack, no allocation. Ownership: `node` keeps what is interned; all else
// lives as long as the file system.
#pragma once

#include "fs/file_system.h"

namespace neurofs {

struct FileSystem::OpenFile {
  const FieldFiles* files = nullptr;
  const ViewLayout* layout = nullptr;
  const RegionReader* reader = nullptr;
  uint64_t base = 0;                  // where the file's elements begin in the reader's region
  const std::string* text = nullptr;  // a control file's bytes, instead of all above
  uint64_t stream = 0;
  std::shared_ptr<const InternedNode> node;

  uint64_t size() const { return text != nullptr ? text->size() : layout->size(); }
};

}  // namespace neurofs
