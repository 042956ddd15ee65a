#include "fs/kernel_cache.h"

#include <exception>
#include <iterator>
#include <utility>

#include "core/base/log.h"

namespace neurofs {
namespace {

constexpr size_t kDirectoryShare = 8;
constexpr std::chrono::milliseconds kLook{50};  // for files that are being read
constexpr std::chrono::milliseconds kYoung{
    250};                                     // a read that does not wait for a store that stalls
constexpr std::chrono::seconds kPatience{2};  // for a moment without any

}  // namespace

KernelCache::KernelCache(FileSystem& fs, size_t most_names, Calls calls)
    : fs_(fs),
      calls_(std::move(calls)),
      files_{most_names, {}, {}},
      directories_{most_names / kDirectoryShare, {}, {}},
      worker_(1, 1) {
  fs_.on_change([this](uint32_t field) { changed(field); });
  fs_.on_wake([this] { revalidate(); });
}

void KernelCache::note(NodeId parent, std::string_view name, FileType type) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    Names& names = type == FileType::kDirectory ? directories_ : files_;
    const auto [known, is_new] =
        names.known.try_emplace({parent.value(), std::string(name)}, names.oldest_first.end());
    if (!is_new) {
      names.oldest_first.splice(names.oldest_first.end(), names.oldest_first, known->second);
      return;
    }
    try {
      names.oldest_first.push_back({parent, std::string(name)});
    } catch (const std::exception&) {
      names.known.erase(known);
      throw;
    }
    known->second = std::prev(names.oldest_first.end());
    if (names.is_over()) wake_locked();
  } catch (const std::exception&) {
    // Without memory the name is not counted: the kernel forgets it some day.
  }
}

void KernelCache::changed(uint32_t field) noexcept {
  changes_.fetch_add(1, std::memory_order_acq_rel);
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    changed_.insert(field);
    wake_locked();
  } catch (const std::exception&) {
    // Without memory the kernel keeps old pages until the next change.
  }
}

void KernelCache::revalidate() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    revalidate_ = true;
    wake_locked();
  } catch (const std::exception&) {
    // The next time.
  }
}

void KernelCache::wake_locked() {
  if (!working_) working_ = worker_.try_submit([this] { work(); });
}

// A task that fails for want of memory is left out.
void KernelCache::work() {
  for (bool more = true; more;) {
    try {
      const Task task = next_task();
      more = task != nullptr;
      if (more) task();
    } catch (const std::exception&) {
      log_warning("the kernel may keep old names and pages: out of memory");
    }
  }
}

// Empty when there is none: the worker rests then.
KernelCache::Task KernelCache::next_task() {
  const std::lock_guard lock(mutex_);
  if (!stopped_) {
    if (std::exchange(revalidate_, false)) return [this] { fs_.revalidate(); };
    for (Names* names : {&files_, &directories_}) {
      if (names->is_far_over() || (changed_.empty() && names->is_over())) {
        return take_back_oldest(*names);
      }
    }
    if (!changed_.empty()) {
      const uint32_t field = changed_.extract(changed_.begin()).value();
      return [this, field] { drop(field); };
    }
    if (!waiting_.empty()) return [this] { drop_waiting(); };
  }
  working_ = false;
  idle_.notify_all();
  return nullptr;
}

KernelCache::Task KernelCache::take_back_oldest(Names& names) {
  Name oldest = std::move(names.oldest_first.front());
  names.oldest_first.pop_front();
  names.known.erase({oldest.parent.value(), oldest.name});
  return [this, name = std::move(oldest)] { calls_.take_back_name(name.parent, name.name); };
}

// Taking back a directory's name takes all that is below it and not open.
void KernelCache::drop(uint32_t field) {
  const FileSystem::Remembered remembered = fs_.remembered(field);
  for (const auto& [directory, name] : remembered.names) calls_.take_back_name(directory, name);
  for (const NodeId file : remembered.files) {
    if (may_drop(file, Clock::now())) {
      calls_.drop_pages(file);
    } else {
      waiting_.try_emplace(file.value(), Clock::now());
    }
  }
}

bool KernelCache::may_drop(NodeId file, Clock::time_point since) const {
  const auto oldest = calls_.under_way(file);
  return !oldest || (*oldest < kYoung && Clock::now() - since >= kPatience);
}

void KernelCache::drop_waiting() {
  {
    std::unique_lock lock(mutex_);
    if (stop_.wait_for(lock, kLook, [this] { return stopped_; })) return;
  }
  std::erase_if(waiting_, [this](const auto& file) {
    const NodeId id(file.first);
    if (!may_drop(id, file.second)) return false;
    calls_.drop_pages(id);
    return true;
  });
}

void KernelCache::stop() {
  fs_.on_change(nullptr);
  fs_.on_wake(nullptr);
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  stop_.notify_all();
}

bool KernelCache::wait(std::chrono::seconds limit) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, limit, [this] { return !working_; });
}

}  // namespace neurofs
