#include "core/storage/rados/rados_call.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "core/base/scope_wait.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

struct Wait {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;  // guarded by mutex
};

void on_done(rados_completion_t, void* argument) {
  Wait& wait = *static_cast<Wait*>(argument);
  const std::lock_guard lock(wait.mutex);
  wait.done = true;
  wait.changed.notify_all();
}

// The operation's end, of itself or because it was told to.
int await(const RadosCluster& cluster, Wait& wait, rados_completion_t completion) {
  const auto done = [&wait] { return wait.done; };
  ScopeWait until(wait.mutex, wait.changed);
  std::unique_lock lock(wait.mutex);
  const ScopeEnd end = until.wait(lock, done);
  if (end == ScopeEnd::kNone) return cluster.library().aio_get_return_value(completion);
  lock.unlock();
  cluster.library().aio_cancel(cluster.pool(), completion);
  lock.lock();
  wait.changed.wait(lock, done);
  const int returned = cluster.library().aio_get_return_value(completion);
  if (returned != -ECANCELED) return returned;
  return end == ScopeEnd::kCancelled ? -ECANCELED : -ETIMEDOUT;
}

int run_once(const RadosCluster& cluster, const RadosStart& start) {
  const RadosLibrary& library = cluster.library();
  Wait wait;
  rados_completion_t completion = nullptr;
  if (const int error = library.aio_create_completion2(&wait, on_done, &completion); error < 0) {
    return error;
  }
  int result = start(completion);
  if (result >= 0) result = await(cluster, wait, completion);
  library.aio_release(completion);
  return result;
}

}  // namespace

int run_rados(const RadosCluster& cluster, std::chrono::milliseconds deadline,
              const RadosStart& start) {
  const ReadScope* const outer = ReadScope::current();
  // The earlier deadline holds.
  const ReadScope bounds(outer == nullptr ? nullptr : outer->cancellation(),
                         Clock::now() + deadline);
  for (;;) {
    const int result = run_once(cluster, start);
    if (result != -ETIMEDOUT || Clock::now() >= bounds.deadline()) return result;
  }
}

}  // namespace neurofs
