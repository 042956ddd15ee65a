#include "core/engine/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <new>

namespace neurofs {
namespace {

struct Shared {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable all_done;
  size_t done = 0;            // guarded by mutex
  std::exception_ptr thrown;  // guarded by mutex: the first
};

// `body` is only called for an index below `count`, all of which end before parallel_for returns; so
// a helper that starts late touches nothing but `shared`.
void work(Shared& shared, size_t count, const std::function<void(size_t)>* body) {
  size_t finished = 0;
  for (size_t i = shared.next.fetch_add(1); i < count; i = shared.next.fetch_add(1)) {
    try {
      (*body)(i);
    } catch (...) {
      const std::lock_guard lock(shared.mutex);
      if (!shared.thrown) shared.thrown = std::current_exception();
    }
    ++finished;
  }
  if (finished == 0) return;
  const std::lock_guard lock(shared.mutex);
  shared.done += finished;
  if (shared.done == count) shared.all_done.notify_all();
}

}  // namespace

void parallel_for(Executor& executor, size_t count, const std::function<void(size_t)>& body) {
  if (count <= 1) {
    if (count == 1) body(0);
    return;
  }
  constexpr size_t kMostHelpers = 16;
  auto shared = std::make_shared<Shared>();
  for (size_t i = 0; i < std::min(count - 1, kMostHelpers); ++i) {
    try {
      if (!executor.try_submit([shared, count, body = &body] { work(*shared, count, body); }))
        break;
    } catch (const std::bad_alloc&) {
      break;  // helpers are a wish, and those that are on their way need `body`
    }
  }
  work(*shared, count, &body);
  std::unique_lock lock(shared->mutex);
  shared->all_done.wait(lock, [&] { return shared->done == count; });
  if (shared->thrown) std::rethrow_exception(shared->thrown);
}

}  // namespace neurofs
