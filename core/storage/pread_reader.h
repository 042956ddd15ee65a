// PreadReader: one preadv(2) after the other, in the calling thread.
//
// Purpose: the cheapest way for one small read, and the fallback where io_uring is refused. Reads
// of different threads run beside each other.
// Memory: a bounce buffer of 256 KiB per thread that ever needs one, touched as far as it is used.
#pragma once

#include "core/storage/file_reader.h"

namespace neurofs {

class PreadReader : public FileReader {
 public:
  // `transferred` counts the bytes that the kernel delivers; it must outlive this.
  explicit PreadReader(Counter& transferred) : transferred_(transferred) {}
  void read(std::span<FileRead> batch) override;

 private:
  Counter& transferred_;
};

}  // namespace neurofs
