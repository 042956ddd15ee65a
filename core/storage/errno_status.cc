#include "core/storage/errno_status.h"

#include <cerrno>
#include <system_error>

namespace neurofs {

Status errno_status(int error, const std::string& doing) {
  const std::string why = std::generic_category().message(error);
  switch (error) {
    case EACCES:
    case EPERM:
      return {Code::kPermission, doing + ": " + why + "; check the owner and mode of the files"};
    case EROFS:
      return {Code::kReadOnly, doing + ": " + why};
    case EXDEV:
      return io_error(doing + ": a symbolic link leads out of the store's root");
    case ELOOP:
      return io_error(doing + ": too many symbolic links, or a link of /proc");
    case EMFILE:
    case ENFILE:
      return io_error(doing + ": " + why + "; raise the limit of open files (ulimit -n)");
    case ETIMEDOUT:
      return {Code::kTimeout, doing + ": " + why};
    default:
      return io_error(doing + ": " + why);
  }
}

bool out_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE;
}

}  // namespace neurofs
