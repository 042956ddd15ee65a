// The contract of ObjectStore, as a suite that every driver passes.
//
//   INSTANTIATE_TEST_SUITE_P(File, StoreContract, testing::Values(StoreMaker{"uring", make}));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "core/storage/object_store.h"

namespace neurofs::test {

struct StoreMaker {
  std::string name;
  std::function<std::shared_ptr<ObjectStore>()>
      make;                // empty and writable; null: cannot be had here
  bool text_keys = false;  // keys must be UTF-8
  // The server may deny an object for a moment while it is replaced, as OpenStack Swift does: the answer
  // is right by the protocol, and nothing that a client could tell from a missing object.
  bool denies_while_replacing = false;
  friend void PrintTo(const StoreMaker& maker, std::ostream* out) { *out << maker.name; }
};

class StoreContract : public testing::TestWithParam<StoreMaker> {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    if (!store_)
      GTEST_SKIP() << "no server for " << GetParam().name << ": see tests/servers/with-servers";
  }

  // Puts `size` bytes that depend on place and seed.
  ByteVector put_pattern(std::string_view key, size_t size, unsigned seed = 1);

  std::shared_ptr<ObjectStore> store_;
};

// Programs that use only the helpers below instantiate nothing.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

ByteVector pattern(size_t size, unsigned seed);

// One range read; the outcome and status are in the op that comes back.
ReadOp read_range(ObjectStore& store, std::string_view key, ByteRange range, ByteVector& out,
                  ReadOp::Origin origin = ReadOp::Origin::kStart);

}  // namespace neurofs::test
