#include "core/storage/rados/rados_errors.h"

#include <cerrno>
#include <system_error>

namespace neurofs {
namespace {

using Kind = RemoteAnswer::Kind;

constexpr int kBlocklisted = ESHUTDOWN;  // EBLOCKLISTED of Ceph

struct Meaning {
  Code code;
  const char* advice;
};

Meaning meaning(int error) {
  switch (-error) {
    case EPERM:
    case EACCES:
      return {Code::kPermission, "the user has no such right on the pool; see `ceph auth get`"};
    case ETIMEDOUT:
      return {Code::kTimeout, "no answer in time: is the cluster up and reachable (`ceph -s`)?"};
    case ENOENT:
      return {Code::kNotFound, "no such object or pool"};
    case ERANGE:
    case EOVERFLOW:
      return {Code::kStale, "the object has been replaced or rewritten meanwhile"};
    case ECANCELED:
      return {Code::kInterrupted, "given up"};
    case EFBIG:
    case EMSGSIZE:
      return {Code::kUnsupported,
              "larger than one object of this cluster may be (osd_max_object_size, 128 MiB unless "
              "set) or one write of it (osd_max_write_size, 90 MiB); create the field with smaller "
              "shards (--shards, in elements)"};
    case ENOSPC:
    case EDQUOT:
      return {Code::kIoError, "the pool or the cluster is full; see `ceph df`"};
    case kBlocklisted:
      return {Code::kIoError, "the cluster has put this client on its blocklist; mount again"};
    default:
      return {Code::kIoError, "see the log of the cluster"};
  }
}

}  // namespace

Kind rados_error_kind(int error) {
  switch (-error) {
    case ENOENT:
      return Kind::kMissing;
    case ERANGE:
    case EOVERFLOW:
      return Kind::kChanged;
    case EPERM:
    case EACCES:
      return Kind::kRefused;
    case ECANCELED:
      return Kind::kAborted;
    case ETIMEDOUT:
    case EAGAIN:
    case EBUSY:
    case ENOTCONN:
    case ECONNRESET:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Kind::kRetry;
    default:
      return Kind::kFailed;
  }
}

Status rados_error(int error, const std::string& doing) {
  const Meaning means = meaning(error);
  return {means.code,
          doing + ": " + std::generic_category().message(-error) + " (" + means.advice + ")"};
}

}  // namespace neurofs
