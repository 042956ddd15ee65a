#include "core/storage/uring_reader.h"

#include <sys/resource.h>

#include <algorithm>

#include "core/storage/uring_ring.h"

namespace neurofs {
namespace {

// A ring is a descriptor and 16 serve any device; few where few descriptors are allowed.
size_t most_rings() {
  constexpr size_t kMost = 16;
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  return std::clamp<size_t>(limit.rlim_cur / 16, 1, kMost);
}

// A read up to this size is one piece, and the block layer keeps its parts in flight by itself.
constexpr uint64_t kLoneReadBytes = uint64_t{256} << 10;

}  // namespace

UringReader::UringReader(unsigned depth, Counter& transferred)
    : depth_(std::clamp(depth, 1U, 1024U)),
      max_rings_(most_rings()),
      transferred_(transferred),
      pread_(transferred) {}

UringReader::~UringReader() = default;

Result<std::unique_ptr<UringReader>> UringReader::create(unsigned depth, Counter& transferred) {
  std::unique_ptr<UringReader> reader(new UringReader(depth, transferred));
  // The first ring is made now, so that a refusal is known before the first read.
  NF_ASSIGN(auto ring, UringRing::create(reader->depth_, transferred));
  reader->fixed_buffers_ = ring->fixed_buffers();
  reader->rings_ = 1;
  reader->idle_.push_back(std::move(ring));
  return reader;
}

void UringReader::read(std::span<FileRead> batch) {
  if (batch.size() == 1 && batch[0].length <= kLoneReadBytes) return pread_.read(batch);
  auto ring = take_ring();
  if (!ring) return pread_.read(batch);
  ring->read(batch);
  give_back(std::move(ring));
}

std::unique_ptr<UringRing> UringReader::take_ring() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto ring = std::move(idle_.back());
      idle_.pop_back();
      return ring;
    }
    if (rings_ == max_rings_) return nullptr;
    ++rings_;
  }
  auto ring = UringRing::create(depth_, transferred_);
  if (ring.ok()) return std::move(ring).value();
  // Out of descriptors or locked memory: the rings that there are have to do, from now on.
  return nullptr;
}

void UringReader::give_back(std::unique_ptr<UringRing> ring) {
  const std::lock_guard lock(mutex_);
  if (ring->broken()) {
    --rings_;
    return;
  }
  idle_.push_back(std::move(ring));
}

}  // namespace neurofs
