// libcufile.so.0 as the plugin's shim knows it, on the emulated runtime, whose device memory is the host's.
//
// Written from <cufile.h> and not from the shim, so that the two can disagree. Like the library it refuses a
// descriptor that is registered already, and reads may come back short.
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>

extern "C" {

typedef enum { CU_FILE_SUCCESS = 0, NOT_INITIALIZED = 5001, NO_FILE = 5018, REGISTERED = 5028 } Op;
typedef struct {
  Op err;
  int cu_err;
} CUfileError_t;
enum FileType { OPAQUE_FD = 1 };
typedef struct {
  enum FileType type;
  union {
    int fd;
    void* handle;
  } handle;
  const void* fs_ops;
} CUfileDescr_t;

struct FakeFile {
  int registered;
  int own;  // without O_DIRECT
};
static std::mutex mutex;
static std::set<int> registered;
static bool is_open = false;

CUfileError_t cuFileDriverOpen() {
  is_open = true;
  return {CU_FILE_SUCCESS, 0};
}

CUfileError_t cuFileHandleRegister(void** file, CUfileDescr_t* descr) {
  const std::lock_guard lock(mutex);
  if (!is_open) return {NOT_INITIALIZED, 0};
  if (descr->type != OPAQUE_FD || descr->fs_ops != nullptr) return {NO_FILE, 0};
  if (registered.contains(descr->handle.fd)) return {REGISTERED, 0};
  const std::string path = "/proc/self/fd/" + std::to_string(descr->handle.fd);
  const int own = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (own < 0) return {NO_FILE, 0};
  registered.insert(descr->handle.fd);
  *file = new FakeFile{descr->handle.fd, own};
  return {CU_FILE_SUCCESS, 0};
}

void cuFileHandleDeregister(void* file) {
  const std::lock_guard lock(mutex);
  auto* const known = static_cast<FakeFile*>(file);
  if (registered.erase(known->registered) != 1) std::abort();
  ::close(known->own);
  delete known;
}

ssize_t cuFileRead(void* file, void* base, size_t size, off_t offset, off_t base_offset) {
  constexpr size_t kMost = 65536;
  return ::pread(static_cast<FakeFile*>(file)->own, static_cast<char*>(base) + base_offset,
                 std::min(size, kMost), offset);
}

}  // extern "C"
