// ReadPlanner: cuts file reads into pieces that the kernel takes.
//
// Purpose: O_DIRECT wants aligned offsets, lengths and memory. A read that has them goes straight
// to its destinations; any other one goes through a bounce buffer, widened to the alignment. Large
// reads are cut so that several parts are in flight at once.
// Pure, no I/O; one thread per object. Ownership: borrows the batch.
//
//   ReadPlanner planner(batch, limits);
//   while (auto piece = planner.peek()) {         // null at the end
//     Transfer t(*piece, batch[piece->read], bounce_memory_or_null);
//     planner.pop();
//     do { n = preadv(t.fd(), t.iovecs(), t.offset()); } while (t.accept(n));
//   }
#pragma once

#include <sys/uio.h>

#include <boost/container/small_vector.hpp>
#include <optional>

#include "core/storage/file_reader.h"
#include "core/storage/scatter.h"

namespace neurofs {

struct PieceLimits {
  uint64_t straight = uint64_t{1} << 20;  // most bytes of a piece that needs no bounce buffer
  uint64_t bounce = uint64_t{256} << 10;  // most bytes of one that does; a multiple of 4096
};

struct Piece {
  size_t read = 0;      // index in the batch
  uint64_t offset = 0;  // in the file
  uint64_t length = 0;  // to transfer, with what alignment adds
  uint64_t skip = 0;    // bytes at the front that nobody asked for
  uint64_t wanted = 0;  // bytes after them that somebody did
  RunCursor dest;       // where the wanted bytes go
  bool bounce = false;
};

class ReadPlanner {
 public:
  ReadPlanner(std::span<FileRead> batch, PieceLimits limits);

  // The next piece; null when there is none. Reads that failed meanwhile are passed over.
  const Piece* peek();
  void pop();

 private:
  void start_read();
  void plan_piece();

  std::span<FileRead> batch_;
  const PieceLimits limits_;
  size_t read_ = 0;    // the read that is being cut
  uint64_t done_ = 0;  // its bytes that are in pieces already
  RunCursor dest_;     // where they end
  bool bounce_ = false;
  bool planned_ = false;
  Piece piece_;
};

// A piece on its way: what is still to transfer, after short reads too.
class Transfer {
 public:
  // `bounce` has piece.length bytes of aligned memory when the piece needs it.
  Transfer(const Piece& piece, FileRead& read, std::byte* bounce, Counter& transferred);

  int fd() const { return read_->file->fd(); }
  uint64_t offset() const { return piece_.offset + done_; }
  std::span<iovec> iovecs() { return {iovecs_.data(), iovecs_.size()}; }
  std::byte* bounce() const { return bounce_; }

  // Takes what a read call returned (bytes or -errno). True: there is more to read, at the new
  // offset() into the new iovecs(). False: done; the outcome of a failure is in the FileRead.
  bool accept(int64_t result);

 private:
  void aim();

  Piece piece_;
  FileRead* read_;
  std::byte* bounce_;
  Counter* transferred_;
  uint64_t done_ = 0;
  boost::container::small_vector<iovec, 4> iovecs_;
};

}  // namespace neurofs
