#include "fs/kernel_cache.h"

#include <exception>
#include <utility>

#include "core/base/log.h"

namespace neurofs {

KernelCache::KernelCache(FileSystem& fs, size_t most_names, Calls calls)
    : fs_(fs), most_names_(most_names), calls_(std::move(calls)), worker_(1, 1) {
  fs_.on_change([this](uint32_t field) { changed(field); });
}

void KernelCache::note(NodeId parent, std::string_view name) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    names_.push_back({parent, std::string(name)});
    if (names_.size() > most_names_) wake_locked();
  } catch (const std::exception&) {
    // Without memory the name is not counted: the kernel forgets it some day.
  }
}

void KernelCache::changed(uint32_t field) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    changed_.insert(field);
    wake_locked();
  } catch (const std::exception& error) {
    log_warning(std::string("the kernel keeps old pages of a field that has changed: ") +
                error.what());
  }
}

void KernelCache::revalidate() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    revalidate_ = true;
    wake_locked();
  } catch (const std::exception&) {
    // The next time.
  }
}

void KernelCache::wake_locked() {
  if (!working_) working_ = worker_.try_submit([this] { work(); });
}

void KernelCache::work() {
  while (const Task task = next_task()) {
    try {
      task();
    } catch (const std::exception& error) {
      log_warning(std::string("what the kernel caches could not be brought up to date: ") +
                  error.what());
    }
  }
}

// Empty when there is none: the worker rests then.
KernelCache::Task KernelCache::next_task() {
  const std::lock_guard lock(mutex_);
  if (!closed_) {
    if (std::exchange(revalidate_, false)) return [this] { fs_.revalidate(); };
    if (!changed_.empty()) {
      const uint32_t field = changed_.extract(changed_.begin()).value();
      return [this, field] { drop(field); };
    }
    if (names_.size() > most_names_) {
      Name oldest = std::move(names_.front());
      names_.pop_front();
      return [this, name = std::move(oldest)] { calls_.take_back_name(name.parent, name.name); };
    }
  }
  working_ = false;
  return nullptr;
}

// Taking back a directory's name takes all that is below it and not open.
void KernelCache::drop(uint32_t field) {
  const FileSystem::Remembered remembered = fs_.remembered(field);
  for (const std::string& name : remembered.names) {
    calls_.take_back_name(remembered.directory, name);
  }
  for (const NodeId file : remembered.files) calls_.drop_pages(file);
}

void KernelCache::close() {
  fs_.on_change(nullptr);
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  worker_.drain();
}

}  // namespace neurofs
