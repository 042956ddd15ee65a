#include "core/storage/rados/rados_transport.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "core/base/checked.h"
#include "core/storage/key.h"
#include "core/storage/rados/rados_errors.h"
#include "core/storage/resolve_read.h"

namespace neurofs {
namespace {

using Kind = RemoteAnswer::Kind;
using What = RemoteGet::What;

// Metadata is mostly smaller: one operation brings it.
constexpr uint64_t kFirstOfWhole = 64 << 10;
// The protocol's offsets are signed in places; no object is as large.
constexpr uint64_t kMaxOffset = uint64_t{1} << 62;

bool can_be_read(ByteRange range) {
  uint64_t end = 0;
  return checked_add(range.offset, range.length, &end) && end <= kMaxOffset;
}

}  // namespace

struct RadosTransport::Operation {
  Operation(RadosTransport& owner, RemoteGet& request)
      : transport(owner), get(request), name(owner.location_.object_name(request.key)) {}

  RadosTransport& transport;
  RemoteGet& get;
  const std::string name;
  std::optional<RadosVersion> asserted;  // by the caller, or by the step before
  bool continued = false;                // the second step of two
  bool aborted = false;                  // guarded by mutex_of(get)
  rados_completion_t completion = nullptr;
  rados_read_op_t op = nullptr;
  ByteVector own;  // where the parts are not one piece of memory
  Read read{0, 0, nullptr};

  // librados writes these.
  uint64_t size = 0;
  time_t modified_s = 0;
  size_t bytes = 0;
  int stat_error = 0;
  int read_error = 0;
  uint64_t version = 0;

