// The contract of stores, read over HTTP from a server whose objects the test writes past it.

#include "core/storage/key.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/http/test_server.h"

namespace neurofs::test {
namespace {

class WrittenBeside : public ObjectStore {
 public:
  WrittenBeside() {
    StoreOptions options;
    auto store = open_store(server_.url(), options);
    EXPECT_TRUE(store.ok()) << store.status().to_string();
    store_ = *store;
  }
  std::string url() const override { return store_->url(); }
  void read(std::span<ReadOp> batch) override { store_->read(batch); }
  Result<ObjectInfo> stat(std::string_view key) override { return store_->stat(key); }
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override {
    return store_->list(prefix, limit);
  }
  Status put(std::string_view key, Bytes bytes) override {
    NF_TRY(check_key(key));
    server_.put(std::string(key), bytes);
    return {};
  }
  Status write_at(std::string_view key, uint64_t, Bytes, uint64_t) override {
    NF_TRY(check_key(key));
    return unsupported("whole objects only");
  }
  Status remove(std::string_view key) override {
    NF_TRY(check_key(key));
    server_.remove(std::string(key));
    return {};
  }

 private:
  TestServer server_;
  std::shared_ptr<ObjectStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Http, StoreContract,
                         testing::Values(StoreMaker{
                             "http", [] { return std::make_shared<WrittenBeside>(); }}),
                         [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace neurofs::test
