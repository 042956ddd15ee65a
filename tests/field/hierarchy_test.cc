#include "core/field/hierarchy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/field/field_testing.h"
#include "tests/storage/fault_store.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr const char* kGroup3 = R"({"zarr_format": 3, "node_type": "group"})";
constexpr const char* kArray2 = R"({"zarr_format": 2, "shape": [4], "chunks": [2], "dtype": "<i4",
    "order": "C", "compressor": null, "filters": null, "fill_value": 0})";

std::vector<std::string> paths(const Hierarchy& hierarchy) {
  std::vector<std::string> out;
  for (const HierarchyNode& node : hierarchy.nodes) out.push_back(node.path);
  return out;
}

TEST(Hierarchy, WalksGroupsAndKeepsBadArrays) {
  auto store = testing::store_with("zarr.json", kGroup3);
  const std::string array = testing::small_zarr3().dump();
  store->plant("a/zarr.json", array);
  store->plant("g/zarr.json", kGroup3);
  store->plant("g/b/zarr.json", array);
  store->plant("g/bad/zarr.json", "{");
  store->plant("v2/.zgroup", R"({"zarr_format": 2})");
  store->plant("v2/c/.zarray", kArray2);
  store->plant("no-node/x", "x");
  store->plant("a/c/zarr.json", array);
  store->plant("__hidden/zarr.json", array);
  store->plant("con\ntrol/zarr.json", array);
  store->plant("\xFF/zarr.json", array);
  const auto hierarchy = open_hierarchy(store, "", {});
  ASSERT_TRUE(hierarchy.ok()) << hierarchy.status().message();
  EXPECT_THAT(paths(*hierarchy), ElementsAre("", "a", "g", "g/b", "g/bad", "v2", "v2/c"));
  EXPECT_EQ(hierarchy->hidden_names, 3u);
  EXPECT_TRUE(hierarchy->nodes[0].is_group);
  EXPECT_EQ(hierarchy->nodes[1].field->url(), "memory://a");
  EXPECT_EQ(hierarchy->nodes[4].status.code(), Code::kCorrupt);
  EXPECT_EQ(hierarchy->nodes[4].field, nullptr);
  ASSERT_NE(hierarchy->nodes[6].field, nullptr);
}

// Each batch is a round trip to a remote store.
TEST(Hierarchy, ManyArraysAreReadInFewBatches) {
  auto inner = testing::store_with("zarr.json", kGroup3);
  const std::string array = testing::small_zarr3().dump();
  for (int i = 0; i < 200; ++i) inner->plant("a" + std::to_string(i) + "/zarr.json", array);
  for (int i = 0; i < 20; ++i) {
    inner->plant("g" + std::to_string(i) + "/.zgroup", R"({"zarr_format": 2})");
    inner->plant("g" + std::to_string(i) + "/c/.zarray", kArray2);
  }
  const auto store = std::make_shared<test::FaultStore>(inner);
  const auto hierarchy = open_hierarchy(store, "", {});
  ASSERT_TRUE(hierarchy.ok()) << hierarchy.status().message();
  EXPECT_EQ(hierarchy->nodes.size(), 1u + 200 + 20 + 20);
  EXPECT_LE(store->batches(), 1u + 5 + 2);
  EXPECT_EQ(store->ops(), 1u + 200 + 4 * 20 + 4 * 20);
  EXPECT_EQ(store->stats(), 0u);
}

TEST(Hierarchy, TellsWhenMetadataChanged) {
  const test::TempDir dir;
  const auto store = open_store(dir.path(), {.writable = true}).value();
  const auto put = [&](std::string_view key, std::string_view text) {
    ASSERT_TRUE(store->put(key, std::as_bytes(std::span(text))).ok());
  };
  put("zarr.json", kGroup3);
  put("a/zarr.json", testing::small_zarr3().dump());
  const auto hierarchy = open_hierarchy(store, "", {});
  ASSERT_TRUE(hierarchy.ok()) << hierarchy.status().message();
  ASSERT_EQ(hierarchy->nodes.size(), 2u);
  EXPECT_NE(hierarchy->nodes[1].modified_ns, 0);
  EXPECT_EQ(hierarchy->nodes[1].modified_ns, store->stat("a/zarr.json")->modified_ns);
}

TEST(Hierarchy, S4_ConsolidatedZarr3) {
  const json array = testing::small_zarr3();
  const json group = json::parse(kGroup3);
  json root = group;
  root["consolidated_metadata"] = {{"kind", "inline"},
                                   {"must_understand", false},
                                   {"metadata",
                                    {{"g", group},
                                     {"g/a", array},
                                     {"g/a/below", array},
                                     {"../up", array},
                                     {"g//a", array},
                                     {"/abs", array},
                                     {"orphan/x", array},
                                     {"__x", array},
                                     {"odd", 5}}}};
  const auto hierarchy = open_hierarchy(testing::store_with("zarr.json", root.dump()), "", {});
  ASSERT_TRUE(hierarchy.ok()) << hierarchy.status().message();
  EXPECT_THAT(paths(*hierarchy), ElementsAre("", "g", "g/a", "odd"));
  EXPECT_EQ(hierarchy->hidden_names, 6u);
  EXPECT_FALSE(hierarchy->nodes[3].status.ok());
}

TEST(Hierarchy, ConsolidatedZarr2) {
  auto store = testing::store_with("r/.zgroup", R"({"zarr_format": 2})");
  const json document = {{"zarr_consolidated_format", 1},
                         {"metadata",
                          {{".zgroup", {{"zarr_format", 2}}},
                           {"a/.zarray", json::parse(kArray2)},
                           {"a/.zattrs", {{"unit", "mV"}}}}}};
  store->plant("r/.zmetadata", document.dump());
  const auto hierarchy = open_hierarchy(store, "r", {});
  ASSERT_TRUE(hierarchy.ok()) << hierarchy.status().message();
  EXPECT_THAT(paths(*hierarchy), ElementsAre("", "a"));
  EXPECT_EQ(hierarchy->nodes[1].attributes["unit"], "mV");
  ASSERT_NE(hierarchy->nodes[1].field, nullptr);
  EXPECT_EQ(hierarchy->nodes[1].field->url(), "memory://r/a");
}

TEST(Hierarchy, RootArrayAndNothing) {
  auto store = testing::store_with("a/zarr.json", testing::small_zarr3().dump());
  EXPECT_THAT(paths(open_hierarchy(store, "a", {}).value()), ElementsAre(""));
  EXPECT_EQ(open_hierarchy(store, "", {}).status().code(), Code::kNotFound);
}

TEST(Hierarchy, DepthIsBounded) {
  auto store = std::make_shared<MemoryStore>();
  std::string path;
  for (int depth = 0; depth < 100; ++depth) {
    store->plant(path + "zarr.json", kGroup3);
    path += "g/";
  }
  const auto hierarchy = open_hierarchy(store, "", {});
  ASSERT_TRUE(hierarchy.ok());
  EXPECT_EQ(hierarchy->nodes.size(), 65u);
  EXPECT_TRUE(hierarchy->truncated);
}

}  // namespace
}  // namespace neurofs
