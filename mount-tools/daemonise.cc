#include "mount-tools/daemonise.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace neurofs::tools {
namespace {

// What travels through the pipe: one byte of Code, then the message, then the end of file.
void send(int pipe, const Status& status) {
  std::string text(1, static_cast<char>(status.code()));
  if (!status.ok()) text += status.message();
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = write(pipe, text.data() + done, text.size() - done);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) done += static_cast<size_t>(n);
  }
  close(pipe);
}

Status receive(int pipe, pid_t child) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t n = read(pipe, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  close(pipe);
  if (!text.empty()) {
    const auto code = static_cast<Code>(text.front());
    return code == Code::kOk ? Status() : Status(code, text.substr(1));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return io_error(WIFSIGNALED(status) ? std::string("the daemon was killed by signal ") +
                                            std::to_string(WTERMSIG(status))
                                      : std::string("the daemon ended without a reason"));
}

void leave_terminal() {
  setsid();
  if (chdir("/") != 0) return;
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return;
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, stream);
  if (null > STDERR_FILENO) close(null);
}

[[noreturn]] void run_child(const Server& serve, int pipe) {
  bool told = false;
  const Status status = serve([&] {
    leave_terminal();
    send(pipe, {});
    told = true;
  });
  if (!told) {
    send(pipe, status.ok() ? io_error("the daemon ended before the mount answered") : status);
  }
  std::exit(status.ok() ? 0 : 1);
}

}  // namespace

Status run_in_background(const Server& serve) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return io_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child < 0) {
    return io_error(std::string("cannot start the daemon: ") + std::strerror(errno));
  }
  if (child == 0) {
    close(ends[0]);
    run_child(serve, ends[1]);
  }
  close(ends[1]);
  return receive(ends[0], child);
}

}  // namespace neurofs::tools
