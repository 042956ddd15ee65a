// StoreControl: what a user may ask of a store that is in use, beside reads and writes.
//
// Purpose: a seam for those stores that keep something between requests: open files, versions, credentials. A
// store that keeps nothing does not implement it. Thread-safety: every method from any thread, at any time.
// Ownership: the object is the store. Errors: none; the next read tells.
#pragma once

#include <string>

namespace neurofs {

class ObjectStore;

class StoreControl {
 public:
  virtual ~StoreControl() = default;
  // ObjectStore::forget() of all objects.
  virtual void forget_all() {}
  // There may be new credentials where the store got its own: they are looked for before the next request.
  virtual void renew_credentials() {}

  // Where it is, as far as its URL does not tell: an endpoint, a cluster. Two stores of one URL and place are one.
  virtual std::string place() const { return {}; }

  // The control of a store; null for one that keeps nothing.
  static StoreControl* of(ObjectStore& store);
};

}  // namespace neurofs
