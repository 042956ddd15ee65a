// Requests that are aborted at any moment, from another thread than the one that starts them: each ends once.

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <random>
#include <thread>

#include "core/storage/http/http_service.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/http/test_server.h"

namespace neurofs::test {
namespace {

using Kind = RemoteAnswer::Kind;
using std::chrono::microseconds;

class OpenService : public HttpService {
 public:
  explicit OpenService(std::string base) : base_(std::move(base)) {}
  std::string url_of(std::string_view key) const override { return base_ + "/" + std::string(key); }
  Status authorize(HttpRequest&) override {
    if (before_start) before_start();
    return {};
  }
  void explain(const HttpReply&, RemoteAnswer&) override {}

  std::function<void()> before_start;

 private:
  const std::string base_;
};

class HttpAbort : public testing::Test {
 protected:
  void SetUp() override {
    server_.put("a", pattern(10'000, 1));
    server_.handle([](const TestServer::Request& request, TestServer::Connection& connection) {
      if (request.target != "/stall") return false;
      connection.stall();
      return true;
    });
    HttpLoop::Options options;
    options.stall = std::chrono::minutes(5);
    loop_ = HttpLoop::create(options).value();
    service_ = std::make_unique<OpenService>(server_.url());
    transport_ = make_http_transport(*loop_, *service_, 0);
  }

  struct Running {
    RemoteGet get;
    ByteVector out = ByteVector(1000);
    std::atomic<int> ends{0};
    std::latch ended{1};
  };
  std::unique_ptr<Running> prepare(const std::string& key) {
    auto running = std::make_unique<Running>();
    RemoteGet& get = running->get;
    get.key = key;
    get.range = {500, running->out.size()};
    get.parts = {{running->out.data(), running->out.size()}};
    get.deadline = RemoteGet::Clock::now() + std::chrono::minutes(5);
    get.done = [r = running.get()] {
      if (r->ends.fetch_add(1) == 0) r->ended.count_down();
    };
    return running;
  }

  TestServer server_;
  std::shared_ptr<HttpLoop> loop_;
  std::unique_ptr<OpenService> service_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(HttpAbort, OneThatComesBeforeTheRequestStartsIsHeard) {
  const auto running = prepare("stall");
  service_->before_start = [&] { transport_->abort(running->get); };
  transport_->start(running->get);
  running->ended.wait();
  EXPECT_EQ(running->get.answer.kind, Kind::kAborted);
  EXPECT_EQ(running->ends, 1);
}

TEST_F(HttpAbort, ComesAtAnyMomentAndEachRequestEndsOnce) {
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    threads.emplace_back([this, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 150; ++i) {
        const bool stalls = random() % 3 == 0;
        const auto running = prepare(stalls ? "stall" : "a");
        const microseconds pause(random() % 4 == 0 ? 0 : random() % 1500);
        std::latch ready{2};
        std::thread aborter([&] {
          ready.arrive_and_wait();
          std::this_thread::sleep_for(pause);
          transport_->abort(running->get);
          transport_->abort(running->get);
        });
        ready.arrive_and_wait();
        transport_->start(running->get);
        aborter.join();
        // One that came before start() had begun is of no request yet.
        transport_->abort(running->get);
        running->ended.wait();
        const Kind kind = running->get.answer.kind;
        EXPECT_TRUE(kind == Kind::kAborted || (!stalls && kind == Kind::kData))
            << static_cast<int>(kind) << " " << running->get.answer.status.to_string();
        EXPECT_EQ(running->ends, 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace neurofs::test
