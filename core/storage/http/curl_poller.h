// CurlPoller: waits for the sockets of a curl multi handle, and lets curl act on those that are ready.
//
// Purpose: curl's own poll looks at every transfer at each turn; here a turn costs what happened in it (epoll
// and curl_multi_socket_action). What was read is acknowledged at once: a server that sends head and body in two
// small pieces without TCP_NODELAY (radosgw by default) holds the second until the first is acknowledged,
// and the kernel puts that off for up to 40 ms. Thread-safety: wake() from any thread, the rest from the one that
// owns the multi handle. Ownership: borrows the handle, which must be cleaned up while this lives.
#pragma once

#include <curl/curl.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/storage/unique_fd.h"

namespace neurofs {

class CurlPoller {
 public:
  // kIoError where the system gives no descriptors.
  static Result<std::unique_ptr<CurlPoller>> create(CURLM* multi);

  // Ends a turn() that waits, or the next one.
  void wake();
  // Waits for a socket, for curl's timer or for wake(), at most so long, and lets curl act.
  void turn(std::chrono::milliseconds most);

 private:
  using Clock = std::chrono::steady_clock;

  CurlPoller(CURLM* multi, UniqueFd epoll, UniqueFd word);
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* known);
  static int on_timer(CURLM* multi, long ms, void* self);
  int wait_ms(std::chrono::milliseconds most) const;
  void act(int socket, unsigned events);

  CURLM* const multi_;
  const UniqueFd epoll_;
  const UniqueFd word_;  // an eventfd
  std::atomic<bool> woken_{false};
  std::optional<Clock::time_point> timer_;  // when curl wants to act without a socket
};

}  // namespace neurofs
