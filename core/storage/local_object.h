// LocalObject: an object that is a file of this machine, open for reading past its store.
//
// Purpose: for who brings the bytes by other means than ObjectStore::read, such as a device by its own. What
// ReadOp::if_version promises holds for them too: where version() after a read is what it was before, the
// bytes are of that version. Thread-safety: every method from any thread. Ownership: shared; the descriptor
// stays open as long as this lives, whatever becomes of the object's name. It is the store's: who borrows
// it reads at offsets, and changes neither its flags nor its position.
// Errors: version() as the system says, mostly kIoError.
#pragma once

#include <string>

#include "core/base/result.h"

namespace neurofs {

class LocalObject {
 public:
  virtual ~LocalObject() = default;
  // With O_DIRECT where the store reads so.
  virtual int fd() const = 0;
  // ObjectInfo::version of what the descriptor reads now.
  virtual Result<std::string> version() const = 0;
};

}  // namespace neurofs
