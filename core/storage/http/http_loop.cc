#include "core/storage/http/http_loop.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "core/base/cancellation.h"
#include "core/storage/http/curl_poller.h"
#include "core/storage/http/http_hop.h"

namespace neurofs {
namespace {

constexpr size_t kIdleHandles = 64;

Status aborted_status(const HttpLoop::Exchange& exchange) {
  return {Code::kInterrupted, redact_url(exchange.request.url) + ": aborted"};
}

class MultiLoop : public HttpLoop {
 public:
  MultiLoop(const Options& options, CURLM* multi, std::unique_ptr<CurlPoller> poller)
      : options_(options), multi_(multi), poller_(std::move(poller)), thread_([this] { run(); }) {}
  ~MultiLoop() override;

  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;

 private:
  void run();
  void admit();
  void take_aborts();
  void take_ends();
  void end_stalled();
  void advance(HttpHop& hop, CURLcode code);
  void finish(HttpHop& hop, Status status);
  CurlEasy take_handle();
  bool stopping();

  const Options options_;
  CURLM* const multi_;
  const std::unique_ptr<CurlPoller> poller_;
  std::vector<std::unique_ptr<HttpHop>> running_;  // the loop's thread alone
  Clock::time_point looked_ = Clock::now();        // for stalls

  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpHop>> starting_;  // guarded by mutex_, as those below
  std::vector<HttpHop*> aborting_;
  std::vector<CurlEasy> idle_;
  bool stop_ = false;

  std::thread thread_;  // last: it uses all of the above
};

MultiLoop::~MultiLoop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  poller_->wake();
  thread_.join();
  idle_.clear();
  curl_multi_cleanup(multi_);
}

CurlEasy MultiLoop::take_handle() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      CurlEasy easy = std::move(idle_.back());
      idle_.pop_back();
      return easy;
    }
  }
  return CurlEasy(curl_easy_init());
}

void MultiLoop::start(Exchange& exchange) {
  CurlEasy easy = take_handle();
  Status status;
  if (!easy) status = no_memory("no memory for a request to " + redact_url(exchange.request.url));
  std::unique_ptr<HttpHop> hop;
  if (status.ok()) {
    hop = std::make_unique<HttpHop>(std::move(easy), exchange, options_);
    status = hop->prepare();
  }
  if (!status.ok()) {
    exchange.status = std::move(status);
    exchange.done();
    return;
  }
  bool aborted = false;
  {
    const std::lock_guard lock(mutex_);
    aborted = exchange.abort_asked;
    if (!aborted) {
      exchange.running = hop.get();
      starting_.push_back(std::move(hop));
    }
  }
  if (!aborted) {
    poller_->wake();
    return;
  }
  exchange.status = aborted_status(exchange);
  exchange.done();
}

void MultiLoop::abort(Exchange& exchange) {
  {
    const std::lock_guard lock(mutex_);
    exchange.abort_asked = true;  // where it is still to start
    auto* const hop = static_cast<HttpHop*>(exchange.running);
    if (hop == nullptr || hop->abort) return;
    hop->abort = true;
    aborting_.push_back(hop);
  }
  poller_->wake();
}

bool MultiLoop::stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void MultiLoop::run() {
  pthread_setname_np(pthread_self(), "nf-http");
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  const std::chrono::milliseconds idle(60'000);
  const auto most = std::clamp(options_.stall / 4, std::chrono::milliseconds(10),
                               std::chrono::milliseconds(1000));
  while (!stopping()) {
    admit();
    take_aborts();
    poller_->turn(running_.empty() ? idle : most);
    take_ends();
    end_stalled();
  }
  admit();
  while (!running_.empty()) {
    finish(*running_.back(), {Code::kInterrupted, "the store is being closed"});
  }
}

void MultiLoop::admit() {
  std::vector<std::unique_ptr<HttpHop>> fresh;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(starting_);
  }
  for (auto& hop : fresh) {
    HttpHop& added = *hop;
    added.place = running_.size();
    running_.push_back(std::move(hop));
    const CURLMcode code = curl_multi_add_handle(multi_, added.easy());
    if (code != CURLM_OK) finish(added, io_error(curl_multi_strerror(code)));
  }
}

