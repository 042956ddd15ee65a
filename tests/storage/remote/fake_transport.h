// FakeTransport: objects in memory behind a Transport whose answers a test scripts.
//
// Answers come on a thread of its own, in an order that a seed chooses. Thread-safety: as Transport.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "core/storage/remote/transport.h"

namespace neurofs::test {

class FakeTransport : public Transport {
 public:
  // Looks at the `number`th request (from 0); nothing: answered from the objects. kHold: never, until aborted.
  static constexpr auto kHold = RemoteAnswer::Kind::kAborted;
  using Script = std::function<std::optional<RemoteAnswer>(const RemoteGet&, int number)>;

  explicit FakeTransport(unsigned seed = 1);
  ~FakeTransport() override;

  void start(RemoteGet& get) override;
  void abort(RemoteGet& get) override;

  std::map<std::string, std::pair<ByteVector, int>> objects;  // bytes, version; before requests
  Script script;                                              // called under a lock
  int started() const;
  unsigned most_at_once() const;

 private:
  struct Waiting {
    RemoteGet* get;
    bool hold;
  };
  void run();
  void answer(RemoteGet& get);

  mutable std::mutex mutex_;
  std::condition_variable word_;
  std::vector<Waiting> waiting_;
  std::mt19937 random_;
  int started_ = 0;
  unsigned most_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

RemoteAnswer retry_answer(const std::string& why, bool slow_down = false);

}  // namespace neurofs::test
