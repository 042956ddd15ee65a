// TestServer: a small HTTP/1.1 server on loopback whose faults a test chooses.
//
// Serves a map of objects with ranges, ETags and If-Match. A handler, when set, sees each request first and
// may answer with any bytes instead. Thread-safety: every method from any thread; handlers run on the
// connections' threads.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/bytes.h"

namespace neurofs::test {

class TestServer {
 public:
  struct Request {
    std::string method;
    std::string target;  // "/c/0", decoded
    std::string head;    // all of it, as it came
    std::string header(const std::string& name) const;
  };
  class Connection {
   public:
    explicit Connection(int fd, const std::atomic<bool>& stop) : fd_(fd), stop_(stop) {}
    bool send(std::string_view bytes);
    void reset();  // by RST
    void stall();  // until the other side or the test ends
    bool open() const { return open_; }
    void close() { open_ = false; }
    bool stopping() const { return stop_; }

   private:
    friend class TestServer;
    int fd_;
    const std::atomic<bool>& stop_;
    bool open_ = true;
  };
  // True: it has answered.
  using Handler = std::function<bool(const Request&, Connection&)>;

  TestServer();
  ~TestServer();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void put(const std::string& key, Bytes bytes);
  void remove(const std::string& key);
  void handle(Handler handler);
  int requests() const { return requests_; }

 private:
  void accept_all();
  void serve(int fd);
  void answer(const Request& request, Connection& connection);

  int listen_fd_ = -1;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::atomic<int> requests_{0};
  std::mutex mutex_;
  struct Object {
    std::string bytes;
    int version;
  };
  std::map<std::string, Object> objects_;  // guarded by mutex_, as those below
  int version_ = 0;
  std::shared_ptr<Handler> handler_;
  std::list<std::thread> threads_;
  std::vector<int> fds_;
  std::thread acceptor_;
};

}  // namespace neurofs::test
