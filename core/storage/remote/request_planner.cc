#include "core/storage/remote/request_planner.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "core/base/checked.h"
#include "core/storage/scatter.h"

namespace neurofs {
namespace {

constexpr uint64_t kMaxObjectBytes = std::numeric_limits<int64_t>::max();

// How the request for one op begins, whatever is joined to it.
RemoteGet::What what_of(const ReadOp& op, const RequestLimits& limits) {
  using What = RemoteGet::What;
  if (op.whole != nullptr) return What::kWhole;
  const ByteRange range = op.range;
  if (range.length == 0 || range.offset > kMaxObjectBytes ||
      range.length > kMaxObjectBytes - range.offset) {
    return What::kStat;
  }
  if (op.origin == ReadOp::Origin::kStart) return What::kRange;
  // Servers send an end to its end: worth it only if nearly all of it is wanted.
  const bool small = range.length <= range.offset && range.offset <= limits.most &&
                     range.offset - range.length <= std::min(limits.gap, range.length / 2);
  return small ? What::kSuffix : What::kStat;
}

void add_gap(PlannedRequest& request, uint64_t size) {
  if (size == 0) return;
  request.parts.push_back({nullptr, size});
  request.range.length += size;
}

void add_bytes(PlannedRequest& request, const ReadOp& op, RunCursor& at, uint64_t size) {
  request.range.length += size;
  walk_run(op.dests, at, size, [&request](MutableBytes part) {
    request.parts.push_back({part.data(), part.size()});
  });
}

class Plan {
 public:
  Plan(std::span<const ReadOp> batch, const RequestLimits& limits)
      : batch_(batch), limits_(limits) {}

  void add(size_t op) {
    const RemoteGet::What what = what_of(batch_[op], limits_);
    if (what == RemoteGet::What::kRange) {
      add_range(op, batch_[op].range);
    } else {
      add_single(op, what);
    }
  }

  void add_single(size_t op, RemoteGet::What what) {
    PlannedRequest request;
    request.what = what;
    request.ops = {op};
    if (what == RemoteGet::What::kSuffix) {
      RunCursor at;
      request.range.offset = batch_[op].range.offset;
      add_bytes(request, batch_[op], at, batch_[op].range.length);
      add_gap(request, batch_[op].range.offset - batch_[op].range.length);
    }
    requests_.push_back(std::move(request));
  }

  // `range` in the object: cut into equal parts where it passes the limit.
  void add_range(size_t op, ByteRange range) {
    const uint64_t parts = ceil_div(range.length, limits_.most);
    const uint64_t size = ceil_div(range.length, parts);
    const size_t first = requests_.size();
    RunCursor at;
    for (uint64_t done = 0; done < range.length; done += size) {
      PlannedRequest request;
      request.range.offset = range.offset + done;
      request.ops = {op};
      if (done > 0 && batch_[op].if_version.empty()) request.after = first;
      add_bytes(request, batch_[op], at, std::min(size, range.length - done));
      requests_.push_back(std::move(request));
    }
    wanted_ = parts == 1 ? range.length : 0;
    dropped_ = 0;
  }

  // Joins the op to the last request if that is cheap.
  bool join(size_t op) {
    if (wanted_ == 0) return false;
    PlannedRequest& last = requests_.back();
    const ReadOp& before = batch_[last.ops.back()];
    const ReadOp& next = batch_[op];
    if (before.key != next.key || before.if_version != next.if_version) return false;
    if (next.range.offset < last.range.end()) return false;
    const uint64_t gap = next.range.offset - last.range.end();
    if (gap > limits_.gap || next.range.end() - last.range.offset > limits_.most) return false;
    if (dropped_ + gap > (wanted_ + next.range.length) / 2) return false;
    RunCursor at;
    add_gap(last, gap);
    add_bytes(last, next, at, next.range.length);
    last.ops.push_back(op);
    wanted_ += next.range.length;
    dropped_ += gap;
    return true;
  }

  std::vector<PlannedRequest> take() { return std::move(requests_); }

 private:
  const std::span<const ReadOp> batch_;
  const RequestLimits limits_;
  std::vector<PlannedRequest> requests_;
  uint64_t wanted_ = 0;  // of the last request; 0: nothing may be joined to it
  uint64_t dropped_ = 0;
};

}  // namespace

std::vector<PlannedRequest> plan_requests(std::span<const ReadOp> batch,
                                          const RequestLimits& limits) {
  Plan plan(batch, limits);
  std::vector<size_t> ranges;
  for (size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].outcome != ReadOp::Outcome::kPending) continue;
    const RemoteGet::What what = what_of(batch[i], limits);
    if (what == RemoteGet::What::kRange) {
      ranges.push_back(i);
    } else {
      plan.add_single(i, what);
    }
  }
  std::ranges::stable_sort(ranges, {}, [batch](size_t i) {
    return std::tuple(batch[i].key, batch[i].if_version, batch[i].range.offset);
  });
  for (const size_t op : ranges) {
    if (!plan.join(op)) plan.add_range(op, batch[op].range);
  }
  return plan.take();
}

std::vector<PlannedRequest> plan_alone(std::span<const ReadOp> batch, size_t op,
                                       const RequestLimits& limits) {
  Plan plan(batch, limits);
  plan.add(op);
  return plan.take();
}

std::vector<PlannedRequest> plan_range(std::span<const ReadOp> batch, size_t op, ByteRange range,
                                       const RequestLimits& limits) {
  Plan plan(batch, limits);
  plan.add_range(op, range);
  return plan.take();
}

}  // namespace neurofs
