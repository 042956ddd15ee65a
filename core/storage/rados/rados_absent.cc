// The scheme rados:// of a program that was built without librados' header: it says how to get it.

#include "core/storage/object_store.h"

namespace neurofs {
namespace {

const Registration<StoreRegistry> kRados(
    "rados", "objects in a Ceph pool: not in this build, which found no librados",
    StoreFactory([](std::string_view url,
                    const StoreOptions&) -> Result<std::shared_ptr<ObjectStore>> {
      return unsupported(std::string(url) +
                         ": this neurofs was built without Ceph; install librados-dev and build "
                         "again (NEUROFS_RADOS=ON says why if that fails)");
    }));

}  // namespace
}  // namespace neurofs
