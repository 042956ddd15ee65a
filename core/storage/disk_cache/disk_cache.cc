#include "core/storage/disk_cache/disk_cache.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <iterator>
#include <shared_mutex>
#include <thread>

#include "core/base/log.h"
#include "core/base/scope_wait.h"
#include "core/storage/disk_cache/cache_volume.h"
#include "core/storage/disk_cache/wanted_writes.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kGather = std::chrono::milliseconds(200);  // a small group waits so long for more
constexpr auto kLook = std::chrono::milliseconds(1000);
constexpr auto kTick = std::chrono::seconds(5);

struct QueuedEntry {
  CacheKey key;
  ByteVector bytes;
  bool wanted = false;
};

}  // namespace

class DiskCache::Impl {
 public:
  explicit Impl(const DiskCacheOptions& chosen)
      : options(chosen),
        own(options.metrics == nullptr ? std::make_unique<Metrics>() : nullptr),
        counters(options.metrics == nullptr ? *own : *options.metrics) {}

  std::shared_ptr<CacheVolume> volume() const {
    const std::shared_lock lock(volume_mutex);
    return current;
  }

  Status start();
  void run();
  void turn_off(const Status& status);
  void write_items(const std::deque<QueuedEntry>& items);
  void work(bool flush);
  void await_room(uint64_t bytes);
  void enqueue(std::span<const CacheWrite> batch, bool wanted);

  const DiskCacheOptions options;
  const std::unique_ptr<Metrics> own;
  CacheCounters counters;
  std::atomic<uint64_t> largest{0};

  mutable std::shared_mutex volume_mutex;
  std::shared_ptr<CacheVolume> current;  // guarded by volume_mutex; null while it is off
  std::string off;                       // guarded by volume_mutex: why
  bool warned = false;                   // the writer's: of the present trouble

  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable idle;
  std::condition_variable room;   // in the queue
  std::deque<QueuedEntry> queue;  // guarded by mutex, like what follows
  uint64_t queued_bytes = 0;
  uint64_t drains_asked = 0;
  uint64_t drains_done = 0;
  bool stop = false;
  bool ended = false;  // the writer does no more
  std::thread writer;
};

Status DiskCache::Impl::start() {
  auto opened = CacheVolume::open(options, counters);
  if (!opened.ok()) return opened.status();
  const std::unique_lock lock(volume_mutex);
  current = std::move(opened).value();
  largest = current->largest_entry();
  off.clear();
  return {};
}

void DiskCache::Impl::turn_off(const Status& status) {
  std::shared_ptr<CacheVolume> gone;
  {
    const std::unique_lock lock(volume_mutex);
    gone.swap(current);
    off = status.message();
  }
  if (!warned) log_warning("the disk cache is off, reads go on without it: " + status.message());
  warned = true;
}

void DiskCache::Impl::write_items(const std::deque<QueuedEntry>& items) {
  const auto at = volume();
  for (const auto& [key, bytes, wanted] : items) {
    if (!at || !volume()) {
      counters.dropped.add();
      continue;
    }
    if (const Status status = at->append(key, bytes, wanted); !status.ok()) turn_off(status);
  }
}

void DiskCache::Impl::work(bool flush) {
  const auto at = volume();
  if (!at) return;
  if (at->failing()) {
    return turn_off(io_error("the disk under " + options.directory +
                             " fails reads; see the kernel's log, or name another directory"));
  }
  if (!flush) return;
  if (const Status status = at->flush(); !status.ok()) turn_off(status);
}

void DiskCache::Impl::run() {
  const auto every = std::min<Clock::duration>(kTick, options.retry_after);
  auto tick = Clock::now() + every;
  auto retry = Clock::now() + options.retry_after;
  bool unflushed = false;
  std::unique_lock lock(mutex);
  while (true) {
    if (queue.empty() && drains_asked == drains_done && !stop) {
      wake.wait_for(lock, std::min<Clock::duration>(unflushed ? kGather : kLook, every));
    }
    if (stop && queue.empty()) {
      ended = true;
      drains_done = drains_asked;
      idle.notify_all();
      return;
    }
    auto items = std::exchange(queue, {});
    queued_bytes = 0;
    room.notify_all();
    const uint64_t asked = drains_asked;
    const bool flush = asked > drains_done || (items.empty() && unflushed);
    lock.unlock();
    const bool was_on = volume() != nullptr;
    unflushed = (unflushed || !items.empty()) && !flush;
    write_items(std::exchange(items, {}));  // whose memory goes at once
    work(flush);
    const auto now = Clock::now();
    if (const auto at = volume(); at && now >= tick) {
      tick = now + every;
      if (const Status status = at->tick(); !status.ok()) turn_off(status);
    }
    const bool is_on = volume() != nullptr;
    if (was_on && !is_on) retry = now + options.retry_after;
    if (!is_on && now >= retry) {
      const Status status = start();
      if (status.ok()) {
        if (warned) log_info("the disk cache in " + options.directory + " works again");
        warned = false;
      } else {
        turn_off(status);
        retry = Clock::now() + options.retry_after;
      }
    }
    lock.lock();
    drains_done = asked;
    idle.notify_all();
  }
}

