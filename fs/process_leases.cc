#include "fs/process_leases.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace neurofs {

namespace {

// The process that a thread belongs to: a request names the thread that made it, and a pidfd watches
// processes alone. 0 when it is gone.
pid_t process_of(pid_t thread) {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/%d/status", static_cast<int>(thread));
  std::FILE* file = std::fopen(path, "re");
  if (!file) return 0;
  int process = 0;
  char line[256];
  while (std::fgets(line, sizeof line, file)) {
    if (std::sscanf(line, "Tgid: %d", &process) == 1) break;
  }
  std::fclose(file);
  return process;
}

bool add_to_poll(int poll, int fd, uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = data;
  return ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

Status gone(pid_t process) {
  return invalid_argument("process " + std::to_string(process) + " is not there to hold a lease");
}

Status failed(const char* what) {
  return io_error(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Result<std::unique_ptr<ProcessLeases>> ProcessLeases::make(size_t limit) {
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (poll < 0 || wake < 0 || !add_to_poll(poll, wake, 0)) {
    const Status status = failed("a watch over processes");
    if (poll >= 0) ::close(poll);
    if (wake >= 0) ::close(wake);
    return status;
  }
  std::unique_ptr<ProcessLeases> leases(new ProcessLeases(limit, poll, wake));
  leases->watcher_ = std::thread([raw = leases.get()] { raw->run(); });
  return leases;
}

ProcessLeases::ProcessLeases(size_t limit, int poll, int wake)
    : limit_(limit), poll_(poll), wake_(wake) {}

ProcessLeases::~ProcessLeases() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
  watcher_.join();
  for (const auto& [process, fd] : watched_) ::close(fd);
  ::close(wake_);
  ::close(poll_);
}

// With mutex_ held.
Status ProcessLeases::watch(pid_t process) {
  if (watched_.contains(process)) return {};
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
  if (fd < 0) return errno == ESRCH ? gone(process) : failed("pidfd_open");
  if (!add_to_poll(poll_, fd, static_cast<uint64_t>(process))) {
    const Status status = failed("a watch over a process");
    ::close(fd);
    return status;
  }
  watched_.emplace(process, fd);
  return {};
}

Result<uint64_t> ProcessLeases::add(pid_t process, Lease lease) {
  const pid_t owner = process_of(process);
  if (owner == 0) return gone(process);
  const std::lock_guard lock(mutex_);
  if (held_.size() >= limit_) {
    return no_memory("there are " + std::to_string(limit_) +
                     " leases already, as many as are given out; release one");
  }
  NF_TRY(watch(owner));
  held_.emplace(++last_, Held{owner, std::move(lease)});
  return last_;
}

Status ProcessLeases::release(pid_t process, uint64_t number) {
  const pid_t owner = process_of(process);
  Lease ended;  // before the lock: freed after it
  const std::lock_guard lock(mutex_);
  const auto it = held_.find(number);
  if (it == held_.end() || it->second.process != owner) {
    return invalid_argument("lease " + std::to_string(number) + " is not one of this process");
  }
  ended = std::move(it->second.lease);
  held_.erase(it);
  return {};
}

size_t ProcessLeases::count() const {
  const std::lock_guard lock(mutex_);
  return held_.size();
}

void ProcessLeases::forget(pid_t process) {
  std::vector<Lease> ended;  // freed after the lock
  const std::lock_guard lock(mutex_);
  for (auto it = held_.begin(); it != held_.end();) {
    if (it->second.process == process) {
      ended.push_back(std::move(it->second.lease));
      it = held_.erase(it);
    } else {
      ++it;
    }
  }
  if (const auto it = watched_.find(process); it != watched_.end()) {
    ::close(it->second);  // which takes it out of the poll
    watched_.erase(it);
  }
}

void ProcessLeases::run() {
  while (true) {
    epoll_event event{};
    const int ready = ::epoll_wait(poll_, &event, 1, -1);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0 || event.data.u64 == 0) return;
    forget(static_cast<pid_t>(event.data.u64));
  }
}

}  // namespace neurofs