void MultiLoop::take_aborts() {
  for (;;) {
    HttpHop* hop = nullptr;
    {
      const std::lock_guard lock(mutex_);
      // One that came after admit() is still among those that start.
      const auto found = std::ranges::find_if(aborting_, [this](const HttpHop* aborted) {
        return aborted->place < running_.size() && running_[aborted->place].get() == aborted;
      });
      if (found == aborting_.end()) return;
      hop = *found;
    }
    finish(*hop, aborted_status(hop->exchange()));
  }
}

void MultiLoop::take_ends() {
  int queued = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &queued)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* self = nullptr;
    const CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    advance(*static_cast<HttpHop*>(self), code);
  }
}

// The hop has ended: its redirect is followed, or the exchange is done.
void MultiLoop::advance(HttpHop& hop, CURLcode code) {
  Status status = hop.outcome(code);
  if (!status.ok() || hop.exchange().ended) return finish(hop, std::move(status));
  curl_multi_remove_handle(multi_, hop.easy());
  const Result<bool> onward = hop.redirect();
  if (!onward.ok()) return finish(hop, onward.status());
  if (!*onward) return finish(hop, {});
  const CURLMcode added = curl_multi_add_handle(multi_, hop.easy());
  if (added != CURLM_OK) finish(hop, io_error(curl_multi_strerror(added)));
}

void MultiLoop::end_stalled() {
  const auto now = Clock::now();
  if (now - looked_ < options_.stall / 8) return;
  looked_ = now;
  for (size_t i = running_.size(); i-- > 0;) {
    HttpHop& hop = *running_[i];
    if (!hop.stalled(now)) continue;
    finish(hop, {Code::kTimeout, redact_url(hop.exchange().request.url) + ": no byte came for " +
                                     std::to_string(options_.stall.count()) + " ms"});
  }
}

void MultiLoop::finish(HttpHop& hop, Status status) {
  curl_multi_remove_handle(multi_, hop.easy());
  Exchange& exchange = hop.exchange();
  exchange.status = std::move(status);
  const size_t place = hop.place;
  std::swap(running_[place], running_.back());
  running_[place]->place = place;
  const std::unique_ptr<HttpHop> ended = std::move(running_.back());
  running_.pop_back();
  {
    const std::lock_guard lock(mutex_);
    exchange.running = nullptr;
    if (ended->abort) std::erase(aborting_, ended.get());
    if (idle_.size() < kIdleHandles) {
      CurlEasy easy = ended->take_easy();
      curl_easy_reset(easy.get());
      idle_.push_back(std::move(easy));
    }
  }
  exchange.done();
}

}  // namespace

Result<std::shared_ptr<HttpLoop>> HttpLoop::create(const Options& options) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) return no_memory("libcurl cannot be set up for requests by HTTP");
  auto poller = CurlPoller::create(multi);
  if (!poller.ok()) {
    curl_multi_cleanup(multi);
    return poller.status();
  }
  const long connections = std::max(options.connections, 1U);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, connections);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  return std::shared_ptr<HttpLoop>(std::make_shared<MultiLoop>(options, multi, *std::move(poller)));
}

Result<HttpReply> HttpLoop::perform(const HttpRequest& request, uint64_t body_limit,
                                    bool* untrusted) {
  std::mutex mutex;
  std::condition_variable word;
  bool done = false;
  bool too_long = false;
  HttpReply reply;
  Exchange exchange;
  exchange.request = request;
  exchange.on_body = [&](Bytes bytes) {
    too_long = bytes.size() > body_limit - reply.body.size();
    if (!too_long) reply.body.insert(reply.body.end(), bytes.begin(), bytes.end());
    return !too_long;
  };
  exchange.done = [&] {
    const std::lock_guard lock(mutex);
    done = true;
    word.notify_one();
  };
  start(exchange);
  {
    const ReadScope* const scope = ReadScope::current();
    const Cancellation::Watch watch(scope == nullptr ? nullptr : scope->cancellation(),
                                    [&] { abort(exchange); });
    std::unique_lock lock(mutex);
    word.wait(lock, [&] { return done; });
  }
  if (too_long) {
    return io_error(redact_url(request.url) + ": the reply has over " + std::to_string(body_limit) +
                    " bytes");
  }
  if (untrusted != nullptr) *untrusted = exchange.untrusted;
  NF_TRY(exchange.status);
  reply.head = std::move(exchange.head);
  return reply;
}

}  // namespace neurofs