  std::string describe() const {
    const std::string url = transport.location_.url();
    if (get.what == What::kStat) return "looking at " + quote_key(get.key) + " of " + url;
    return "reading " + describe_read(url, get.key, {read.offset, read.length});
  }
};

std::mutex& RadosTransport::mutex_of(const RemoteGet& get) {
  return mutexes_[(reinterpret_cast<uintptr_t>(&get) / sizeof(RemoteGet)) % mutexes_.size()];
}

void RadosTransport::start(RemoteGet& get) {
  Operation* operation = nullptr;
  try {
    operation = new Operation(*this, get);
    begin(*operation);
  } catch (const std::bad_alloc&) {
    if (operation != nullptr) return end(*operation, answer_of(Kind::kFailed, out_of_memory_));
    get.answer = answer_of(Kind::kFailed, out_of_memory_);
    get.done();
  }
}

// Throws only while the operation is ours alone.
void RadosTransport::begin(Operation& operation) {
  RemoteGet& get = operation.get;
  if (!get.if_version.empty()) {
    operation.asserted = RadosVersion::parse(get.if_version);
    if (!operation.asserted) return end(operation, failure(operation, -ERANGE));
  }
  int error = 0;
  {
    const std::lock_guard lock(mutex_of(get));
    get.running = &operation;
    error = submit(operation, first_read(operation));
  }
  if (error < 0) end(operation, failure(operation, error));
}

void RadosTransport::abort(RemoteGet& get) {
  const std::lock_guard lock(mutex_of(get));
  auto* const operation = static_cast<Operation*>(get.running);
  if (operation == nullptr) return;
  operation->aborted = true;
  if (operation->completion == nullptr) return;
  // Its callback comes on a thread of librados; too late for one that is done is no error.
  cluster_.library().aio_cancel(cluster_.pool(), operation->completion);
}

RadosTransport::Read RadosTransport::first_read(Operation& operation) const {
  RemoteGet& get = operation.get;
  if (get.what == What::kWhole) {
    operation.own.resize(std::min(get.whole_limit, kFirstOfWhole));
    return {0, operation.own.size(), operation.own.data()};
  }
  if (get.what != What::kRange || !can_be_read(get.range)) return {0, 0, nullptr};
  return into_parts(operation, get.range.offset);
}

RadosTransport::Read RadosTransport::into_parts(Operation& operation, uint64_t offset) {
  const RemoteGet& get = operation.get;
  if (get.parts.size() == 1 && get.parts.front().data != nullptr) {
    return {offset, get.range.length, get.parts.front().data};
  }
  operation.own.resize(get.range.length);
  return {offset, get.range.length, operation.own.data()};
}

// Called with mutex_of(get) held. librados calls back on its own threads, never from within.
int RadosTransport::submit(Operation& operation, const Read& read) {
  const RadosLibrary& library = cluster_.library();
  operation.read = read;
  operation.bytes = 0;
  if (const int error = library.aio_create_completion2(&operation, on_done, &operation.completion);
      error < 0) {
    operation.completion = nullptr;
    return error;
  }
  operation.op = library.create_read_op();
  if (operation.asserted) library.read_op_assert_version(operation.op, operation.asserted->number);
  library.read_op_stat(operation.op, &operation.size, &operation.modified_s, &operation.stat_error);
  // A length of 0 would be the whole object.
  if (read.length > 0) {
    library.read_op_read(operation.op, read.offset, read.length, reinterpret_cast<char*>(read.into),
                         &operation.bytes, &operation.read_error);
  }
  return library.aio_read_op_operate(operation.op, cluster_.pool(), operation.completion,
                                     operation.name.c_str(), 0);
}

void RadosTransport::on_done(rados_completion_t completion, void* argument) {
  Operation& operation = *static_cast<Operation*>(argument);
  const RadosLibrary& library = operation.transport.cluster_.library();
  RadosTransport& transport = operation.transport;
  try {
    transport.take(operation, library.aio_get_return_value(completion),
                   library.aio_get_version(completion));
  } catch (const std::bad_alloc&) {
    // On a thread of librados. Of what take() does end() comes last, and throws nothing.
    transport.end(operation, answer_of(Kind::kFailed, transport.out_of_memory_));
  }
}

void RadosTransport::take(Operation& operation, int error, uint64_t version) {
  operation.version = version;
  if (error >= 0) error = std::min({0, operation.stat_error, operation.read_error});
  if (error < 0) return end(operation, failure(operation, error));
  Read next{0, 0, nullptr};
  if (operation.continued || !go_on(operation, next)) return end(operation, success(operation));
  {
    const std::lock_guard lock(mutex_of(operation.get));
    release(operation);
    operation.continued = true;
    operation.asserted = RadosVersion{operation.version, operation.modified_s};
    error = operation.aborted ? -ECANCELED : submit(operation, next);
  }
  if (error < 0) end(operation, failure(operation, error));
}

bool RadosTransport::go_on(Operation& operation, Read& next) const {
  const What what = operation.get.what;
  if (what == What::kSuffix) return continue_suffix(operation, next);
  return what == What::kWhole && continue_whole(operation, next);
}

bool RadosTransport::continue_suffix(Operation& operation, Read& next) const {
  const ByteRange& range = operation.get.range;
  if (range.length == 0 || !check_range(operation.get, operation.size).ok()) return false;
  next = into_parts(operation, operation.size - range.offset);
  return true;
}

bool RadosTransport::continue_whole(Operation& operation, Read& next) const {
  if (operation.size > operation.get.whole_limit || operation.size <= operation.own.size()) {
    return false;
  }
  if (operation.bytes != operation.own.size()) return false;
  const uint64_t have = operation.own.size();
  operation.own.resize(operation.size);
  next = {have, operation.size - have, operation.own.data() + have};
  return true;
}

RemoteAnswer RadosTransport::failure(const Operation& operation, int error) const {
  const std::string doing = operation.describe();
  Kind kind = rados_error_kind(error);
  if ((kind == Kind::kMissing || kind == Kind::kRetry) && !cluster_.has_pool()) {
    return answer_of(Kind::kFailed,
                     io_error(doing + ": the pool '" + location_.pool + "' has been deleted"));
  }
  if (kind == Kind::kMissing) return answer_of(kind, {});
  // Between the two steps of a request that asked for no certain version: the next try sees the new one.
  if (kind == Kind::kChanged && operation.get.if_version.empty()) kind = Kind::kRetry;
  return answer_of(kind, rados_error(error, doing));
}

Status RadosTransport::check_range(const RemoteGet& get, uint64_t size) const {
  const std::string url = location_.url();
  switch (get.what) {
    case What::kStat:
      return {};
    case What::kRange:
      if (can_be_read(get.range) && get.range.offset + get.range.length <= size) return {};
      return past_end(url, get.key, get.range, size);
    case What::kSuffix:
      if (get.range.offset <= size && get.range.length <= get.range.offset) return {};
      return corrupt("reading " + std::to_string(get.range.length) + " bytes from " +
                     std::to_string(get.range.offset) + " before the end of " + quote_key(get.key) +
                     " in " + url + ": the object has only " + std::to_string(size) +
                     " bytes; it is truncated");
    case What::kWhole:
      if (size <= get.whole_limit) return {};
      return corrupt("reading the whole of " + describe_read(url, get.key, {0, size}) +
                     ": it may have at most " + std::to_string(get.whole_limit) + " bytes");
  }
  return {};
}

RemoteAnswer RadosTransport::success(Operation& operation) const {
  RemoteGet& get = operation.get;
  const RadosVersion version{operation.version, operation.modified_s};
  if (operation.asserted && *operation.asserted != version) return failure(operation, -ERANGE);
  if (Status fits = check_range(get, operation.size); !fits.ok()) {
    return answer_of(Kind::kFailed, std::move(fits));
  }
  const uint64_t wanted = get.what == What::kStat    ? 0
                          : get.what == What::kWhole ? operation.size - operation.read.offset
                                                     : get.range.length;
  if (operation.bytes != wanted) {
    return answer_of(Kind::kRetry, io_error(operation.describe() + ": the store sent " +
                                            std::to_string(operation.bytes) + " bytes for " +
                                            std::to_string(wanted)));
  }
  deliver(operation);
  RemoteAnswer answer;
  answer.kind = Kind::kData;
  answer.object = {true, operation.size, version.text(),
                   static_cast<int64_t>(operation.modified_s) * 1'000'000'000};
  answer.bytes = operation.read.offset * (get.what == What::kWhole ? 1 : 0) + operation.bytes;
  return answer;
}

void RadosTransport::deliver(Operation& operation) const {
  RemoteGet& get = operation.get;
  if (get.what == What::kWhole) {
    operation.own.resize(operation.size);
    *get.whole = std::move(operation.own);
    return;
  }
  if (operation.own.empty()) return;
  const std::byte* from = operation.own.data();
  for (const RemoteGet::Part& part : get.parts) {
    if (part.data != nullptr && part.size > 0) std::memcpy(part.data, from, part.size);
    from += part.size;
  }
}

void RadosTransport::end(Operation& operation, RemoteAnswer answer) {
  RemoteGet& get = operation.get;
  {
    const std::lock_guard lock(mutex_of(get));
    get.running = nullptr;
    // Nobody of ours gave it up: the client did, and may be asked again.
    if (answer.kind == Kind::kAborted && !operation.aborted) answer.kind = Kind::kRetry;
    release(operation);
  }
  delete &operation;
  get.answer = std::move(answer);
  // A copy, since the request may be gone before the call returns.
  const std::function<void()> done = get.done;
  done();
}

void RadosTransport::release(Operation& operation) const {
  if (operation.completion != nullptr) cluster_.library().aio_release(operation.completion);
  if (operation.op != nullptr) cluster_.library().release_read_op(operation.op);
  operation.completion = nullptr;
  operation.op = nullptr;
}

}  // namespace neurofs
