#include "fs/fuse_session.h"

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fcntl.h>
#include <fuse_log.h>
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/log.h"
#include "fs/descriptor_limit.h"
#include "fs/fuse_adapter.h"
#include "fs/mount_point.h"
#include "fs/shutdown_signals.h"

namespace neurofs {
namespace {

constexpr int kKickMs = 20;
const int kKickSignal = SIGRTMIN + 6;

// What libfuse last said: the reason of a failed mount. Its workers may speak at once.
std::mutex g_message_mutex;
std::string g_message;  // guarded by g_message_mutex

std::string exchange_fuse_message(std::string next) {
  const std::lock_guard lock(g_message_mutex);
  return std::exchange(g_message, std::move(next));
}

void log_fuse(fuse_log_level level, const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof text, format, arguments);
  std::string message(text);
  while (!message.empty() && message.back() == '\n') message.pop_back();
  log(level <= FUSE_LOG_WARNING ? LogLevel::kWarning : LogLevel::kInfo, "libfuse: " + message);
  if (level <= FUSE_LOG_ERR) (void)exchange_fuse_message(std::move(message));
}

// A comma would begin another option.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ',' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string option_text(const std::string& source, const MountOptions& options) {
  std::string text =
      "ro,nosuid,nodev,subtype=" + std::string(kFuseSubtype) + ",fsname=" + escaped(source);
  // Without default_permissions other users would be let in unchecked (RELIABILITY S11).
  text += options.allow_other ? ",allow_other,default_permissions" : ",default_permissions";
  if (options.auto_unmount) text += ",auto_unmount";
  return text;
}

class Session {
 public:
  Session(FileSystem& fs, const std::string& mountpoint, const MountOptions& options,
          const std::function<void()>& on_ready)
      : mountpoint_(mountpoint),
        options_(options),
        on_ready_(on_ready),
        adapter_(fs, options, [this] {
          initialized_ = true;
          signals_.wake();
        }) {}

  Result<int> run(const std::string& source);

 private:
  Status mount(const std::string& source);
  Status serve();
  void watch();
  void announce();
  void stop_loop();

  const std::string& mountpoint_;
  const MountOptions& options_;
  const std::function<void()>& on_ready_;
  ShutdownSignals signals_;
  FuseAdapter adapter_;
  fuse_session* session_ = nullptr;
  pthread_t loop_thread_ = pthread_self();
  std::atomic<bool> initialized_ = false;
  std::atomic<bool> finished_ = false;
  std::atomic<int> signal_ = 0;
};

Status Session::mount(const std::string& source) {
  std::string program = "neurofs";
  std::string flag = "-o";
  std::string text = option_text(source, options_);
  char* arguments[] = {program.data(), flag.data(), text.data(), nullptr};
  fuse_args args = FUSE_ARGS_INIT(3, arguments);
  (void)exchange_fuse_message({});
  session_ = fuse_session_new(&args, &fuse_operations(), sizeof(fuse_lowlevel_ops), &adapter_);
  fuse_opt_free_args(&args);
  if (session_ == nullptr) return invalid_argument("libfuse refuses: " + exchange_fuse_message({}));
  adapter_.session = session_;
  if (fuse_session_mount(session_, mountpoint_.c_str()) != 0) {
    const std::string why = exchange_fuse_message({});
    return io_error("cannot mount on " + mountpoint_ + ": " +
                    (why.empty() ? "fusermount3 refused and said why on standard error" : why));
  }
  const int fd = fuse_session_fd(session_);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  return {};
}

Status Session::serve() {
  fuse_loop_config* config = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(config, 1);
  const unsigned workers = workers_within_limit(options_.threads);
  if (workers < options_.threads) {
    log_info("the limit of open files (ulimit -n) allows " + std::to_string(workers) +
             " requests at once, not " + std::to_string(options_.threads));
  }
  fuse_loop_cfg_set_max_threads(config, workers);
  adapter_.fs.set_workers(workers);
  // Threads are kept: making one costs more than many requests.
  fuse_loop_cfg_set_idle_threads(config, workers);
  const int result = fuse_session_loop_mt(session_, config);
  fuse_loop_cfg_destroy(config);
  if (result < 0 && result != -ENODEV) {
    return io_error("the connection to the kernel failed: " + std::string(strerror(-result)));
  }
  return {};
}

