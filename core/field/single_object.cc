#include "core/field/single_object.h"

namespace neurofs {
SingleObject::Known SingleObject::known() const {
  const std::lock_guard lock(mutex_);
  return {version_, forgotten_};
}

void SingleObject::forget() {
  const std::lock_guard lock(mutex_);
  version_.clear();
  ++forgotten_;
}

Result<std::string> SingleObject::version() {
  Known now = known();
  if (!now.version.empty()) return std::move(now.version);
  IndexFlights::Taken taken(flights_, 1);
  if (taken.begin({})) {
    // Another may have landed since.
    now = known();
    return now.version.empty() ? ask(now.forgotten) : std::move(now.version);
  }
  if (Status waited = flights_.wait({}); !waited.ok()) return waited.with_context(url_);
  now = known();
  return now.version.empty() ? ask(now.forgotten) : std::move(now.version);  // that reader failed
}

Result<std::string> SingleObject::ask(uint64_t forgotten) {
  NF_ASSIGN(std::string version, read_head());
  const std::lock_guard lock(mutex_);
  // What was forgotten meanwhile may be just this. It serves its reader, which names it to the store.
  if (forgotten == forgotten_) version_ = version;
  return version;
}

Result<std::string> SingleObject::read_head() {
  ByteVector head(spec_.object_head.size());
  const MutableBytes dest(head);
  ObjectInfo seen;
  ReadOp op;
  op.key = spec_.object_key;
  op.range = {0, head.size()};
  op.dests = {&dest, 1};
  op.seen = &seen;
  store_.read({&op, 1});
  if (op.outcome == ReadOp::Outcome::kError) return op.status.with_context(url_);
  if (op.outcome == ReadOp::Outcome::kMissing) {
    return io_error(url_ + " is not there any longer; put it back, or unmount");
  }
  if (head != spec_.object_head || seen.size < spec_.object_offset + spec_.size()) {
    return Status(Code::kStale, url_ +
                                    " has been replaced by another array since it was opened; "
                                    "unmount and mount it again");
  }
  return std::move(seen.version);
}

}  // namespace neurofs
