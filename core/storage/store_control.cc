#include "core/storage/store_control.h"

#include "core/storage/object_store.h"

namespace neurofs {

StoreControl* StoreControl::of(ObjectStore& store) {
  return dynamic_cast<StoreControl*>(&store);
}

}  // namespace neurofs
