// The contract of stores on a real Ceph.

#include "tests/contract/store_contract.h"
#include "tests/storage/rados/ceph_cluster.h"

namespace neurofs::test {
namespace {

std::shared_ptr<ObjectStore> open_at(const std::string& place, const StoreOptions& options) {
  if (!CephCluster::missing().empty()) return nullptr;
  auto store = open_store("rados://" + CephCluster::pool() + place, options);
  EXPECT_TRUE(store.ok()) << store.status().to_string();
  return store.ok() ? *store : nullptr;
}

std::shared_ptr<ObjectStore> below_a_prefix() {
  return open_at("/" + CephCluster::fresh_prefix(),
                 CephCluster::missing().empty() ? CephCluster::options() : StoreOptions());
}

std::shared_ptr<ObjectStore> in_a_namespace() {
  if (!CephCluster::missing().empty()) return nullptr;
  StoreOptions options = CephCluster::options();
  options.remote.rados_namespace = CephCluster::fresh_prefix();
  return open_at("", options);
}

INSTANTIATE_TEST_SUITE_P(Rados, StoreContract,
                         testing::Values(StoreMaker{"prefix", below_a_prefix},
                                         StoreMaker{"namespace", in_a_namespace}),
                         [](const auto& made) { return made.param.name; });

}  // namespace
}  // namespace neurofs::test
