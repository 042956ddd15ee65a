#include "tests/storage/http/test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace neurofs::test {
namespace {

std::string decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string TestServer::Request::header(const std::string& name) const {
  for (size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    const char* const line = head.c_str() + at + 2;
    if (::strncasecmp(line, name.c_str(), name.size()) != 0 || line[name.size()] != ':') continue;
    const size_t begin = at + 2 + name.size() + 2;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return {};
}

bool TestServer::Connection::send(std::string_view bytes) {
  while (open_ && !bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) open_ = false;
    if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
  }
  return open_;
}

void TestServer::Connection::reset() {
  const linger hard = {1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  open_ = false;
}

void TestServer::Connection::stall() {
  char byte = 0;
  while (!stop_ && ::recv(fd_, &byte, 1, 0) > 0) {
  }
  open_ = false;
}

TestServer::TestServer() {
  listen_fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listen_fd_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listen_fd_, 128) != 0 ||
      ::getsockname(listen_fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for the test server");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

TestServer::~TestServer() {
  stop_ = true;
  ::shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  ::close(listen_fd_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

void TestServer::put(const std::string& key, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  objects_["/" + key] = {std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()),
                         ++version_};
}

void TestServer::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  objects_.erase("/" + key);
}

void TestServer::handle(Handler handler) {
  const std::lock_guard lock(mutex_);
  handler_ = std::make_shared<Handler>(std::move(handler));
}

void TestServer::accept_all() {
  for (;;) {
    const int fd = ::accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex_);
    fds_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void TestServer::serve(int fd) {
  Connection connection(fd, stop_);
  std::string buffer;
  while (connection.open() && !stop_) {
    size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      char more[4096];
      const ssize_t n = ::recv(fd, more, sizeof more, 0);
      if (n <= 0) break;
      buffer.append(more, static_cast<size_t>(n));
    }
    if (end == std::string::npos) break;
    Request request;
    request.head = buffer.substr(0, end + 4);
    buffer.erase(0, end + 4);
    const size_t space = request.head.find(' ');
    request.method = request.head.substr(0, space);
    request.target = decode(std::string_view(request.head)
                                .substr(space + 1, request.head.find(" HTTP/", space) - space - 1));
    ++requests_;
    std::shared_ptr<Handler> handler;
    {
      const std::lock_guard lock(mutex_);
      handler = handler_;
    }
    if (!handler || !(*handler)(request, connection)) answer(request, connection);
  }
  const std::lock_guard lock(mutex_);
  std::erase(fds_, fd);
  ::close(fd);
}

void TestServer::answer(const Request& request, Connection& connection) {
  Object object;
  {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(request.target);
    if (found == objects_.end()) {
      connection.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    object = found->second;
  }
  const std::string etag = "\"v" + std::to_string(object.version) + "\"";
  const std::string match = request.header("If-Match");
  if (!match.empty() && match != etag) {
    connection.send("HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const uint64_t size = object.bytes.size();
  uint64_t first = 0;
  uint64_t last = size;  // behind it
  std::string head = "HTTP/1.1 200 OK\r\n";
  if (const std::string range = request.header("Range"); !range.empty()) {
    const size_t dash = range.find('-');
    if (dash == 6) {
      first = size - std::min<uint64_t>(size, std::strtoull(range.c_str() + 7, nullptr, 10));
    } else {
      first = std::strtoull(range.c_str() + 6, nullptr, 10);
      last = std::min<uint64_t>(size, std::strtoull(range.c_str() + dash + 1, nullptr, 10) + 1);
    }
    if (first >= size) {
      connection.send("HTTP/1.1 416 Range\r\nContent-Range: bytes */" + std::to_string(size) +
                      "\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    head = "HTTP/1.1 206 Partial\r\nContent-Range: bytes " + std::to_string(first) + "-" +
           std::to_string(last - 1) + "/" + std::to_string(size) + "\r\n";
  }
  head += "ETag: " + etag + "\r\nContent-Length: " + std::to_string(last - first) + "\r\n\r\n";
  if (request.method != "HEAD") head += object.bytes.substr(first, last - first);
  connection.send(head);
}

}  // namespace neurofs::test
