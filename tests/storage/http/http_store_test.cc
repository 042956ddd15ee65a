// The HTTP store against servers with faults: the right bytes, or an error that says why.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "core/base/cancellation.h"
#include "core/base/log.h"
#include "core/storage/http/http_loop.h"
#include "core/storage/http/http_reply.h"
#include "core/storage/http/redirect_rules.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/http/test_server.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

using Outcome = ReadOp::Outcome;
using Connection = TestServer::Connection;
using Request = TestServer::Request;
using std::chrono::milliseconds;

size_t entries_of(const char* directory) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) ++count;
  return count;
}

class HttpFaults : public testing::Test {
 protected:
  void SetUp() override {
    bytes_ = pattern(100'000, 1);
    server_.put("c/0", bytes_);
    options_.remote.deadline = milliseconds(20'000);
    options_.remote.stall = milliseconds(300);
    options_.remote.retries = 3;
    options_.metrics = &metrics_;
  }

  std::shared_ptr<ObjectStore> open() {
    auto store = open_store(server_.url(), options_);
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    return *store;
  }

  ReadOp read(ByteRange range = {1000, 5000}) {
    const auto store = open();
    ReadOp op = read_range(*store, "c/0", range, out_);
    if (op.outcome == Outcome::kData) {
      EXPECT_TRUE(std::equal(out_.begin(), out_.end(),
                             bytes_.begin() + static_cast<ptrdiff_t>(range.offset)));
    }
    return op;
  }

  // The first `times` replies are that text, then the connection goes on or ends.
  void fault(std::string text, int times, std::function<void(Connection&)> after = {}) {
    left_ = times;
    server_.handle([this, text, after](const Request&, Connection& connection) {
      if (left_.fetch_sub(1) <= 0) return false;
      connection.send(text);
      if (after) after(connection);
      return true;
    });
  }

  void expect_fails(Code code) {
    const ReadOp op = read();
    EXPECT_EQ(op.outcome, Outcome::kError);
    EXPECT_EQ(op.status.code(), code) << op.status.to_string();
    EXPECT_NE(op.status.message().find("c/0"), std::string::npos) << op.status.message();
  }
  void expect_right() {
    const ReadOp op = read();
    EXPECT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  }

  std::atomic<int> left_{0};
  Metrics metrics_;
  TestServer server_;
  StoreOptions options_;
  ByteVector bytes_;
  ByteVector out_;
};

std::string reply(const std::string& status, const std::string& more = {}) {
  return "HTTP/1.1 " + status + "\r\n" + more + "Content-Length: 3\r\n\r\nbad";
}
std::string partial(const std::string& more, const std::string& body) {
  return "HTTP/1.1 206 Partial\r\n" + more + "\r\n" + body;
}
constexpr int kForEver = 1 << 30;

TEST_F(HttpFaults, ServerErrorsAreTriedAgain) {
  for (const char* status : {"500 E", "502 E", "503 E", "504 E", "429 E", "408 E"}) {
    fault(reply(status), 2);
    expect_right();
    fault(reply(status, "Retry-After: 0\r\n"), 1);
    expect_right();
    fault(reply(status), kForEver);
    expect_fails(Code::kIoError);
    EXPECT_EQ(left_, kForEver - 4) << "one attempt and three retries";
  }
}

TEST_F(HttpFaults, ARetryAfterPastTheDeadlineEndsAtOnce) {
  fault(reply("503 Busy", "Retry-After: 3000\r\n"), kForEver);
  expect_fails(Code::kTimeout);
  EXPECT_EQ(left_, kForEver - 1);
}

TEST_F(HttpFaults, OtherStatusesAreNot) {
  fault(reply("403 No"), kForEver);
  expect_fails(Code::kPermission);
  fault(reply("401 No"), kForEver);
  expect_fails(Code::kPermission);
  fault(reply("400 No"), kForEver);
  expect_fails(Code::kIoError);
  EXPECT_EQ(left_, kForEver - 1);
  fault(reply("404 No"), kForEver);
  EXPECT_EQ(read().outcome, Outcome::kMissing);
}

TEST_F(HttpFaults, BrokenConnections) {
  const std::string head = partial(
      "Content-Range: bytes 1000-5999/100000\r\nETag: \"v1\"\r\n"
      "Content-Length: 5000\r\n",
      "half");
  const auto reset = [](Connection& c) { c.reset(); };
  const auto close = [](Connection& c) { c.close(); };
  fault(head, 2, reset);
  expect_right();
  fault(head, 2, close);
  expect_right();
  fault("", 2, close);
  expect_right();
  fault("", kForEver, close);
  expect_fails(Code::kIoError);
}

TEST_F(HttpFaults, StallsAndDrips) {
  const std::string head = partial(
      "Content-Range: bytes 1000-5999/100000\r\n"
      "Content-Length: 5000\r\n",
      "half");
  fault(head, 1, [](Connection& c) { c.stall(); });
  expect_right();
  fault("", 1, [](Connection& c) { c.stall(); });
  expect_right();
  options_.remote.deadline = milliseconds(700);
  fault(head, kForEver, [](Connection& c) {
    while (!c.stopping() && c.send("x")) std::this_thread::sleep_for(milliseconds(50));
  });
  expect_fails(Code::kTimeout);
}

TEST_F(HttpFaults, AReplyToSomethingElseIsNeverData) {
  const std::string body(5000, 'x');
  for (const char* range :
       {"Content-Range: bytes 1001-6000/100000\r\n", "Content-Range: bytes 1000-5998/100000\r\n",
        "", "Content-Range: bytes 1000-5999/*\r\n", "Content-Range: bytes 1000-5999/5000\r\n",
        "Content-Range: bytes 1000-5999/99999999999999999999\r\n"}) {
    fault(partial(range + std::string("Content-Length: 5000\r\n"), body), kForEver);
    expect_fails(Code::kIoError);
  }
  const std::string right = "Content-Range: bytes 1000-5999/100000\r\n";
  fault(partial(right + "Content-Length: 5001\r\n", body + "x"), kForEver);
  expect_fails(Code::kIoError);
  fault(partial(right + "Content-Length: 18446744073709551616\r\n", body), kForEver,
        [](Connection& c) { c.close(); });
  expect_fails(Code::kIoError);
  fault(partial(right + "Content-Encoding: gzip\r\nContent-Length: 5000\r\n", body), kForEver);
  expect_fails(Code::kIoError);
  fault(partial(right + "Transfer-Encoding: chunked\r\n", ""), kForEver, [](Connection& c) {
    while (c.send("1000\r\n" + std::string(4096, 'x') + "\r\n")) {
    }
  });
  expect_fails(Code::kIoError);
}

TEST_F(HttpFaults, AServerWithoutRangesIsReadWholeWhileSmall) {
  const std::string text(reinterpret_cast<const char*>(bytes_.data()), bytes_.size());
  const std::string all = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + text;
  fault(all, kForEver);
  expect_right();
  EXPECT_EQ(read({99'999, 2}).status.code(), Code::kCorrupt);
  const auto store = open();
  EXPECT_EQ(read_range(*store, "c/0", {10, 10}, out_, ReadOp::Origin::kEnd).outcome,
            Outcome::kData);
  EXPECT_TRUE(std::equal(out_.begin(), out_.end(), bytes_.end() - 10));
  fault("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + text, kForEver,
        [](Connection& c) { c.close(); });
  expect_right();
  options_.remote.whole_limit = 99'999;
  expect_fails(Code::kIoError);
  fault(all, kForEver);
  expect_fails(Code::kIoError);
}

TEST_F(HttpFaults, EndlessHeadersAndErrorBodiesAreCutOff) {
  fault("HTTP/1.1 206 Partial\r\n", kForEver, [](Connection& c) {
    while (c.send("X-Pad: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  expect_fails(Code::kIoError);
  fault("HTTP/1.1 403 No\r\nContent-Length: 1000000000000\r\n\r\n", kForEver, [](Connection& c) {
    while (c.send(std::string(10000, 'x'))) {
    }
  });
  expect_fails(Code::kPermission);
}

TEST_F(HttpFaults, RedirectsAreNotFollowedUnlessAllowedAndNeverToBadPlaces) {
  fault(reply("301 M", "Location: /c/1\r\n"), 1);
  expect_fails(Code::kIoError);
  options_.remote.redirects = 3;
  server_.put("c/1", bytes_);
  fault(reply("301 M", "Location: /c/1\r\n"), 1);
  expect_right();
  options_.remote.retries = 0;
  for (const char* to : {"file:///etc/passwd", "http://169.254.169.254/latest", "ftp://127.0.0.1/x",
                         "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/"}) {
    fault(reply("302 M", "Location: " + std::string(to) + "\r\n"), kForEver);
    expect_fails(Code::kIoError);
    EXPECT_EQ(left_, kForEver - 1) << to;
  }
  fault(reply("302 M", "Location: /c/0\r\n"), kForEver);
  expect_fails(Code::kIoError);
  EXPECT_EQ(left_, kForEver - 4) << "a loop ends after three redirects";
}

TEST_F(HttpFaults, CredentialsGoToNoOtherHost) {
  ::setenv("NEUROFS_HTTP_AUTH", "user:secret", 1);
  options_.remote.redirects = 1;
  TestServer other;
  other.put("c/0", bytes_);
  std::string here;
  std::string there = "none";
  other.handle([&](const Request& request, Connection&) {
    there = request.header("Authorization");
    return false;
  });
  server_.handle([&](const Request& request, Connection& connection) {
    here = request.header("Authorization");
    return connection.send(reply("302 M", "Location: " + other.url() + "/c/0\r\n"));
  });
  expect_right();
  EXPECT_EQ(here, "Basic dXNlcjpzZWNyZXQ=");
  EXPECT_EQ(there, "");
  ::unsetenv("NEUROFS_HTTP_AUTH");
}

// A server that takes new credentials alone refuses all that is under way with the old ones.
TEST_F(HttpFaults, R30ReadsUnderWayGoOnWithTheNewCredentialsOfTheFile) {
  constexpr int kReaders = 8;
  const TempDir dir;
  options_.remote.auth_file = dir.path() + "/auth";
  const auto write = [&](const std::string& text) {
    std::ofstream(options_.remote.auth_file, std::ios::trunc) << text;
    ::chmod(options_.remote.auth_file.c_str(), 0600);
  };
  write("bearer old");
  const auto store = open();
  write("bearer new");
  std::atomic<int> old{0};
  server_.handle([&](const Request& request, Connection& connection) {
    if (request.header("Authorization") == "Bearer new") return false;
    ++old;
    while (old < kReaders && !connection.stopping()) std::this_thread::yield();
    return connection.send(reply("401 No"));
  });
  std::array<Outcome, kReaders> outcomes{};
  std::vector<std::thread> readers;
  for (Outcome& outcome : outcomes) {
    readers.emplace_back([&store, &outcome] {
      ByteVector out;
      outcome = read_range(*store, "c/0", {0, 100}, out).outcome;
    });
  }
  for (std::thread& reader : readers) reader.join();
  for (const Outcome outcome : outcomes) EXPECT_EQ(outcome, Outcome::kData);
  server_.handle(
      [](const Request&, Connection& connection) { return connection.send(reply("401 No")); });
  std::this_thread::sleep_for(
      milliseconds(2'100));  // longer than what was sent before may be under way
  EXPECT_EQ(read_range(*store, "c/0", {0, 100}, out_).status.code(), Code::kPermission);
}

// Whatever proxy the environment names.
TEST_F(HttpFaults, DirectRequestsGoThroughNoProxy) {
  TestServer proxy;
  proxy.handle([](const Request&, Connection& c) { return c.send(reply("200 OK")); });
  ::unsetenv("no_proxy");
  ::unsetenv("NO_PROXY");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  auto loop = *HttpLoop::create({});
  HttpRequest request;
  request.url = server_.url() + "/c/0";
  request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  EXPECT_EQ(loop->perform(request, 1 << 20)->body.size(), 3U) << "the proxy's";
  request.direct = true;
  EXPECT_EQ(loop->perform(request, 1 << 20)->body.size(), bytes_.size());
  ::unsetenv("http_proxy");
  EXPECT_EQ(proxy.requests(), 1);
}

TEST_F(HttpFaults, AnotherVersionIsStale) {
  const auto store = open();
  ObjectInfo seen;
  MutableBytes dest(out_);
  out_.resize(100);
  dest = out_;
  ReadOp op;
  op.key = "c/0";
  op.range = {0, 100};
  op.dests = {&dest, 1};
  op.seen = &seen;
  store->read({&op, 1});
  ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
  EXPECT_EQ(seen.version, "\"v1\"");
  op.if_version = seen.version;
  // A server that does not know If-Match.
  fault(partial("Content-Range: bytes 0-99/100000\r\nETag: \"v2\"\r\nContent-Length: 100\r\n",
                std::string(100, 'x')),
        kForEver);
  store->read({&op, 1});
  EXPECT_EQ(op.status.code(), Code::kStale) << op.status.to_string();
}

TEST_F(HttpFaults, AServerThatNamesNoVersionIsToldOfOnceAndItsVersionsAreWeak) {
  std::atomic<int> told{0};
  set_log_sink([&](LogLevel, std::string_view text) {
    told += text.find("neither ETag nor Last-Modified") != std::string_view::npos ? 1 : 0;
  });
  auto store = open();
  fault(
      partial("Content-Range: bytes 0-99/100000\r\nContent-Length: 100\r\n", std::string(100, 'x')),
      kForEver);
  ByteVector out(100);
  MutableBytes dest(out);
  for (int i = 0; i < 2; ++i) {
    ObjectInfo seen;
    ReadOp op;
    op.key = "c/0";
    op.range = {0, 100};
    op.dests = {&dest, 1};
    op.seen = &seen;
    store->read({&op, 1});
    ASSERT_EQ(op.outcome, Outcome::kData) << op.status.to_string();
    EXPECT_TRUE(seen.weak);
    EXPECT_EQ(seen.version, "size:100000");
  }
  store.reset();
  set_log_sink([](LogLevel, std::string_view) {});
  EXPECT_EQ(told, 1);
}

TEST_F(HttpFaults, ACancelledReadEndsThoughTheServerStalls) {
  options_.remote.stall = milliseconds(60'000);
  options_.remote.deadline = milliseconds(60'000);
  Cancellation cancellation;
  fault("", kForEver, [&](Connection& c) {
    cancellation.cancel();
    c.stall();
  });
  const ReadScope scope(&cancellation, ReadScope::Clock::time_point::max());
  expect_fails(Code::kInterrupted);
}

TEST_F(HttpFaults, NothingIsLeftBehind) {
  for (const bool warm : {true, false}) {
    const size_t fds = entries_of("/proc/self/fd");
    const size_t threads = entries_of("/proc/self/task");
    {
      TestServer server;
      server.put("c/0", bytes_);
      auto store = *open_store(server.url(), options_);
      for (int i = 0; i < 20; ++i) read_range(*store, "c/0", {0, 100}, out_);
    }
    if (warm) continue;
    EXPECT_EQ(entries_of("/proc/self/fd"), fds);
    EXPECT_EQ(entries_of("/proc/self/task"), threads);
  }
}

TEST(HttpReply, VersionsAreWeakWhileTheirDateMayComeAgain) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const std::string at = "Thu, 26 Nov 2026 11:50:0";  // in hex 6b081ce8
  const auto weak = [](Headers headers) {
    return describe_object({200, std::move(headers)}, 7).weak;
  };
  const auto dates = [&at](char modified, char now) {
    return Headers{{"last-modified", at + modified + " GMT"}, {"date", at + now + " GMT"}};
  };
  const auto tagged = [](std::string etag, Headers headers) {
    headers.emplace_back("etag", std::move(etag));
    return headers;
  };
  EXPECT_TRUE(weak({}));
  EXPECT_TRUE(weak({{"last-modified", at + "0 GMT"}}))
      << "how old that is, the server does not say";
  EXPECT_TRUE(weak({{"last-modified", "yesterday"}, {"date", at + "0 GMT"}}));
  EXPECT_TRUE(weak(dates('0', '1')));
  EXPECT_TRUE(weak(dates('9', '0'))) << "the future";
  EXPECT_FALSE(weak(dates('0', '2')));
  EXPECT_EQ(describe_object({200, dates('0', '2')}, 7).version, "lm:" + at + "0 GMT:7");
  EXPECT_TRUE(weak({{"etag", "W/\"1\""}}));
  EXPECT_FALSE(weak(tagged("\"1\"", dates('0', '0')))) << "of the bytes, as S3's are";
  EXPECT_TRUE(weak(tagged("\"6b081ce8-7\"", dates('0', '1'))))
      << "of the date, as nginx makes them";
  EXPECT_FALSE(weak(tagged("\"6b081ce8-7\"", dates('0', '2'))));
}

TEST(RedirectRules, NoFormOfALinkLocalAddressIsGoneTo) {
  for (const char* to :
       {"http://169.254.169.254/", "http://169.254.169.254./", "http://2852039166/",
        "http://0xa9fea9fe/", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/",
        "http://[fd00:ec2::254]/latest", "http://169.254.43518/", "ftp://host/",
        "file:///etc/passwd", "nonsense:"}) {
    EXPECT_FALSE(check_redirect("http://host/a", to).ok()) << to;
  }
  EXPECT_FALSE(check_redirect("https://host/a", "http://host/a").ok());
  EXPECT_EQ(*check_redirect("http://host/a", "http://host:80/b"), true);
  EXPECT_EQ(*check_redirect("http://host/a", "http://host:81/b"), false);
  EXPECT_EQ(*check_redirect("http://host/a", "https://host/a"), false);
  EXPECT_EQ(*check_redirect("http://host/a", "http://169.253.169.254/"), false);
}

TEST(HttpText, UrlsAreShownWithoutSecrets) {
  EXPECT_EQ(redact_url("https://user:p@ss@host:1/a/b@c?token=x#y"), "https://host:1/a/b@c");
  EXPECT_EQ(percent_encode("a b/ü+%", true), "a%20b/%C3%BC%2B%25");
  EXPECT_EQ(percent_encode("a/b", false), "a%2Fb");
  for (const char* url : {"http://user:pw@host/x", "http://host/x?token=pw"}) {
    const auto store = open_store(url, {});
    ASSERT_FALSE(store.ok());
    EXPECT_EQ(store.status().code(), Code::kInvalidArgument);
    EXPECT_EQ(store.status().message().find("pw@"), std::string::npos);
    EXPECT_EQ(store.status().message().find("token"), std::string::npos);
  }
}

}  // namespace
}  // namespace neurofs::test
