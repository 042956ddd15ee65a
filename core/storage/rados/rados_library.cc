#include "core/storage/rados/rados_library.h"

#include <dlfcn.h>

#include <string>

namespace neurofs {
namespace {

Result<RadosLibrary> load_now() {
  void* const handle = dlopen("librados.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return unsupported(std::string("librados cannot be loaded (") + dlerror() +
                       "): install the package librados2");
  }
  RadosLibrary library;
  const char* missing = nullptr;
#define NEUROFS_RADOS_LOAD(name)                                                          \
  library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, "rados_" #name)); \
  if (library.name == nullptr) missing = "rados_" #name;
  NEUROFS_RADOS_FUNCTIONS(NEUROFS_RADOS_LOAD)
#undef NEUROFS_RADOS_LOAD
  if (missing != nullptr) {
    return unsupported(std::string("librados.so.2 has no ") + missing +
                       ": install librados2 of Ceph 16 or newer");
  }
  return library;
}

}  // namespace

Result<const RadosLibrary*> RadosLibrary::load() {
  static const Result<RadosLibrary> library = load_now();
  if (!library.ok()) return library.status();
  return &*library;
}

}  // namespace neurofs
