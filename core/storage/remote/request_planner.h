// RequestPlanner: which requests a batch of reads becomes.
//
//   ops of ranges, sorted by key, version and offset:
//     join the next one to the request before it, if the gap is small, what is dropped stays at most half
//     of what is wanted, and the request stays within its limit;  cut those that pass the limit
//   each suffix and each whole object: a request of its own
//   no bytes, or a range that no object can have: ask for the object's description, which tells the rest
//
// Pure; any thread. Ownership: requests point to the destinations of the ops. Units: bytes.
#pragma once

#include <span>
#include <vector>

#include "core/storage/remote/transport.h"

namespace neurofs {

struct RequestLimits {
  uint64_t gap = 64 << 10;  // between two ranges that are joined
  uint64_t most = 8 << 20;  // of a request
};

struct PlannedRequest {
  static constexpr size_t kNone = SIZE_MAX;

  RemoteGet::What what = RemoteGet::What::kRange;
  ByteRange range;
  std::vector<RemoteGet::Part> parts;
  std::vector<size_t> ops;  // whose bytes these are: places in the batch
  // The parts of one read that names no version must be of one: ask only when that request, an earlier one
  // of the plan, has told the version, and for this version.
  size_t after = kNone;
  // A range that stands for a description: its bytes are of no use, but what its answer tells of the object is.
  bool describes = false;
};

// The destinations of each op sum to its length, and its key is good. Ops that are not pending are passed over.
std::vector<PlannedRequest> plan_requests(std::span<const ReadOp> batch,
                                          const RequestLimits& limits);

// As plan_requests(), for batch[op] and nothing joined to it.
std::vector<PlannedRequest> plan_alone(std::span<const ReadOp> batch, size_t op,
                                       const RequestLimits& limits);

// Requests for bytes `range` of the object of batch[op], which are all that the op wants.
std::vector<PlannedRequest> plan_range(std::span<const ReadOp> batch, size_t op, ByteRange range,
                                       const RequestLimits& limits);

}  // namespace neurofs
