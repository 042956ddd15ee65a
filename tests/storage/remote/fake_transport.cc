#include "tests/storage/remote/fake_transport.h"

#include <algorithm>
#include <cstring>

namespace neurofs::test {

using Kind = RemoteAnswer::Kind;

RemoteAnswer retry_answer(const std::string& why, bool slow_down) {
  RemoteAnswer answer;
  answer.kind = Kind::kRetry;
  answer.status = io_error(why);
  answer.slow_down = slow_down;
  return answer;
}

FakeTransport::FakeTransport(unsigned seed) : random_(seed), thread_([this] { run(); }) {}

FakeTransport::~FakeTransport() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    word_.notify_all();
  }
  thread_.join();
}

int FakeTransport::started() const {
  const std::lock_guard lock(mutex_);
  return started_;
}

unsigned FakeTransport::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_;
}

void FakeTransport::start(RemoteGet& get) {
  const std::lock_guard lock(mutex_);
  bool hold = false;
  get.answer = {};
  get.answer.status = internal_error("not scripted");
  if (auto scripted = script ? script(get, started_) : std::nullopt) {
    hold = scripted->kind == kHold;
    get.answer = *scripted;
  } else {
    get.answer.kind = Kind::kData;
  }
  ++started_;
  waiting_.push_back({&get, hold});
  most_ = std::max<unsigned>(most_, static_cast<unsigned>(waiting_.size()));
  word_.notify_all();
}

void FakeTransport::abort(RemoteGet& get) {
  const std::lock_guard lock(mutex_);
  for (Waiting& waiting : waiting_) {
    if (waiting.get != &get) continue;
    waiting.hold = false;
    get.answer.kind = Kind::kAborted;
    get.answer.status = {Code::kInterrupted, "aborted"};
  }
  word_.notify_all();
}

void FakeTransport::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::vector<size_t> ready;
    for (size_t i = 0; i < waiting_.size(); ++i) {
      if (!waiting_[i].hold) ready.push_back(i);
    }
    if (ready.empty()) {
      if (stop_) return;
      word_.wait(lock);
      continue;
    }
    const size_t chosen = ready[random_() % ready.size()];
    RemoteGet& get = *waiting_[chosen].get;
    waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(chosen));
    lock.unlock();
    if (get.answer.kind == Kind::kData) answer(get);
    get.done();
    lock.lock();
  }
}

void FakeTransport::answer(RemoteGet& get) {
  RemoteAnswer& answer = get.answer;
  const auto found = objects.find(get.key);
  if (found == objects.end()) {
    answer.kind = Kind::kMissing;
    return;
  }
  const auto& [bytes, number] = found->second;
  answer.object = {true, bytes.size(), "v" + std::to_string(number), 77};
  if (!get.if_version.empty() && get.if_version != answer.object.version) {
    answer.kind = Kind::kChanged;
    return;
  }
  if (get.what == RemoteGet::What::kStat) return;
  if (get.what == RemoteGet::What::kWhole) {
    if (bytes.size() > get.whole_limit) {
      answer.kind = Kind::kFailed;
      answer.status = corrupt("too large");
    } else {
      *get.whole = bytes;
      answer.bytes = bytes.size();
    }
    return;
  }
  const bool suffix = get.what == RemoteGet::What::kSuffix;
  if (suffix ? get.range.offset > bytes.size() : get.range.end() > bytes.size()) {
    answer.kind = Kind::kFailed;
    answer.status = corrupt("past the end");
    // As a server that does not tell the size with its refusal.
    answer.object = {};
    return;
  }
  size_t at = suffix ? bytes.size() - get.range.offset : get.range.offset;
  for (const RemoteGet::Part& part : get.parts) {
    if (part.data != nullptr) std::memcpy(part.data, bytes.data() + at, part.size);
    at += part.size;
    answer.bytes += part.size;
  }
}

}  // namespace neurofs::test
