// ReaderTable: what is remembered of each reader of a field.
//
// Purpose: the last read, the walk it belonged to, and the shape of the boxes that this reader walks.
// Bounded: kReaders; the one that was silent longest is forgotten. Thread-safety: none.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/lazy_array.h"
#include "core/prefetch/association.h"
#include "core/prefetch/nest.h"

namespace neurofs {

struct Reader {
  uint64_t stream = 0;
  uint64_t used_at = 0;  // 0: not in use
  int64_t first = -1;    // of the last read
  int64_t end = -1;
  uint32_t walk = 0;          // the group of the walk that it followed last
  int64_t unforeseen = -1;    // the last read that no walk foresaw
  bool lone = false;          // and it did not touch the one before
  Trail trail;                // of reads that no walk foresaw
  uint64_t overtaken_at = 0;  // when a read last came after one that should have followed it
  Shape shape;                // of finished walks
  uint32_t shape_length = 1;  // blocks of an element
  uint32_t shape_seen = 0;    // how often it came again
  float shape_pays = 1;       // how often a walk of that shape came where it was guessed
};

class ReaderTable {
 public:
  static constexpr size_t kReaders = 64;

  Reader& find(uint64_t stream, uint64_t now) {
    Reader* reader = &readers_[latest_];
    if (reader->used_at == 0 || reader->stream != stream) {
      Reader* const begin = &readers_[0];
      reader = std::find_if(begin, begin + used_,
                            [stream](const Reader& r) { return r.stream == stream; });
      if (reader == begin + used_) {
        if (used_ < kReaders) {
          ++used_;
        } else {
          reader = std::min_element(begin, begin + used_,
                                    [](auto& a, auto& b) { return a.used_at < b.used_at; });
        }
        *reader = Reader();
        reader->stream = stream;
      }
      latest_ = static_cast<size_t>(reader - begin);
    }
    reader->used_at = now;
    return *reader;
  }

  static constexpr size_t table_bytes() { return kReaders * sizeof(Reader); }

 private:
  LazyArray<Reader> readers_{kReaders};
  size_t used_ = 0;
  size_t latest_ = 0;
};

}  // namespace neurofs
