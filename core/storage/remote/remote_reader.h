// RemoteReader: batches of reads over a Transport. Plans requests, keeps many in flight, tries again,
// hedges, and ends by its deadline.
//
//   read(batch): plan_requests: ops -> requests, neighbours of one object and version joined
//     while any is undone: start what the limit of the store admits; wait for an answer, a pause's end,
//       the deadline or the reader's cancellation
//       data: scatter;  missing, changed, refused, failed: the outcome;  retry: pause, ask again
//
// Thread-safety: every method from any thread; the limit of requests in flight is common to all, and
// follows what the server bears (halved by refusals, regained one by one). Ownership: borrows the transport.
// Bounds: the earlier of options.deadline and the deadline of the thread's ReadScope, whose cancellation ends
// all at once with kInterrupted. A read that names no version and meets two is discarded and read once more.
// Errors per op: kStale for another version, kPermission, kTimeout,
// kIoError with the last cause and the count of attempts. Nothing is written to a destination after read().
#pragma once

#include <memory>

#include "core/storage/remote/remote_options.h"
#include "core/storage/remote/transport.h"

namespace neurofs {

class RemoteReader {
 public:
  // `url` names the store in messages.
  static std::unique_ptr<RemoteReader> create(Transport& transport, std::string url,
                                              const RemoteOptions& options, Metrics* metrics);
  virtual ~RemoteReader() = default;
  virtual void read(std::span<ReadOp> batch) = 0;
  virtual void stat_all(std::span<StatOp> batch) = 0;
  Result<ObjectInfo> stat(std::string_view key);
  // What the server bears at present, for describe().
  virtual unsigned in_flight_limit() const = 0;
};

}  // namespace neurofs
