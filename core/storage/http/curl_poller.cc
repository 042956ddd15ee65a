#include "core/storage/http/curl_poller.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace neurofs {

Result<std::unique_ptr<CurlPoller>> CurlPoller::create(CURLM* multi) {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd word(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = word.get();
  if (!epoll || !word || epoll_ctl(epoll.get(), EPOLL_CTL_ADD, word.get(), &event) != 0) {
    return io_error(std::string("requests by HTTP cannot be waited for: ") + std::strerror(errno) +
                    "; raise ulimit -n");
  }
  return std::unique_ptr<CurlPoller>(new CurlPoller(multi, std::move(epoll), std::move(word)));
}

CurlPoller::CurlPoller(CURLM* multi, UniqueFd epoll, UniqueFd word)
    : multi_(multi), epoll_(std::move(epoll)), word_(std::move(word)) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

void CurlPoller::wake() {
  if (woken_.exchange(true)) return;
  const uint64_t one = 1;
  // Full it cannot be, and then it would wake too.
  [[maybe_unused]] const ssize_t put = write(word_.get(), &one, sizeof one);
}

// curl tells what it waits for at a socket. `known` is set for those that epoll has.
int CurlPoller::on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
  auto& poller = *static_cast<CurlPoller*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(poller.epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
    curl_multi_assign(poller.multi_, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events =
      ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  event.data.fd = socket;
  const int how = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(poller.epoll_.get(), how, socket, &event) != 0) return -1;  // ends the transfers
  if (known == nullptr) curl_multi_assign(poller.multi_, socket, self);
  return 0;
}

int CurlPoller::on_timer(CURLM*, long ms, void* self) {
  auto& timer = static_cast<CurlPoller*>(self)->timer_;
  timer.reset();
  if (ms >= 0) timer = Clock::now() + std::chrono::milliseconds(ms);
  return 0;
}

// Rounded up: a timer that has not come would be waited for in a busy loop.
int CurlPoller::wait_ms(std::chrono::milliseconds most) const {
  auto wait = most;
  if (timer_)
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Clock::now()));
  return static_cast<int>(std::max<int64_t>(wait.count(), 0));
}

void CurlPoller::turn(std::chrono::milliseconds most) {
  std::array<epoll_event, 64> events;
  const int count =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms(most));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    if (event.data.fd != word_.get()) {
      act(event.data.fd, event.events);
      continue;
    }
    uint64_t words = 0;
    [[maybe_unused]] const ssize_t got = read(word_.get(), &words, sizeof words);
    woken_ = false;
  }
  if (timer_ && *timer_ <= Clock::now()) {
    timer_.reset();  // curl sets the next one
    int left = 0;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &left);
  }
}

void CurlPoller::act(int socket, unsigned events) {
  const bool readable = (events & EPOLLIN) != 0;
  int what = readable ? CURL_CSELECT_IN : 0;
  if ((events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
  int left = 0;
  curl_multi_socket_action(multi_, socket, what, &left);
  // Now that it has been read. Of no effect where curl has closed it, or nothing is to be acknowledged.
  const int on = 1;
  if (readable) setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace neurofs
