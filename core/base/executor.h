// Executor: a fixed pool of threads for work below the engine's boundary (decode, prefetch).
//
// Thread-safety: submit from any thread. Ownership: owns its threads; the destructor runs what is
// queued and joins. Errors: a task reports through what it captures; it must not throw.
// `try_submit` refuses when the queue holds `max_queue` tasks, so that optional work (prefetch) is
// dropped rather than piled up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace neurofs {

class Executor {
 public:
  using Task = std::function<void()>;

  Executor(size_t threads, size_t max_queue);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void submit(Task task);
  [[nodiscard]] bool try_submit(Task task);

  // Blocks until nothing is queued or running. For tests and orderly shutdown.
  void drain();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Task> queue_;  // guarded by mutex_
  size_t running_ = 0;      // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  const size_t max_queue_;
  std::vector<std::thread> threads_;
};

}  // namespace neurofs
