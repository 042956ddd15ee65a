#include "fs/shutdown_signals.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace neurofs {
namespace {

// A pipe carries the signals' numbers in order; the handler may use nothing but write().
std::array<int, 2> g_pipe = {-1, -1};

void on_signal(int number) {
  const int saved = errno;
  const auto byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const ssize_t written = write(g_pipe[1], &byte, 1);
  errno = saved;
}

void install(int number, void (*handler)(int), struct sigaction* old) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, old);
}

}  // namespace

ShutdownSignals::ShutdownSignals() : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (pipe2(g_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) g_pipe = {-1, -1};
  install(SIGTERM, on_signal, &old_term_);
  install(SIGINT, on_signal, &old_int_);
  install(SIGHUP, on_signal, &old_hup_);
  install(SIGPIPE, SIG_IGN, &old_pipe_);
}

ShutdownSignals::~ShutdownSignals() {
  sigaction(SIGTERM, &old_term_, nullptr);
  sigaction(SIGINT, &old_int_, nullptr);
  sigaction(SIGHUP, &old_hup_, nullptr);
  sigaction(SIGPIPE, &old_pipe_, nullptr);
  for (const int fd : g_pipe) close(fd);
  g_pipe = {-1, -1};
  close(wake_fd_);
}

int ShutdownSignals::wait(int timeout_ms, int* connection) {
  std::array<pollfd, 3> fds = {pollfd{g_pipe[0], POLLIN, 0}, pollfd{wake_fd_, POLLIN, 0},
                               pollfd{connection == nullptr ? -1 : *connection, 0, 0}};
  int ready = 0;
  do {
    ready = poll(fds.data(), fds.size(), timeout_ms);
  } while (ready < 0 && errno == EINTR);
  eventfd_t woken = 0;
  if (ready > 0 && (fds[1].revents & POLLIN) != 0) eventfd_read(wake_fd_, &woken);
  if (ready > 0 && (fds[2].revents & (POLLERR | POLLHUP)) != 0) *connection = -1;
  unsigned char number = 0;
  if (ready > 0 && (fds[0].revents & POLLIN) != 0 && read(g_pipe[0], &number, 1) == 1) {
    return number;
  }
  return 0;
}

void ShutdownSignals::wake() {
  eventfd_write(wake_fd_, 1);
}

}  // namespace neurofs
