// delay_proxy: forwards TCP connections to a server, every byte a while later, and counts the bytes.
//
// Purpose: a network of known latency between tests/bench/run and a server on this machine. Half of the
// latency is added on the way there, half on the way back. All connections share one link, whose rate is that of
// `rate`; 0: it has no limit. One thread; two system calls for a piece of up to 256 KiB, so that it costs little
// beside the server. Commands on standard input, one a line, each answered by a line on standard output:
// `latency MS`, `rate MB_PER_S`, `counts` (bytes there and back since the last `counts`, connections open). The
// port is printed first. It ends when standard input does.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <deque>
#include <list>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kPiece = 256 << 10;
constexpr size_t kMostHeld =
    32 << 20;  // of a direction: more than any latency here times bandwidth
constexpr int kBacklog = 1024;

struct Piece {
  Clock::time_point due;
  std::vector<char> bytes;
  size_t sent = 0;
};

// Bytes on their way from one socket to the other.
struct Pipe {
  int from = -1;
  int to = -1;
  std::deque<Piece> held;
  size_t bytes = 0;
  bool readable = true;  // as far as known, with edge-triggered events
  bool writable = true;
  bool ended = false;   // `from` sends no more
  bool closed = false;  // and `to` has been told
};

// One direction of what all connections share.
struct Link {
  Clock::time_point free;  // when all that was sent so far has passed
  uint64_t bytes = 0;      // since they were last asked for
};

struct Connection {
  Pipe there;
  Pipe back;
  bool broken = false;
};

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

class Proxy {
 public:
  Proxy(const std::string& host, uint16_t port, double latency_ms) : epoll_(epoll_create1(0)) {
    check(epoll_ >= 0, "epoll_create1");
    target_.sin_family = AF_INET;
    target_.sin_port = htons(port);
    if (inet_pton(AF_INET, host.c_str(), &target_.sin_addr) != 1) {
      throw std::runtime_error("the target must be an IPv4 address, not " + host);
    }
    set_latency(latency_ms);
    listen_on_any_port();
    watch(STDIN_FILENO, EPOLLIN, &stdin_);
  }

