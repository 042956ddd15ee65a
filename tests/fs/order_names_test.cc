// The namespace below an order of neurons, over a file system without a kernel.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "core/geometry/neuron_order.h"
#include "fs/explain_name.h"
#include "tests/fs/names_fixture.h"
#include "tests/fs/npy_text.h"
#include "tests/fs/stalled_store.h"

namespace neurofs {
namespace {

using namespace test;

class OrderNames : public NamesFixture {
 protected:
  static std::shared_ptr<const NeuronOrder> order(const char* name) {
    return shuffled_order(parse_order_name(name).value(), kRows);
  }
  // What a row of the field holds.
  static std::vector<float> row(Index neuron) {
    std::vector<float> all;
    for (int f = 0; f < kFeatures; ++f) all.push_back(stored_value(static_cast<int>(neuron), f));
    return all;
  }
  void plant(const std::string& name, const std::string& file) {
    store->plant(".neurofs-selections/" + name + ".npy", file);
  }
  std::string why(const std::string& path) {
    const auto entry = find(path);
    return entry.ok() ? "it is found" : entry.status().message();
  }
};

TEST_F(OrderNames, ShowTheNeuronsInTheirOrder) {
  open();
  for (const char* name : {"shuffle=42", "shuffle=42,block=100", "shuffle=42,block=100,buffer=2",
                           "shuffle=42,rank=2,world=7"}) {
    const auto by = order(name);
    const std::string directory = "@" + std::string(name);
    const auto all = values<float>(directory + "/field.raw");
    ASSERT_EQ(all.size(), static_cast<size_t>(by->size()) * kFeatures) << name;
    for (Index p = 0; p < by->size(); ++p) {
      const auto want = row(by->at(p));
      ASSERT_TRUE(std::equal(want.begin(), want.end(), all.begin() + p * kFeatures)) << name << p;
    }
    for (const Index p : {Index{0}, Index{7}, by->size() - 1}) {
      EXPECT_EQ(values<float>(directory + "/neurons/" + std::to_string(p) + ".raw"),
                row(by->at(p)));
      const auto part = values<float>(directory + "/regions/" + std::to_string(p) + ",1:3.raw");
      EXPECT_EQ(part, (std::vector<float>{row(by->at(p))[1], row(by->at(p))[2]}));
    }
    EXPECT_FALSE(find(directory + "/neurons/" + std::to_string(by->size()) + ".raw").ok());
  }
}

TEST_F(OrderNames, SizesAndBucketsAreOfTheOrder) {
  open();
  EXPECT_EQ(find("@shuffle=1/field.npy")->attr.size, find("field.npy")->attr.size);
  EXPECT_EQ(list(find("@shuffle=1/neurons")->id), list(find("neurons")->id));
  // 600 of 1200: no buckets.
  EXPECT_EQ(list(find("@shuffle=1,rank=0,world=2/neurons")->id).size(), 602u);
  EXPECT_EQ(find("@shuffle=1,rank=0,world=2/field.raw")->attr.size, 600u * kFeatures * 4);
  EXPECT_EQ(find("@shuffle=1,rank=0,world=1201/field.raw")->attr.size, 0u);
  const auto names = list(kRootId);
  EXPECT_TRUE(std::none_of(names.begin(), names.end(),
                           [](const std::string& name) { return name[0] == '@'; }));
}

TEST_F(OrderNames, LensesComposeAndAllSpellingsShareOneFile) {
  open();
  const auto first = order("shuffle=42,block=64")->at(5);
  std::vector<double> want;
  for (const float value : row(first)) want.push_back(value > 0 ? value : 0);
  const char* spellings[] = {"@relu,f64/@shuffle=42,block=64", "@shuffle=42,block=64/@relu,f64",
                             "@relu/@shuffle=42,buffer=16,block=64/@f64",
                             "@shuffle=42,block=64,rank=0,world=1/@relu/@f64"};
  std::set<uint64_t> ids;
  for (const std::string spelling : spellings) {
    EXPECT_EQ(values<double>(spelling + "/neurons/5.raw"), want) << spelling;
    ids.insert(find(spelling + "/neurons/5.raw")->id.value());
    EXPECT_EQ(find(spelling)->attr.inode, find(spellings[0])->attr.inode);
  }
  EXPECT_EQ(ids.size(), 1u);
}

TEST_F(OrderNames, InodesAreTheSameInAnotherMountAndUnlikeOthers) {
  open();
  const char* paths[] = {"@shuffle=1",
                         "@shuffle=1/field.npy",
                         "@shuffle=1/neurons",
                         "@shuffle=1/neurons/1",
                         "@shuffle=1/neurons/7.npy",
                         "@shuffle=1/regions/1.npy",
                         "@shuffle=2/field.npy",
                         "@shuffle=1/@relu/field.npy",
                         "field.npy",
                         "@relu/field.npy",
                         "@shuffle=1,rank=0,world=2/neurons/7.npy"};
  std::vector<uint64_t> inodes;
  for (const char* path : paths) inodes.push_back(find(path)->attr.inode);
  fs = file_system_over(store);
  for (size_t i = 0; i < std::size(paths); ++i) {
    EXPECT_EQ(find(paths[i])->attr.inode, inodes[i]) << paths[i];
  }
  EXPECT_EQ((std::set<uint64_t>(inodes.begin(), inodes.end()).size()), inodes.size());
}

TEST_F(OrderNames, WhatIsNoOrderIsNotFoundAndSaysWhy) {
  open();
  const std::pair<const char*, const char*> cases[] = {
      {"@shuffle=x", "cannot be the shuffle"},
      {"@shuffle=1,rank=8,world=8", "not below world=8"},
      {"@shuffle=1,depth=3", "no \"depth\""},
      {"@shuffle=1/@shuffle=1", "one order, and this one is in @shuffle=1"},
      {"@shuffle=1/@relu/@take=x", "one order"},
      {"@relu,shuffle=1", "a directory of its own: @relu/@shuffle=1"},
      {"@take=x", "no selection \"x\""},
      {"@take=../x", "cannot name a selection"}};
  for (const auto& [path, reason] : cases) {
    EXPECT_EQ(find(path).status().code(), Code::kNotFound) << path;
    EXPECT_NE(why(path).find(reason), std::string::npos) << path << ": " << why(path);
  }
  const std::string errors = text(".neurofs/errors");
  EXPECT_NE(errors.find("not below world=8"), std::string::npos) << errors;
  EXPECT_NE(errors.find("\"path\":\"@shuffle=1/@shuffle=1\""), std::string::npos) << errors;
}

TEST_F(OrderNames, ASelectionThatIsNotThereMayAppearSoon) {
  open();
  EXPECT_EQ(fs->absent_lifetime(kRootId, "@take=x"), Lifetime::kNamed);
  EXPECT_EQ(fs->absent_lifetime(kRootId, "@take=x,rank=0,world=2"), Lifetime::kNamed);
  EXPECT_EQ(fs->absent_lifetime(kRootId, "@shuffle=x"), Lifetime::kLong);
  EXPECT_EQ(fs->absent_lifetime(kRootId, "x"), Lifetime::kLong);
  EXPECT_EQ(fs->absent_lifetime(find("regions")->id, "x.npy"), Lifetime::kNamed);
}

TEST_F(OrderNames, DescribeThemselves) {
  open();
  const auto by = order("shuffle=1,rank=1,world=2");
  const NodeId neuron = find("@shuffle=1,rank=1,world=2/@f64/neurons/7.npy")->id;
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.order"), "shuffle=1,rank=1,world=2");
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.neuron"), "7");
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.stored_neuron"), std::to_string(by->at(7)));
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.field_shape"), "600,4");
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.stored_shape"), "1200,4");
  EXPECT_FALSE(fs->getxattr(find("neurons/7.npy")->id, "user.neurofs.order").ok());
  const auto document =
      nlohmann::json::parse(text("@shuffle=1,rank=1,world=2/.neurofs/field.json"));
  EXPECT_EQ(document["order"], "shuffle=1,rank=1,world=2");
  EXPECT_EQ(document["shape"], (std::vector<int>{600, 4}));
  EXPECT_EQ(document["neurons"], 600);
  EXPECT_EQ(document["size"], 600 * 4 * 4);
}

TEST_F(OrderNames, SelectionsListRowsOfAnyIntegerType) {
  open();
  plant("some", npy_text("<i4", "(4,)", bytes_of({7, 0, 7, 1199})));
  plant("big", npy_text(">u2", "(2,)", std::string("\x04\xaf\x00\x01", 4)));
  plant("none", npy_text("<i8", "(0,)", ""));
  const auto all = values<float>("@take=some/field.raw");
  ASSERT_EQ(all.size(), 4u * kFeatures);
  EXPECT_EQ(values<float>("@take=some/neurons/2.raw"), row(7));
  EXPECT_EQ(values<float>("@take=some/neurons/3.raw"), row(1199));
  EXPECT_EQ(values<float>("@take=some,rank=1,world=2/neurons/0.raw"), row(7));
  EXPECT_EQ(values<float>("@take=big/neurons/0.raw"), row(1199));
  EXPECT_EQ(values<float>("@take=big/regions/-1.raw"), row(1));
  EXPECT_EQ(find("@take=none/field.raw")->attr.size, 0u);
  EXPECT_EQ(find("@take=some")->lifetime, Lifetime::kNamed);
}

TEST_F(OrderNames, BadSelectionsAreRefusedWithTheReason) {
  open();
  const std::pair<std::string, const char*> files[] = {
      {npy_text("<i4", "(2,)", bytes_of({0, 1200})), "row 1 of the selection is 1200"},
      {npy_text("<i4", "(1,)", bytes_of({-1})), "row 0 of the selection is -1"},
      {npy_text("<u8", "(1,)", std::string(8, '\xff')),
       "row 0 of the selection is 18446744073709551615, which is no neuron of the field"},
      {npy_text("<f4", "(1,)", bytes_of({0})), "an array of float32"},
      {npy_text("|b1", "(1,)", "\x01"), "an array of bool"},
      {npy_text("<i4", "(1, 1)", bytes_of({0})), "has one axis"},
      {npy_text("<i4", "()", bytes_of({0})), "has one axis"},
      {npy_text("<i4", "(2,)", bytes_of({0})), "cut short"},
      {npy_text("<i4", "(4611686018427387904,)", bytes_of({0})), "f8.npy"},
      {npy_text("<i1", "(16777217,)", std::string(16777217, '\0')), "is the most"},
      {"", ".npy"},
      {"not an array at all", ".npy"}};
  int number = 0;
  for (const auto& [file, reason] : files) {
    const std::string name = "f" + std::to_string(number++);
    plant(name, file);
    const auto entry = find("@take=" + name);
    ASSERT_FALSE(entry.ok()) << name;
    EXPECT_NE(entry.status().message().find(reason), std::string::npos)
        << name << ": " << entry.status().message();
  }
}

TEST_F(OrderNames, ASelectionThatChangesIsAnotherDirectory) {
  open();
  plant("some", npy_text("<i4", "(1,)", bytes_of({7})));
  const auto before = find("@take=some/field.raw");
  EXPECT_EQ(find("@take=some/field.raw")->id, before->id);
  plant("some", npy_text("<i4", "(1,)", bytes_of({8})));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (find("@take=some/field.raw")->id == before->id &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(values<float>("@take=some/field.raw"), row(8));
  ByteVector old(16);
  ASSERT_TRUE(fs->read(before->id, 0, old, 1).ok());
  EXPECT_EQ(std::memcmp(old.data(), row(7).data(), 16), 0) << "an open file stays what it was";
}

// Two lists whose hashes are one.
TEST_F(OrderNames, ACraftedListWithTheHashOfAnotherShowsItsOwnRows) {
  const std::vector<Index> rows{2744648, 0}, crafted{521463, 2086416};
  constexpr Index kNeurons = Index{1} << 22;
  ASSERT_EQ((*make_selection(rows, kNeurons))->hash, (*make_selection(crafted, kNeurons))->hash);
  auto wide = std::make_shared<MemoryStore>();
  wide->plant("zarr.json", R"({
    "zarr_format": 3, "node_type": "array", "shape": [4194304, 4], "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4194304, 4]}},
    "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}]})");
  wide->plant(".neurofs-selections/x.npy", npy_of({2744648, 0}));
  fs = file_system_over(wide);
  const auto old = find("@take=x/neurons/0.npy");
  const auto directory = find("@take=x");
  ASSERT_TRUE(old.ok()) << old.status().to_string();
  wide->plant(".neurofs-selections/x.npy", npy_of({521463, 2086416}));
  std::this_thread::sleep_for(std::chrono::milliseconds(1050));
  const auto now = find("@take=x/neurons/0.npy");
  EXPECT_EQ(*fs->getxattr(now->id, "user.neurofs.stored_neuron"), "521463");
  EXPECT_EQ(*fs->getxattr(old->id, "user.neurofs.stored_neuron"), "2744648");
  EXPECT_NE(now->attr.inode, old->attr.inode);
  EXPECT_NE(find("@take=x")->id, directory->id);
  EXPECT_EQ(find("@take=x/neurons/0.npy")->id, now->id);
}

TEST_F(OrderNames, ASelectionThatStallsHoldsUpNoOtherName) {
  open();
  plant("some", npy_text("<i4", "(1,)", bytes_of({7})));
  const auto stalled = std::make_shared<StalledStore>(store, ".neurofs-selections");
  fs = file_system_over(stalled);
  std::thread waiting([this] { EXPECT_EQ(values<float>("@take=some/field.raw"), row(7)); });
  while (stalled->stalled == 0) std::this_thread::yield();
  // The store has not answered: these are told without it.
  EXPECT_TRUE(find("field.npy").ok());
  EXPECT_TRUE(find("@shuffle=1/neurons/7.npy").ok());
  EXPECT_TRUE(find("@take=bad name").status().code() == Code::kNotFound);
  stalled->let_go = true;
  waiting.join();
}

TEST_F(OrderNames, AreExplained) {
  open();
  const auto kept = open_stored_field(store, "", {}).value();
  const auto explained = [&](const char* path) { return explain_name(kept->spec(), path); };
  const auto good = explained("@relu/@shuffle=42,block=8,rank=0,world=2/@f64/neurons/7.npy");
  ASSERT_TRUE(good.ok);
  EXPECT_EQ(good.parts[1].kind, "order");
  EXPECT_NE(good.parts[1].meaning.find("600 of 1200"), std::string::npos) << good.parts[1].meaning;
  EXPECT_NE(good.parts[4].meaning.find("of 600 in this order"), std::string::npos);
  EXPECT_FALSE(explained("@shuffle=1,rank=0,world=2/neurons/600.npy").ok);
  const auto twice = explained("@shuffle=1/@shuffle=2");
  EXPECT_FALSE(twice.ok);
  EXPECT_NE(twice.parts[1].meaning.find("one order"), std::string::npos);
  EXPECT_TRUE(explained("@take=train/neurons/7.npy").ok);
  EXPECT_FALSE(explained("@shuffle=1,rank=4,world=4").ok);
}

TEST_F(OrderNames, AFieldWithoutNeuronsHasNone) {
  auto scalar = std::make_shared<MemoryStore>();
  scalar->plant("zarr.json", R"({
    "zarr_format": 3, "node_type": "array", "shape": [], "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": []}},
    "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}]})");
  fs = file_system_over(scalar);
  EXPECT_EQ(find("@shuffle=1").status().code(), Code::kNotFound);
}

TEST_F(OrderNames, ASelectionLargerThanAFileCanBeIsOverflow) {
  auto huge = std::make_shared<MemoryStore>();
  huge->plant("zarr.json", R"({
    "zarr_format": 3, "node_type": "array", "shape": [2, 2305843009213693952], "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1048576]}},
    "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}]})");
  huge->plant(".neurofs-selections/x.npy", npy_text("<i4", "(4,)", bytes_of({0, 1, 0, 1})));
  fs = file_system_over(huge);
  EXPECT_TRUE(find("@shuffle=1/regions/1,5.raw").ok());
  EXPECT_EQ(find("@take=x").status().code(), Code::kOverflow);
}

}  // namespace
}  // namespace neurofs
