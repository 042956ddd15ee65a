#include "core/storage/rados/rados_call.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "core/base/cancellation.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

struct Bounds {
  Clock::time_point deadline;
  Cancellation* cancellation = nullptr;

  explicit Bounds(std::chrono::milliseconds limit) : deadline(Clock::now() + limit) {
    const ReadScope* const scope = ReadScope::current();
    if (scope == nullptr) return;
    deadline = std::min(deadline, scope->deadline());
    cancellation = scope->cancellation();
  }
};

struct Wait {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;       // guarded by mutex
  bool cancelled = false;  // guarded by mutex
};

void on_done(rados_completion_t, void* argument) {
  Wait& wait = *static_cast<Wait*>(argument);
  const std::lock_guard lock(wait.mutex);
  wait.done = true;
  wait.changed.notify_all();
}

// The operation's end, of itself or because it was told to.
int await(const RadosCluster& cluster, const Bounds& bounds, Wait& wait,
          rados_completion_t completion) {
  const Cancellation::Watch watch(bounds.cancellation, [&wait] {
    const std::lock_guard lock(wait.mutex);
    wait.cancelled = true;
    wait.changed.notify_all();
  });
  std::unique_lock lock(wait.mutex);
  wait.changed.wait_until(lock, bounds.deadline, [&wait] { return wait.done || wait.cancelled; });
  if (wait.done) return cluster.library().aio_get_return_value(completion);
  const int given_up = wait.cancelled ? -ECANCELED : -ETIMEDOUT;
  lock.unlock();
  cluster.library().aio_cancel(cluster.pool(), completion);
  lock.lock();
  wait.changed.wait(lock, [&wait] { return wait.done; });
  const int returned = cluster.library().aio_get_return_value(completion);
  return returned == -ECANCELED ? given_up : returned;
}

int run_once(const RadosCluster& cluster, const Bounds& bounds, const RadosStart& start) {
  const RadosLibrary& library = cluster.library();
  Wait wait;
  rados_completion_t completion = nullptr;
  if (const int error = library.aio_create_completion2(&wait, on_done, &completion); error < 0) {
    return error;
  }
  int result = start(completion);
  if (result >= 0) result = await(cluster, bounds, wait, completion);
  library.aio_release(completion);
  return result;
}

}  // namespace

int run_rados(const RadosCluster& cluster, std::chrono::milliseconds deadline,
              const RadosStart& start) {
  const Bounds bounds(deadline);
  for (;;) {
    const int result = run_once(cluster, bounds, start);
    if (result != -ETIMEDOUT || Clock::now() >= bounds.deadline) return result;
  }
}

}  // namespace neurofs