  void run() {
    std::vector<epoll_event> events(256);
    while (!stop_) {
      const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout());
      for (int i = 0; i < n; ++i) take(events[static_cast<size_t>(i)]);
      for (auto it = connections_.begin(); it != connections_.end();) {
        pump(*it);
        it = over(*it) ? drop(it) : std::next(it);
      }
    }
  }

 private:
  void set_latency(double ms) {
    half_ = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double, std::milli>(ms / 2));
  }

  void set_rate(double mb_per_s) { seconds_per_byte_ = mb_per_s > 0 ? 1 / (mb_per_s * 1e6) : 0; }

  // When what is sent now has passed the link, behind what is on it.
  Clock::time_point pass(Link& link, size_t bytes, Clock::time_point now) const {
    link.free = std::max(link.free, now) +
                std::chrono::duration_cast<Clock::duration>(
                    std::chrono::duration<double>(static_cast<double>(bytes) * seconds_per_byte_));
    return link.free + half_;
  }

  void listen_on_any_port() {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    check(listener_ >= 0, "socket");
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) == 0, "bind");
    check(listen(listener_, kBacklog) == 0, "listen");
    socklen_t size = sizeof any;
    check(getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) == 0, "getsockname");
    watch(listener_, EPOLLIN, &listener_);
    std::printf("%d\n", ntohs(any.sin_port));
    std::fflush(stdout);
  }

  void watch(int fd, uint32_t what, void* tag) const {
    epoll_event event{};
    event.events = what;
    event.data.ptr = tag;
    check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }

  void take(const epoll_event& event) {
    if (event.data.ptr == &stdin_) return obey();
    if (event.data.ptr == &listener_) return accept_one();
    // Of one of the sockets: which does not matter, a try costs no more than to tell.
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    for (Pipe* const pipe : {&connection.there, &connection.back}) {
      pipe->readable = pipe->writable = true;
    }
  }

  void accept_one() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(server >= 0, "socket");
    if (connect(server, reinterpret_cast<const sockaddr*>(&target_), sizeof target_) != 0) {
      close(server);
      close(client);
      return;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    const int on = 1;
    for (const int fd : {client, server}) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    Connection& made = connections_.emplace_back();
    made.there.from = made.back.to = client;
    made.there.to = made.back.from = server;
    for (const int fd : {client, server})
      watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &made);
  }

  // Moves what may move in both directions.
  void pump(Connection& connection) {
    const auto now = Clock::now();
    pump(connection, connection.there, now, there_);
    pump(connection, connection.back, now, back_);
  }

  void pump(Connection& connection, Pipe& pipe, Clock::time_point now, Link& link) {
    while (pipe.readable && !pipe.ended && pipe.bytes < kMostHeld) {
      const ssize_t got = recv(pipe.from, buffer_.data(), buffer_.size(), 0);
      if (got < 0) {
        connection.broken = connection.broken || (errno != EAGAIN && errno != EINTR);
        pipe.readable = false;
      } else if (got == 0) {
        pipe.ended = true;
      } else {
        const auto size = static_cast<size_t>(got);
        link.bytes += size;
        pipe.bytes += size;
        // A server without TCP_NODELAY waits for it between two small pieces, each time up to 40 ms: that is
        // for clients to avoid, and hidden behind this socket they could not.
        const int on = 1;
        setsockopt(pipe.from, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        pipe.held.push_back({pass(link, size, now), {buffer_.begin(), buffer_.begin() + got}});
        pipe.readable = size == buffer_.size();
      }
    }
    while (pipe.writable && !pipe.held.empty() && pipe.held.front().due <= now) {
      Piece& piece = pipe.held.front();
      const ssize_t put = send(pipe.to, piece.bytes.data() + piece.sent,
                               piece.bytes.size() - piece.sent, MSG_NOSIGNAL);
      if (put < 0) {
        connection.broken = connection.broken || (errno != EAGAIN && errno != EINTR);
        pipe.writable = false;
        return;
      }
      piece.sent += static_cast<size_t>(put);
      pipe.bytes -= static_cast<size_t>(put);
      if (piece.sent == piece.bytes.size()) pipe.held.pop_front();
    }
    if (pipe.ended && pipe.held.empty() && !pipe.closed) {
      pipe.closed = true;
      shutdown(pipe.to, SHUT_WR);
    }
  }

  static bool over(const Connection& connection) {
    return connection.broken || (connection.there.closed && connection.back.closed);
  }

  std::list<Connection>::iterator drop(std::list<Connection>::iterator it) {
    close(it->there.from);
    close(it->there.to);
    return connections_.erase(it);
  }

  // Milliseconds, rounded up, until the first piece is due that can be sent.
  int timeout() const {
    auto first = Clock::time_point::max();
    for (const Connection& connection : connections_) {
      for (const Pipe* const pipe : {&connection.there, &connection.back}) {
        if (!pipe->held.empty() && pipe->writable) first = std::min(first, pipe->held.front().due);
      }
    }
    if (first == Clock::time_point::max()) return -1;
    const std::chrono::duration<double, std::milli> left = first - Clock::now();
    return left.count() <= 0 ? 0 : static_cast<int>(std::ceil(left.count()));
  }

  void obey() {
    std::array<char, 4096> text{};
    const ssize_t got = read(STDIN_FILENO, text.data(), text.size());
    if (got <= 0) {
      stop_ = true;
      return;
    }
    commands_.append(text.data(), static_cast<size_t>(got));
    for (size_t end = 0; (end = commands_.find('\n')) != std::string::npos;
         commands_.erase(0, end + 1)) {
      std::istringstream words(commands_.substr(0, end));
      std::string word;
      double number = 0;
      if (!(words >> word)) word.clear();
      if (word == "latency" && words >> number) {
        set_latency(number);
        std::puts("{}");
      } else if (word == "rate" && words >> number) {
        set_rate(number);
        std::puts("{}");
      } else if (word == "counts") {
        std::printf("{\"there\": %llu, \"back\": %llu, \"connections\": %zu}\n",
                    static_cast<unsigned long long>(std::exchange(there_.bytes, 0)),
                    static_cast<unsigned long long>(std::exchange(back_.bytes, 0)),
                    connections_.size());
      } else {
        std::puts("{\"error\": \"unknown command\"}");
      }
      std::fflush(stdout);
    }
  }

  const int epoll_;
  sockaddr_in target_{};
  Clock::duration half_{};
  int listener_ = -1;
  char stdin_ = 0;  // its address tells the event
  bool stop_ = false;
  std::string commands_;
  std::list<Connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(kPiece);
  double seconds_per_byte_ = 0;
  Link there_;
  Link back_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  double latency_ms = 0;
  CLI::App app{"Forwards TCP connections, every byte a while later"};
  app.add_option("--host", host, "IPv4 address of the server")->capture_default_str();
  app.add_option("--port", port, "of the server")->required();
  app.add_option("--latency-ms", latency_ms, "added to a round trip")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Proxy(host, port, latency_ms).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "delay_proxy: %s\n", error.what());
    return 1;
  }
  return 0;
}
