// FileReader: moves ranges of open files into memory. Inside core/storage only.
//
// Thread-safety: read() from any thread; it blocks until every read of the batch is done.
// Ownership: files and destinations are borrowed for the call.
#pragma once

#include "core/base/bytes.h"
#include "core/base/metrics.h"
#include "core/storage/open_file.h"

namespace neurofs {

struct FileRead;

// Told of a read whose bytes are all there, while others of its batch may be on their way: what is done with them
// then costs no time of the disk. Called by the thread that called read(), once; never for a read that failed.
class FileReadListener {
 public:
  virtual ~FileReadListener() = default;
  virtual void arrived(const FileRead& read) = 0;
};

struct FileRead {
  // in
  const OpenFile* file = nullptr;
  uint64_t offset = 0;
  uint64_t length = 0;                  // > 0
  std::span<const MutableBytes> dests;  // their sizes sum to length
  FileReadListener* listener = nullptr;

  // out
  uint64_t delivered = 0;  // bytes of it that are there
  int error = 0;           // errno
  bool past_end = false;   // the file ended before the range did

  bool failed() const { return error != 0 || past_end; }
};

class FileReader {
 public:
  virtual ~FileReader() = default;
  virtual void read(std::span<FileRead> batch) = 0;
};

}  // namespace neurofs
