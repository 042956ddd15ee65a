// Executor: a fixed pool of threads for work below the engine's boundary (decode, prefetch).
//
// Thread-safety: submit from any thread. Ownership: owns its threads; the destructor runs what is
// queued and joins. A task may hold the last reference to the Executor's owner: the destructor then
// runs on a thread of its own, which it leaves to end by itself. Errors: a task reports through what it captures; one that throws is logged.
// `try_submit` refuses when the queue holds `max_queue` tasks, so that optional work (prefetch) is
// dropped rather than piled up. `close` is the end of all optional work.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
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

  // Drops what is queued, runs nothing more, and waits so long for what runs; false when it still does. Not
  // from a task.
  bool close(std::chrono::milliseconds patience);

 private:
  struct State;
  static void run(State& state);

  const std::shared_ptr<State> state_;  // shared with the threads: one may outlive the Executor
  std::vector<std::thread> threads_;
};

}  // namespace neurofs
