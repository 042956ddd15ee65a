#include "core/storage/read_planner.h"

#include <limits.h>

#include <cerrno>

namespace neurofs {
namespace {

bool aligned(uint64_t value, uint64_t unit) {
  return value % unit == 0;
}

// Whether the kernel can fill the destinations itself.
bool goes_straight(const FileRead& read) {
  if (!read.file->direct()) return true;
  const uint64_t unit = read.file->offset_alignment();
  const uint64_t memory = read.file->memory_alignment();
  if (!aligned(read.offset, unit) || !aligned(read.length, unit)) return false;
  if (read.dests.size() > IOV_MAX) return false;
  return std::all_of(read.dests.begin(), read.dests.end(), [memory](const MutableBytes& d) {
    return aligned(reinterpret_cast<uintptr_t>(d.data()), memory) && aligned(d.size(), memory);
  });
}

}  // namespace

ReadPlanner::ReadPlanner(std::span<FileRead> batch, PieceLimits limits)
    : batch_(batch), limits_(limits) {
  start_read();
}

void ReadPlanner::start_read() {
  done_ = 0;
  dest_ = {};
  if (read_ < batch_.size()) bounce_ = !goes_straight(batch_[read_]);
}

const Piece* ReadPlanner::peek() {
  while (read_ < batch_.size() &&
         (done_ == batch_[read_].length || (!planned_ && batch_[read_].failed()))) {
    ++read_;
    start_read();
  }
  if (read_ == batch_.size()) return nullptr;
  if (!planned_) plan_piece();
  planned_ = true;
  return &piece_;
}

void ReadPlanner::plan_piece() {
  const FileRead& read = batch_[read_];
  const uint64_t begin = read.offset + done_;
  const uint64_t left = read.length - done_;
  piece_ = {read_, begin, 0, 0, left, dest_, bounce_};
  if (bounce_) {
    const uint64_t unit = read.file->offset_alignment();
    piece_.skip = begin % unit;
    piece_.offset = begin - piece_.skip;
    piece_.wanted = std::min(left, limits_.bounce - piece_.skip);
    const uint64_t used = piece_.skip + piece_.wanted;
    piece_.length = (used + unit - 1) / unit * unit;
    return;
  }
  piece_.wanted = std::min(left, limits_.straight);
  // Through the page cache any cut will do, so one call's limit of vectors is kept here.
  if (read.dests.size() > IOV_MAX) {
    uint64_t reach = 0;
    for (size_t i = 0; i < IOV_MAX && dest_.index + i < read.dests.size(); ++i) {
      reach += read.dests[dest_.index + i].size();
    }
    piece_.wanted = std::min(piece_.wanted, std::max<uint64_t>(reach - dest_.skip, 1));
  }
  piece_.length = piece_.wanted;
}

void ReadPlanner::pop() {
  planned_ = false;
  done_ += piece_.wanted;
  walk_run(batch_[read_].dests, dest_, piece_.wanted, [](MutableBytes) {});
}

Transfer::Transfer(const Piece& piece, FileRead& read, std::byte* bounce, Counter& transferred)
    : piece_(piece),
      read_(&read),
      bounce_(piece.bounce ? bounce : nullptr),
      transferred_(&transferred) {
  aim();
}

void Transfer::aim() {
  iovecs_.clear();
  if (bounce_ != nullptr) {
    iovecs_.push_back({bounce_ + done_, piece_.length - done_});
    return;
  }
  RunCursor at = piece_.dest;
  walk_run(read_->dests, at, done_, [](MutableBytes) {});
  walk_run(read_->dests, at, piece_.length - done_, [this](MutableBytes part) {
    iovecs_.push_back({part.data(), part.size()});
  });
}

bool Transfer::accept(int64_t result) {
  if (result == -EINTR || result == -EAGAIN) return true;
  if (result < 0) {
    read_->error = static_cast<int>(-result);
    return false;
  }
  transferred_->add(static_cast<uint64_t>(result));
  done_ += static_cast<uint64_t>(result);
  if (done_ >= piece_.skip + piece_.wanted) {
    if (bounce_ != nullptr)
      scatter({bounce_ + piece_.skip, piece_.wanted}, read_->dests, piece_.dest);
    read_->delivered += piece_.wanted;
    if (read_->delivered == read_->length && read_->listener != nullptr) {
      read_->listener->arrived(*read_);
    }
    return false;
  }
  // Direct reads stop inside a block only where the file ends.
  if (result == 0 || !aligned(done_, read_->file->offset_alignment())) {
    read_->past_end = true;
    return false;
  }
  aim();
  return true;
}

}  // namespace neurofs