Result<std::shared_ptr<DiskCache>> DiskCache::open(const DiskCacheOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (const Status status = impl->start(); !status.ok()) {
    // What the user chose wrongly is said now; what the disk does may pass.
    if (status.code() == Code::kPermission || status.code() == Code::kInvalidArgument) {
      return status;
    }
    impl->turn_off(status);
  }
  if (options.metrics != nullptr) {
    const uint64_t bytes = options.bytes;
    options.metrics->gauge("nvme_size_bytes", "Bytes the disk cache may have",
                           [bytes] { return static_cast<double>(bytes); });
  }
  std::shared_ptr<DiskCache> cache(new DiskCache(std::move(impl)));
  if (options.metrics != nullptr) {
    const std::weak_ptr<DiskCache> weak = cache;
    options.metrics->gauge("nvme_used_bytes", "Bytes the disk cache takes on disk", [weak] {
      const auto alive = weak.lock();
      return alive ? static_cast<double>(alive->used_bytes()) : 0.0;
    });
  }
  return cache;
}

DiskCache::DiskCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {
  impl_->writer = std::thread([this] { impl_->run(); });
}

DiskCache::~DiskCache() {
  (void)end(std::chrono::milliseconds(0));
  impl_->writer.join();
}

bool DiskCache::end(std::chrono::milliseconds patience) {
  std::unique_lock lock(impl_->mutex);
  impl_->stop = true;
  impl_->wake.notify_all();
  impl_->room.notify_all();
  return impl_->idle.wait_for(lock, patience, [this] { return impl_->ended; });
}

void DiskCache::read(std::span<CacheRead> batch) {
  const auto volume = impl_->volume();
  if (volume) {
    volume->read(batch);
  } else {
    for (CacheRead& read : batch) read.hit = false;
  }
  uint64_t hits = 0;
  uint64_t bytes = 0;
  for (const CacheRead& read : batch) {
    hits += read.hit;
    bytes += read.hit ? read.dest.size() : 0;
  }
  impl_->counters.hits.add(hits);
  impl_->counters.hit_bytes.add(bytes);
  impl_->counters.misses.add(batch.size() - hits);
  if (volume && volume->failing()) impl_->wake.notify_one();
}

uint64_t DiskCache::find(const CacheKey& key) const {
  const auto volume = impl_->volume();
  const auto place = volume ? volume->find(key) : std::nullopt;
  return place ? place->length : 0;
}

// What a user waits for waits for the writer, a part of the queue at a time; neighbours stay together.
void DiskCache::write(std::span<const CacheWrite> batch) {
  if (!WantedWrites::on_this_thread()) return impl_->enqueue(batch, false);
  const uint64_t part = impl_->options.queue_bytes / 4;
  while (!batch.empty()) {
    uint64_t bytes = 0;
    size_t count = 0;
    do {
      bytes += batch[count++].bytes.size();
    } while (count < batch.size() && bytes + batch[count].bytes.size() <= part);
    impl_->await_room(bytes);
    impl_->enqueue(batch.first(count), true);
    batch = batch.subspan(count);
  }
}

// Or until the thread's ReadScope ends, or there is nobody who would make room.
void DiskCache::Impl::await_room(uint64_t bytes) {
  ScopeWait wait(mutex, room);
  std::unique_lock lock(mutex);
  (void)wait.wait(lock, [&] {
    return queued_bytes == 0 || queued_bytes + bytes <= options.queue_bytes || stop;
  });
}

void DiskCache::Impl::enqueue(std::span<const CacheWrite> batch, bool wanted) {
  if (volume() == nullptr) return WantedWrites::lose(batch.size());
  std::vector<const CacheWrite*> taken;
  taken.reserve(batch.size());
  uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex);
    for (const CacheWrite& write : batch) {
      const uint64_t size = write.bytes.size();
      if (size == 0) continue;
      const bool fits = queued_bytes + size <= options.queue_bytes;
      if (!fits) counters.dropped.add();
      if (!fits || size > largest || stop) {
        ++lost;
        continue;
      }
      queued_bytes += size;
      taken.push_back(&write);
    }
  }
  WantedWrites::lose(lost);
  if (taken.empty()) return;
  std::vector<QueuedEntry> copies;
  copies.reserve(taken.size());
  for (const CacheWrite* write : taken) {
    copies.push_back({write->key, ByteVector(write->bytes.begin(), write->bytes.end()), wanted});
  }
  {
    const std::lock_guard lock(mutex);
    if (stop) return WantedWrites::lose(copies.size());
    std::ranges::move(copies, std::back_inserter(queue));
  }
  wake.notify_one();
}

bool DiskCache::drain() {
  ScopeWait wait(impl_->mutex, impl_->idle);
  std::unique_lock lock(impl_->mutex);
  const uint64_t mine = ++impl_->drains_asked;
  impl_->wake.notify_all();
  const auto done = [&] { return impl_->drains_done >= mine || impl_->ended; };
  return wait.wait(lock, done) == ScopeEnd::kNone;
}

std::string DiskCache::state() const {
  const std::shared_lock lock(impl_->volume_mutex);
  return impl_->current ? std::string() : impl_->off;
}

uint64_t DiskCache::used_bytes() const {
  const auto volume = impl_->volume();
  return volume ? volume->used_bytes() : 0;
}

uint64_t DiskCache::size_bytes() const {
  return impl_->options.bytes;
}

uint64_t DiskCache::entries() const {
  const auto volume = impl_->volume();
  return volume ? volume->entries() : 0;
}

uint64_t DiskCache::largest_entry() const {
  return impl_->largest;
}

}  // namespace neurofs
