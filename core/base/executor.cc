#include "core/base/executor.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "core/base/log.h"

namespace neurofs {

struct Executor::State {
  explicit State(size_t most) : max_queue(most) {}

  const size_t max_queue;
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable idle;
  std::deque<Task> queue;  // guarded by mutex
  size_t running = 0;      // guarded by mutex
  bool stopping = false;   // guarded by mutex
  bool closed = false;     // guarded by mutex
};

Executor::Executor(size_t threads, size_t max_queue) : state_(std::make_shared<State>(max_queue)) {
  threads_.reserve(std::max<size_t>(threads, 1));
  try {
    for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) {
      threads_.emplace_back([state = state_] { run(*state); });
    }
  } catch (const std::exception&) {
    // A limit on threads, or no memory for one: fewer do the same work, none cannot.
    if (threads_.empty()) throw;
  }
}

Executor::~Executor() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& t : threads_) {
    if (t.get_id() == std::this_thread::get_id()) {
      t.detach();
    } else {
      t.join();
    }
  }
}

void Executor::submit(Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->closed) return;
    state_->queue.push_back(std::move(task));
  }
  state_->wake.notify_one();
}

bool Executor::try_submit(Task task) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping || state_->closed || state_->queue.size() >= state_->max_queue) {
      return false;
    }
    state_->queue.push_back(std::move(task));
  }
  state_->wake.notify_one();
  return true;
}

void Executor::drain() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [this] { return state_->queue.empty() && state_->running == 0; });
}

bool Executor::close(std::chrono::milliseconds patience) {
  std::deque<Task> dropped;  // goes without the lock: what tasks hold may end here
  std::unique_lock lock(state_->mutex);
  state_->closed = true;
  dropped.swap(state_->queue);
  return state_->idle.wait_for(lock, patience, [this] { return state_->running == 0; });
}

void Executor::run(State& state) {
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.wake.wait(lock, [&state] { return state.stopping || !state.queue.empty(); });
    if (state.queue.empty()) return;
    Task task = std::move(state.queue.front());
    state.queue.pop_front();
    ++state.running;
    lock.unlock();
    try {
      task();
    } catch (const std::exception& error) {
      // Optional work that ran out of memory must not end the program.
      log_error(std::string("a background task failed: ") + error.what());
    }
    task = nullptr;  // may end the owner of the Executor, on this thread
    lock.lock();
    --state.running;
    if (state.queue.empty() && state.running == 0) state.idle.notify_all();
  }
}

}  // namespace neurofs
