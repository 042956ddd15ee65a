#include "core/storage/uring_ring.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>
#include <thread>

#ifdef __SANITIZE_THREAD__
// liburing maps the rings by system calls of its own, which the sanitizer does not see: what was done to
// memory that lay at the same addresses before looks like a race with the only user of the ring.
// Nor librados and libceph-common, as Debian builds them: their atomic reference counts are invisible, and the
// freeing of a buffer by the last of several threads looks like a race. That leaves out each report with a
// frame of theirs, so also of callbacks of ours; those take the lock that the starter of the operation held,
// and RemoteReader's part of them is looked at over other transports. libcurl tells CurlPoller of a socket after
// it has closed it, whose number another thread may have by then; epoll then knows none such, and says so.
extern "C" const char* __tsan_default_suppressions() {
  return "race:^io_uring_\nrace:^neurofs::UringRing::wait_and_reap\n"
         "race:^neurofs::CurlPoller::on_socket\n"
         "race:libceph-common.so\n"
         "race:librados.so\n";
}
#endif

namespace neurofs {

int StagingMap::take(unsigned count) {
  uint64_t runs = free_;  // bit i: units i .. i + k are free
  for (unsigned k = 1; k < count && runs != 0; ++k) runs &= free_ >> k;
  if (runs == 0) return -1;
  const int first = std::countr_zero(runs);
  const uint64_t mask = (count == kUnits ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << first;
  free_ &= ~mask;
  return first;
}

void StagingMap::give_back(unsigned first, unsigned count) {
  free_ |= (count == kUnits ? ~uint64_t{0} : (uint64_t{1} << count) - 1) << first;
}

UringRing::UringRing(unsigned depth, Counter& transferred)
    : transferred_(transferred),
      staging_(make_aligned_buffer(StagingMap::kUnits * StagingMap::kUnitBytes)),
      slots_(depth) {
  for (size_t i = depth; i > 0; --i) idle_.push_back(i - 1);
}

Result<std::unique_ptr<UringRing>> UringRing::create(unsigned depth, Counter& transferred) {
  std::unique_ptr<UringRing> ring(new UringRing(depth, transferred));
  ring->ring_.ring_fd = -1;
  io_uring_params params = {};
#ifdef IORING_SETUP_COOP_TASKRUN
  params.flags = IORING_SETUP_COOP_TASKRUN;  // no interrupts: the caller waits anyway
#endif
  int error = io_uring_queue_init_params(depth, &ring->ring_, &params);
  if (error == -EINVAL) {
    params = {};
    error = io_uring_queue_init_params(depth, &ring->ring_, &params);
  }
  if (error < 0) {
    ring->ring_.ring_fd = -1;
    return unsupported("io_uring: " + std::generic_category().message(-error));
  }
  const iovec whole = {ring->staging_.get(), StagingMap::kUnits * StagingMap::kUnitBytes};
  ring->fixed_ = io_uring_register_buffers(&ring->ring_, &whole, 1) == 0;
  return ring;
}

UringRing::~UringRing() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void UringRing::read(std::span<FileRead> batch) {
  PieceLimits limits;
  limits.bounce = StagingMap::kUnitBytes * StagingMap::kUnits / 4;
  try {
    ReadPlanner planner(batch, limits);
    for (;;) {
      issue(planner, batch);
      if (idle_.size() == slots_.size()) return;
      if (!wait_and_reap()) return abandon(batch, wait_error_);
    }
  } catch (const std::bad_alloc&) {
    abandon(batch, ENOMEM);
  }
}

// Fills the ring with pieces, as far as slots and staging memory go.
void UringRing::issue(ReadPlanner& planner, std::span<FileRead> batch) {
  while (!idle_.empty()) {
    const Piece* piece = planner.peek();
    if (piece == nullptr) return;
    const size_t index = idle_.back();
    Slot& slot = slots_[index];
    slot.unit = -1;
    if (piece->bounce) {
      slot.units = static_cast<unsigned>((piece->length + StagingMap::kUnitBytes - 1) /
                                         StagingMap::kUnitBytes);
      slot.unit = map_.take(slot.units);
      if (slot.unit < 0) return;
    }
    std::byte* bounce =
        slot.unit < 0 ? nullptr
                      : staging_.get() + static_cast<uint64_t>(slot.unit) * StagingMap::kUnitBytes;
    slot.read = piece->read;
    slot.transfer.emplace(*piece, batch[piece->read], bounce, transferred_);
    planner.pop();
    idle_.pop_back();
    submit(index);
  }
}

void UringRing::submit(size_t index) {
  Transfer& transfer = *slots_[index].transfer;
  // Never null: there are as many entries as slots, and a slot has one at most.
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  const auto iovecs = transfer.iovecs();
  const uint64_t offset = transfer.offset();
  if (iovecs.size() != 1) {
    io_uring_prep_readv(sqe, transfer.fd(), iovecs.data(), static_cast<unsigned>(iovecs.size()),
                        offset);
  } else if (transfer.bounce() != nullptr && fixed_) {
    io_uring_prep_read_fixed(sqe, transfer.fd(), iovecs[0].iov_base,
                             static_cast<unsigned>(iovecs[0].iov_len), offset, 0);
  } else {
    io_uring_prep_read(sqe, transfer.fd(), iovecs[0].iov_base,
                       static_cast<unsigned>(iovecs[0].iov_len), offset);
  }
  io_uring_sqe_set_data64(sqe, index);
}

// Hands over what is prepared and takes at least one answer. False: the ring itself failed.
bool UringRing::wait_and_reap() {
  const int handed = io_uring_submit_and_wait(&ring_, 1);
  if (handed > 0) submitted_ += static_cast<size_t>(handed);
  // Interrupted, or out of some resource until answers are taken: both pass.
  if (handed < 0 && handed != -EINTR && handed != -EAGAIN && handed != -EBUSY) {
    wait_error_ = -handed;
    return false;
  }
  io_uring_cqe* answers[64];
  for (unsigned n; (n = io_uring_peek_batch_cqe(&ring_, answers, 64)) > 0;) {
    for (unsigned i = 0; i < n; ++i) {
      const size_t index = io_uring_cqe_get_data64(answers[i]);
      const int result = answers[i]->res;
      // Seen before anything can throw: abandon() waits for what is left.
      io_uring_cq_advance(&ring_, 1);
      --submitted_;
      if (slots_[index].transfer->accept(result)) {
        submit(index);
      } else {
        finish(index);
      }
    }
  }
  return true;
}

void UringRing::finish(size_t index) {
  Slot& slot = slots_[index];
  if (slot.unit >= 0) map_.give_back(static_cast<unsigned>(slot.unit), slot.units);
  slot.transfer.reset();
  idle_.push_back(index);
}

// The kernel may still write to the memory of what it was given: that is waited for, by looking
// where waiting itself is refused.
void UringRing::abandon(std::span<FileRead> batch, int error) {
  broken_ = true;
  while (submitted_ > 0) {
    io_uring_cqe* answer = nullptr;
    if (io_uring_wait_cqe(&ring_, &answer) < 0 && io_uring_peek_cqe(&ring_, &answer) < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      continue;
    }
    --submitted_;
    io_uring_cqe_seen(&ring_, answer);
  }
  for (FileRead& read : batch) read.error = error;
}

}  // namespace neurofs
