#include "core/storage/pread_reader.h"

#include <cerrno>

#include "core/storage/aligned_buffer.h"
#include "core/storage/read_planner.h"

namespace neurofs {

void PreadReader::read(std::span<FileRead> batch) {
  static thread_local AlignedBuffer bounce;
  const PieceLimits limits;
  ReadPlanner planner(batch, limits);
  while (const Piece* piece = planner.peek()) {
    if (piece->bounce && !bounce) bounce = make_aligned_buffer(limits.bounce);
    Transfer transfer(*piece, batch[piece->read], bounce.get(), transferred_);
    planner.pop();
    int64_t result = 0;
    do {
      const auto iovecs = transfer.iovecs();
      result = ::preadv(transfer.fd(), iovecs.data(), static_cast<int>(iovecs.size()),
                        static_cast<off_t>(transfer.offset()));
      if (result < 0) result = -errno;
    } while (transfer.accept(result));
  }
}

}  // namespace neurofs
