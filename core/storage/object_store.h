// ObjectStore: keys to bytes, by range. The seam for file, http, s3 and rados.
//
// Purpose: all bytes that the engine sees come through `read`, in batches, so that a driver can
// keep many requests in flight (io_uring, curl multi, RADOS aio). A missing object is a state, not
// an error. Thread-safety: every method from any thread. `read` blocks until every op of the batch
// is done. Ownership: ops, keys and destinations are borrowed for the call. Keys: '/'-separated
// relative paths without empty, "." or ".." components; anything else is refused (kInvalidArgument,
// see key.h), and no key or link leads out of the store's root. Units: bytes. Errors per op: a
// range past the object's end is kCorrupt (the metadata promised those bytes); another version than
// the one asked for kStale; a refused access kPermission; others kIoError or kTimeout, each naming
// store, key, range.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/metrics.h"
#include "core/base/registry.h"
#include "core/base/result.h"
#include "core/storage/local_object.h"
#include "core/storage/remote/remote_options.h"

namespace neurofs {

struct ObjectInfo {
  bool exists = false;
  uint64_t size = 0;
  std::string
      version;  // ETag or equivalent: changes whenever the bytes do, as far as the store knows
  int64_t modified_ns = 0;  // Unix time of the last change; 0 where the store does not know
  // The bytes may change, or may be changing still, and the version stay: nothing read of it is to be kept
  // beyond this process, where it would be taken for the object's bytes for ever.
  bool weak = false;
};

struct ReadOp {
  enum class Outcome : uint8_t { kPending, kData, kMissing, kError };
  enum class Origin : uint8_t { kStart, kEnd };

  // in
  std::string_view key;
  Origin origin =
      Origin::kStart;  // kEnd: range.offset counts bytes back from the end (suffix read)
  ByteRange range;     // ignored when `whole` is set
  std::span<const MutableBytes> dests;  // filled in order; their sizes sum to range.length
  ByteVector* whole = nullptr;  // read the whole object here, if it has at most `whole_limit` bytes
  uint64_t whole_limit = 0;     // a larger object is kCorrupt
  // Unless empty, what the bytes must be of: an ObjectInfo::version that an earlier read saw.
  // Another one, now or by the end of the read, is kStale, and what was transferred is not to be used.
  // Reads of whole objects, of their ends and with `seen` are of one version in any case.
  std::string_view if_version;

  // out
  Outcome outcome = Outcome::kPending;
  Status status;               // set when outcome is kError
  ObjectInfo* seen = nullptr;  // unless null, set with kData: the object before it was read
};

struct StatOp {
  std::string_view key;                    // in
  Result<ObjectInfo> info = ObjectInfo{};  // out
};

// A new object, written from front to back. One thread at a time; borrows the store.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;  // without a finish() that succeeded: what was there stays
  virtual Status append(Bytes bytes) = 0;
  // As put() of all that was appended. Then, or when something failed, the writer is of no more use.
  virtual Status finish() = 0;
};

struct ListEntry {
  std::string name;        // one path component
  bool is_prefix = false;  // a directory: more keys below it
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // "file:///data/brain.zarr": for messages; never holds credentials.
  virtual std::string url() const = 0;

  // How this store reads, for `stats`: {"io", "io_uring"}, {"direct_io", "yes"}. May change as the
  // store learns what the system grants.
  virtual std::vector<std::pair<std::string, std::string>> describe() const { return {}; }

  virtual void read(std::span<ReadOp> batch) = 0;

  // True where a read mostly waits for another machine: small reads are then not held back to go together,
  // since a batch takes as long as its slowest, and more is fetched ahead, at once.
  virtual bool is_far() const { return false; }

  // The object as an open file, which read() would read now; kUnsupported where objects are no files of
  // this machine. One file as long as the store keeps it open. Hold few: each is a descriptor.
  virtual bool has_local_objects() const { return false; }
  virtual Result<std::shared_ptr<const LocalObject>> open_local(std::string_view key);
  virtual Result<ObjectInfo> stat(std::string_view key) = 0;
  // Many at once: stores that are far away ask for all of them together. Here one after another.
  virtual void stat_all(std::span<StatOp> batch);
  // Direct children of a prefix ("" for the root), sorted by name, at most `limit`: the first ones.
  // A prefix with nothing below it is an empty list, as in object stores.
  virtual Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) = 0;

  // Readers see the old bytes or the new ones, never a part. The store must be writable, here and
  // below (else kReadOnly).
  virtual Status put(std::string_view key, Bytes bytes) = 0;
  // The same in pieces, for objects too large to be held at once. Where a store takes nothing but whole
  // objects (`puts_in_pieces` is false), the writer gathers them.
  virtual Result<std::unique_ptr<ObjectWriter>> put_in_pieces(std::string_view key);
  virtual bool puts_in_pieces() const { return false; }
  // In place and sparse; makes the object if it is missing and extends it to at least `min_size`,
  // never shrinks it. kUnsupported where the store has only whole objects: callers then use put().
  virtual Status write_at(std::string_view key, uint64_t offset, Bytes bytes,
                          uint64_t min_size) = 0;
  virtual bool can_write_at() const { return false; }
  // Removing what is not there succeeds.
  virtual Status remove(std::string_view key) = 0;

  // Drops what the store keeps of an object (an open file, a cached size), so that the next read
  // looks for it anew. Called by who finds the bytes unusable: the object may be replaced by a good
  // one under the same key, and must then not be read in its old version. Never an error.
  virtual void forget(std::string_view /*key*/) {}
};

// Reads a whole small object. kNotFound when it is missing.
Result<ByteVector> read_all(ObjectStore& store, std::string_view key, uint64_t limit);

struct StoreOptions {
  bool writable = false;
  bool create = false;    // with writable: make the root (a directory and its parents) if missing
  bool direct_io = true;  // file://: O_DIRECT where the file system takes it
  bool use_io_uring = true;   // file://: else, or where refused, pread
  unsigned queue_depth = 64;  // requests in flight per batch
  RemoteOptions remote{};
  Metrics* metrics = nullptr;  // counters "store_*" go here when given; must outlive the store
};

// By URL scheme; a plain path is file://. kNotFound when the place does not exist (kUnsupported for
// an unknown scheme, with the list of known ones).
Result<std::shared_ptr<ObjectStore>> open_store(std::string_view url, const StoreOptions& options);

using StoreFactory =
    std::function<Result<std::shared_ptr<ObjectStore>>(std::string_view url, const StoreOptions&)>;
using StoreRegistry = Registry<StoreFactory>;

}  // namespace neurofs
