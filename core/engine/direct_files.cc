#include "core/engine/direct_files.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "core/base/log.h"

namespace neurofs {
namespace {

constexpr size_t kMostFiles = 64;

size_t most_files() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  return std::clamp<size_t>(limit.rlim_cur / 16, 1, kMostFiles);
}

}  // namespace

DirectFiles::DirectFiles(bool wanted, Metrics& metrics)
    : most_(most_files()),
      wanted_(wanted),
      reads_(metrics.counter("gpu_direct_reads_total", "Reads of files straight into GPU memory")),
      bytes_(metrics.counter("gpu_direct_bytes_total", "Bytes that they brought")),
      failures_(metrics.counter("gpu_direct_failures_total",
                                "Groups of them that failed; blocks came through RAM")),
      off_(wanted ? "no GPU is in use yet" : "it was not asked for") {
  metrics.gauge("gpu_direct_on", "1 where files are read straight into GPU memory",
                [this] { return is_on() ? 1.0 : 0.0; });
}

void DirectFiles::begin(const std::vector<std::unique_ptr<DeviceTier::Gpu>>& gpus,
                        const Status& why) {
  if (!wanted_) return;
  if (gpus.empty()) {
    const std::lock_guard lock(mutex_);
    off_ = why.message();  // which the tier has told the log
    return;
  }
  for (const auto& gpu : gpus) {
    const auto way = gpu->device->direct_way();
    if (!way.ok()) return turn_off(way.status());
    const std::lock_guard lock(mutex_);
    way_ = *way;
  }
  const std::lock_guard lock(mutex_);
  off_.clear();
  on_.store(true, std::memory_order_release);
}

void DirectFiles::turn_off(const Status& why) {
  std::list<Entry> leaving;  // closed after the lock
  {
    const std::lock_guard lock(mutex_);
    on_.store(false, std::memory_order_release);
    if (std::exchange(is_off_, true)) return;
    off_ = why.message();
    leaving.swap(files_);
  }
  log_warning("files are not read straight into GPU memory, they come through RAM: " +
              why.message());
}

std::string DirectFiles::off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}

std::string DirectFiles::way() const {
  const std::lock_guard lock(mutex_);
  return way_;
}

Result<std::shared_ptr<const DirectFiles::File>> DirectFiles::open(Device& device,
                                                                   ObjectStore& store,
                                                                   std::string_view key,
                                                                   Status* refusal) {
  NF_ASSIGN(auto object, store.open_local(key));
  Entry entry{&device, &store, std::string(key), nullptr};
  if (auto known = find(entry, object.get())) return known;
  auto file = std::make_shared<File>();
  auto opened = device.open_direct(object->fd());
  if (!opened.ok()) {
    *refusal = opened.status();
    return opened.status();
  }
  file->object = std::move(object);
  file->file = std::move(*opened);
  entry.file = file;
  insert(std::move(entry));
  return std::shared_ptr<const File>(std::move(file));
}

// Another file under the same key has taken its place in the store, and will here.
std::shared_ptr<const DirectFiles::File> DirectFiles::find(const Entry& wanted,
                                                           const LocalObject* object) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(files_.begin(), files_.end(), [&](const Entry& e) {
    return e.device == wanted.device && e.file->object.get() == object;
  });
  if (it == files_.end()) return nullptr;
  files_.splice(files_.begin(), files_, it);
  return it->file;
}

void DirectFiles::insert(Entry entry) {
  std::list<Entry> leaving;
  const std::lock_guard lock(mutex_);
  for (auto it = files_.begin(); it != files_.end();) {
    const auto next = std::next(it);
    if (it->device == entry.device && it->store == entry.store && it->key == entry.key) {
      leaving.splice(leaving.end(), files_, it);
    }
    it = next;
  }
  if (!on_.load(std::memory_order_relaxed)) return;
  files_.push_front(std::move(entry));
  if (files_.size() > most_) leaving.splice(leaving.end(), files_, std::prev(files_.end()));
}

void DirectFiles::note(const Status& status) {
  if (status.ok()) {
    failed_.store(0, std::memory_order_relaxed);
    return;
  }
  failures_.add();
  if (failed_.fetch_add(1, std::memory_order_relaxed) + 1 == kMostFailures) turn_off(status);
}

void DirectFiles::count(uint64_t reads, uint64_t bytes) {
  reads_.add(reads);
  bytes_.add(bytes);
}

}  // namespace neurofs
