#include "fs/errno_table.h"

#include <cerrno>

namespace neurofs {

int to_errno(Code code) {
  switch (code) {
    case Code::kOk:
      return 0;
    case Code::kNotFound:
      return ENOENT;
    case Code::kInvalidArgument:
      return EINVAL;
    case Code::kOverflow:
      return EOVERFLOW;
    case Code::kCorrupt:
      return EIO;
    case Code::kIoError:
      return EIO;
    case Code::kTimeout:
      return ETIMEDOUT;
    case Code::kPermission:
      return EACCES;
    case Code::kStale:
      return ESTALE;
    case Code::kReadOnly:
      return EROFS;
    case Code::kUnsupported:
      return ENOTSUP;
    case Code::kNoMemory:
      return ENOMEM;
    case Code::kInterrupted:
      return EINTR;
    case Code::kNameTooLong:
      return ENAMETOOLONG;
    case Code::kExists:
      return EEXIST;
    case Code::kInternal:
      return EIO;
  }
  return EIO;
}

}  // namespace neurofs