// The mount has answered: from now on programs find it.
void Session::announce() {
  struct statfs st {};
  if (statfs(mountpoint_.c_str(), &st) != 0) return;
  if (options_.read_ahead_kb != 0) {
    const auto mount = find_mount(mountpoint_);
    const Status status = mount ? set_read_ahead(*mount, options_.read_ahead_kb)
                                : not_found(mountpoint_ + " is not in /proc/self/mountinfo");
    if (!status.ok()) log_info("read-ahead stays at the kernel's default: " + status.message());
  }
  on_ready_();
}

// libfuse's loop looks at its exit flag when a signal interrupts its wait; kicking it until it has
// seen the flag leaves no window.
void Session::stop_loop() {
  adapter_.page_pusher.stop();
  adapter_.kernel_cache.stop();
  fuse_session_exit(session_);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options_.drain_s);
  while (!finished_) {
    pthread_kill(loop_thread_, kKickSignal);
    const int next = signals_.wait(kKickMs);
    const bool again = next != 0 && next != SIGHUP;
    if (finished_) return;
    if (!again && std::chrono::steady_clock::now() < deadline) continue;
    log_warning(again ? "second signal: ending at once"
                      : "requests are still in flight after the drain time: ending now");
    (void)detach(mountpoint_);
    _exit(again ? 128 + signal_ : 0);
  }
}

// The housekeeping thread: announces the mount, then waits for a signal, the next look for changes or the end.
void Session::watch() {
  using Clock = std::chrono::steady_clock;
  const std::chrono::seconds looks(options_.revalidate_s.value_or(0));
  bool announced = false;
  int connection = fuse_session_fd(session_);
  auto next_look = Clock::now() + looks;
  while (!finished_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look - Clock::now());
    const int64_t limit = std::numeric_limits<int>::max();
    const bool connected = connection >= 0;
    const int number = signals_.wait(
        looks.count() == 0 ? -1 : static_cast<int>(std::clamp<int64_t>(left.count(), 0, limit)),
        &connection);
    if (finished_) return;
    // Unmounted or aborted: what the kernel read ahead it never takes back, and the loop waits for its workers.
    if (connected && connection < 0) adapter_.cold_reads.end();
    if (number == SIGHUP) {
      adapter_.fs.renew_credentials();
      log_info("SIGHUP: credentials are looked for anew");
    } else if (number != 0) {
      signal_ = number;
      return stop_loop();
    }
    if (initialized_ && !announced) {
      announced = true;
      announce();
    }
    // Signals in between put it off no further.
    if (looks.count() == 0 || Clock::now() < next_look) continue;
    if (announced) adapter_.kernel_cache.revalidate();
    next_look = Clock::now() + looks;
  }
}

Result<int> Session::run(const std::string& source) {
  fuse_set_log_func(log_fuse);
  struct sigaction kick {};
  kick.sa_handler = [](int) {};
  sigaction(kKickSignal, &kick, nullptr);
  const Status mounted = mount(source);
  Status served;
  if (mounted.ok()) {
    std::thread watcher([this] { watch(); });
    served = serve();
    finished_ = true;
    signals_.wake();
    watcher.join();
    adapter_.control_requests.stop();
    adapter_.page_pusher.stop();
    adapter_.kernel_cache.stop();
    fuse_session_unmount(session_);  // ends what its thread may be waiting for in the kernel
    const std::chrono::seconds patience(options_.drain_s);
    if (!adapter_.page_pusher.wait(patience) || !adapter_.kernel_cache.wait(patience) ||
        !adapter_.fs.end(patience)) {
      log_warning("a store or the cache's disk does not answer: ending without it");
      _exit(0);
    }
  }
  if (session_ != nullptr) fuse_session_destroy(session_);
  NF_TRY(mounted);
  NF_TRY(served);
  return signal_.load();
}

}  // namespace

Result<int> run_fuse_session(FileSystem& fs, const std::string& source,
                             const std::string& mountpoint, const MountOptions& options,
                             const std::function<void()>& on_ready) {
  return Session(fs, mountpoint, options, on_ready).run(source);
}

}  // namespace neurofs
