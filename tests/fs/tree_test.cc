// The namespace: names to nodes and listings, from metadata alone.
#include "fs/tree.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <thread>

#include "core/storage/memory_store.h"
#include "fs/field_document.h"
#include "fs/mount_point.h"
#include "fs/named_regions.h"

namespace neurofs {
namespace {

FieldSpec spec_of(const Dims& shape, size_t neuron_axes, DataType type = DataType::kFloat32) {
  FieldSpec spec;
  spec.format = "zarr3";
  spec.shape = shape;
  spec.dtype = type;
  spec.chunk_shape = shape;
  spec.neuron_axes = neuron_axes;
  spec.fill.resize(item_size(type));
  return spec;
}

// A tree of one field at the root.
struct FieldTree {
  explicit FieldTree(FieldSpec the_spec) : spec(std::move(the_spec)), tree(directories()) {}

  std::vector<Directory> directories() {
    std::vector<Directory> dirs(1);
    dirs[0].files = std::make_unique<FieldFiles>(spec);
    return dirs;
  }
  Result<Target> find(const std::string& path) const {
    Node node{.kind = Node::Kind::kDirectory};
    Result<Target> target = Target{.node = node};
    size_t from = 0;
    while (from <= path.size()) {
      const size_t slash = std::min(path.find('/', from), path.size());
      target = tree.lookup(node, path.substr(from, slash - from));
      if (!target.ok()) return target;
      node = target->node;
      from = slash + 1;
    }
    return target;
  }
  Code code(const std::string& path) const { return find(path).status().code(); }
  std::vector<std::string> names(const Node& node) const {
    std::vector<std::string> all;
    tree.list(node, 0, [&](std::string_view name, const Node&, uint64_t) {
      all.emplace_back(name);
      return true;
    });
    return all;
  }

  FieldSpec spec;
  Tree tree;
};

FieldTree petabyte() {
  return FieldTree(spec_of({86'000'000'000, 1000}, 1));
}

TEST(Tree, ListsAFieldsDirectory) {
  EXPECT_EQ(petabyte().names({.kind = Node::Kind::kDirectory}),
            (std::vector<std::string>{".neurofs", "field.npy", "field.raw", "field.txt", "neurons",
                                      "regions"}));
  EXPECT_EQ(
      FieldTree(spec_of({}, 0)).names({.kind = Node::Kind::kDirectory}),
      (std::vector<std::string>{".neurofs", "field.npy", "field.raw", "field.txt", "regions"}))
      << "rank 0 has no neurons";
}

TEST(Tree, ANeuronIsOneNodeByBothPaths) {
  const FieldTree field = petabyte();
  const auto direct = field.find("neurons/42000000000.npy");
  const auto browsed = field.find("neurons/42/000/000/42000000000.npy");
  ASSERT_TRUE(direct.ok() && browsed.ok());
  EXPECT_EQ(direct->node, browsed->node);
  EXPECT_EQ(direct->node.number, 42'000'000'000u);
  EXPECT_EQ(field.tree.path_of(direct->node), "neurons/42000000000.npy");
}

TEST(Tree, ABucketHoldsOnlyItsOwnNeurons) {
  const FieldTree field = petabyte();
  EXPECT_EQ(field.code("neurons/42/000/000/42000001000.npy"), Code::kNotFound);
  EXPECT_EQ(field.code("neurons/42/42000000000.npy"), Code::kNotFound);
  EXPECT_EQ(field.code("neurons/42/000/000/000"), Code::kNotFound);
  EXPECT_EQ(field.code("neurons/86"), Code::kNotFound);
  EXPECT_EQ(field.code("neurons/86000000000.npy"), Code::kNotFound);
}

TEST(Tree, NoDirectoryListsMoreThanAThousandNames) {
  const FieldTree field = petabyte();
  EXPECT_EQ(field.names({.kind = Node::Kind::kBucket}).size(), 86u);
  const auto leaf = field.find("neurons/85/999/999");
  ASSERT_TRUE(leaf.ok());
  const auto names = field.names(leaf->node);
  ASSERT_EQ(names.size(), 1000u);
  EXPECT_EQ(names.back(), "85999999999.npy");
}

TEST(Tree, ListingsResumeAtAnyPosition) {
  const FieldTree field(spec_of({700, 2}, 1));
  const Node neurons{.kind = Node::Kind::kBucket};
  uint64_t position = 0;
  std::vector<std::string> all;
  for (bool more = true; more;) {
    int taken = 0;
    more = false;
    field.tree.list(neurons, position, [&](std::string_view name, const Node&, uint64_t next) {
      if (taken++ == 7) return more = true, false;
      all.emplace_back(name);
      position = next;
      return true;
    });
  }
  EXPECT_EQ(all, field.names(neurons));
  EXPECT_EQ(all.size(), 700u);
}

TEST(Tree, S1_StrangeNamesAreNoNames) {
  const FieldTree field = petabyte();
  for (const std::string& name :
       {std::string(""), std::string("."), std::string(".."), std::string("%2e%2e"),
        std::string("1\0.npy", 6), std::string("a:b:c:d:e.npy"), std::string("１.npy"),
        std::string("\n.npy"), std::string("\xff\xfe.npy"), std::string("field"),
        std::string("field.npy "), std::string(255, 'x')}) {
    for (const auto kind : {Node::Kind::kDirectory, Node::Kind::kBucket, Node::Kind::kRegions}) {
      EXPECT_EQ(field.tree.lookup({.kind = kind}, name).status().code(), Code::kNotFound)
          << name.substr(0, 20);
    }
  }
  EXPECT_EQ(
      field.tree.lookup({.kind = Node::Kind::kRegions}, std::string(256, '1')).status().code(),
      Code::kNameTooLong);
  EXPECT_EQ(
      field.tree.lookup({.kind = Node::Kind::kBucket}, std::string(10240, '1')).status().code(),
      Code::kNameTooLong);
}

TEST(Tree, S2_RegionsOutOfBoundsAreInvalid) {
  const FieldTree field = petabyte();
  EXPECT_TRUE(field.find("regions/0:100,5.npy").ok());
  EXPECT_TRUE(field.find("regions/-1.npy").ok());
  EXPECT_TRUE(field.find("regions/....npy").ok());
  EXPECT_EQ(field.code("regions/86000000000.npy"), Code::kInvalidArgument);
  EXPECT_EQ(field.code("regions/::0.npy"), Code::kInvalidArgument);
  EXPECT_EQ(field.find("regions/v1.npy")->kind, Target::Kind::kRegionAlias);
}

TEST(Tree, R17_AFileThatNoKernelCanShowIsOverflow) {
  const FieldTree field(spec_of({Index{1} << 60, 2}, 1, DataType::kInt32));  // 2^63 bytes of text
  EXPECT_EQ(field.code("field.txt"), Code::kOverflow);
  const auto names = field.names({.kind = Node::Kind::kDirectory});
  EXPECT_EQ(std::find(names.begin(), names.end(), "field.txt"), names.end());
  const auto document = field_document(*field.tree.directory(0).files, "memory://x", "");
  EXPECT_TRUE(document["files"]["field"]["txt"].contains("absent"));
  EXPECT_TRUE(document["files"]["neuron"]["txt"].contains("size"));
}

TEST(Tree, GroupsShowArraysAsDirectories) {
  const FieldSpec spec = spec_of({4}, 1);
  std::vector<Directory> dirs(3);
  dirs[0].children = {{"a", 1}, {"b", 2}};
  dirs[1].path = "a";
  dirs[1].files = std::make_unique<FieldFiles>(spec);
  dirs[2].path = "b";
  const Tree tree(std::move(dirs));
  const Node root{.kind = Node::Kind::kDirectory};
  EXPECT_EQ(tree.lookup(root, "a")->node.field, 1u);
  EXPECT_EQ(tree.lookup(root, "field.npy").status().code(), Code::kNotFound);
  EXPECT_EQ(tree.lookup({.kind = Node::Kind::kDirectory, .field = 2}, ".neurofs").status().code(),
            Code::kNotFound);
  EXPECT_EQ(tree.path_of({.kind = Node::Kind::kNeuron, .field = 1, .number = 3}),
            "a/neurons/3." + std::string(all_views()[0].extension));
}

TEST(Tree, ForgedIdsDoNotExist) {
  const FieldTree field = petabyte();
  EXPECT_FALSE(field.tree.exists({.kind = Node::Kind::kNeuron, .number = 86'000'000'000}));
  EXPECT_FALSE(field.tree.exists({.kind = Node::Kind::kNeuron, .view = 9}));
  EXPECT_FALSE(field.tree.exists({.kind = Node::Kind::kWhole, .field = 5}));
  EXPECT_FALSE(field.tree.exists({.kind = Node::Kind::kBucket, .depth = 1, .number = 86}));
  EXPECT_FALSE(field.tree.exists({.kind = Node::Kind::kBucket, .depth = 7}));
  EXPECT_TRUE(field.tree.exists({.kind = Node::Kind::kBucket, .depth = 1, .number = 85}));
}

TEST(Xattrs, DescribeTheField) {
  FieldSpec spec = spec_of({100, 50, 7}, 2);
  spec.attributes = {{"units", "mV"}, {"scale", {1, 2}}};
  const FieldFiles files(spec);
  const XattrSubject whole{files, "file:///x", std::nullopt};
  EXPECT_EQ(xattr_value(whole, "user.neurofs.shape"), "100,50,7");
  EXPECT_EQ(xattr_value(whole, "user.neurofs.dtype"), "float32");
  EXPECT_EQ(xattr_value(whole, "user.neurofs.attr.units"), "mV");
  EXPECT_EQ(xattr_value(whole, "user.neurofs.attr.scale"), "[1,2]");
  EXPECT_EQ(xattr_value(whole, "user.neurofs.neuron"), std::nullopt);
  EXPECT_EQ(xattr_value(whole, "security.selinux"), std::nullopt);
  const XattrSubject neuron{files, "file:///x", 607};
  EXPECT_EQ(xattr_value(neuron, "user.neurofs.shape"), "7");
  EXPECT_EQ(xattr_value(neuron, "user.neurofs.neuron"), "12,7");
  const auto names = xattr_names(neuron);
  EXPECT_NE(std::find(names.begin(), names.end(), "user.neurofs.attr.units"), names.end());
}

TEST(NamedRegions, EditsAreCheckedAndRoundTrip) {
  RegionNames names;
  const Dims shape{1000, 10, 10};
  EXPECT_TRUE(add_region_name(&names, "v1", "0:100,5,::2.npy", shape).ok());
  EXPECT_TRUE(add_region_name(&names, "v2", "0:100", shape).ok());
  EXPECT_EQ(names["v2"], "0:100.npy");
  EXPECT_FALSE(add_region_name(&names, "0:5", "0:100.npy", shape).ok());
  EXPECT_FALSE(add_region_name(&names, "a/b", "0:100.npy", shape).ok());
  EXPECT_FALSE(add_region_name(&names, "v3", "2000.npy", shape).ok());
  EXPECT_FALSE(add_region_name(&names, "v3", "../../etc/passwd", shape).ok());
  const auto read_back = parse_region_names(format_region_names(names));
  ASSERT_TRUE(read_back.ok());
  EXPECT_EQ(*read_back, names);
  EXPECT_TRUE(remove_region_name(&names, "v1").ok());
  EXPECT_EQ(remove_region_name(&names, "v1").code(), Code::kNotFound);
}

TEST(NamedRegions, HostileSideFilesAreRefused) {
  for (const std::string& text :
       {std::string("["), std::string("[]"), std::string("{\"a\": 1}"), std::string("\xff"),
        std::string(100'000, '['), std::string("{\"a\":") + std::string(100'000, '[')}) {
    EXPECT_FALSE(parse_region_names(text).ok()) << text.substr(0, 20);
  }
}

// A store whose reads wait until the test lets them go on.
class HeldStore final : public MemoryStore {
 public:
  void read(std::span<ReadOp> batch) override {
    entered.count_down();
    go_on.wait();
    MemoryStore::read(batch);
  }
  std::latch entered{1};
  std::latch go_on{1};
};

TEST(NamedRegions, WhoComesDuringTheFirstLookWaitsForIt) {
  HeldStore store;
  store.plant(".neurofs-regions.json", R"({"v1": "0:100.npy"})");
  const FieldSpec spec = spec_of({1000, 10}, 1);
  RegionLooks looks;
  NamedRegions named(store, ".neurofs-regions.json", spec, 0, looks, std::chrono::minutes(1));
  const auto look = [&] { return named.current()->contains("v1"); };
  auto first = std::async(std::launch::async, look);
  store.entered.wait();
  auto second = std::async(std::launch::async, look);
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  store.go_on.count_down();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_EQ(named.modified_ns(), 0);
}

TEST(NamedRegions, ABadSideFileLeavesTheNamesInTheAttributes) {
  MemoryStore store;
  store.plant(".neurofs-regions.json", "{");
  FieldSpec spec = spec_of({1000, 10}, 1);
  spec.attributes["neurofs.regions"] = {{"v1", "0:100.npy"}};
  RegionLooks looks;
  NamedRegions named(store, ".neurofs-regions.json", spec, 0, looks);
  EXPECT_TRUE(named.current()->contains("v1"));
}

TEST(NamedRegions, R45_AStoreThatStallsHoldsNobodyUp) {
  HeldStore store;
  store.plant(".neurofs-regions.json", R"({"v2": "0:100.npy"})");
  FieldSpec spec = spec_of({1000, 10}, 1);
  spec.attributes["neurofs.regions"] = {{"v1", "0:100.npy"}};
  RegionLooks looks;
  NamedRegions named(store, ".neurofs-regions.json", spec, 7, looks, std::chrono::milliseconds(10));
  EXPECT_TRUE(named.current()->contains("v1"));
  EXPECT_FALSE(named.current()->contains("v2"));
  EXPECT_EQ(named.modified_ns(), 7);
  store.go_on.count_down();
  while (!named.current()->contains("v2"))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_GT(named.modified_ns(), 7) << "the kernel must list the directory anew";
}

TEST(MountPoint, R46_SourceAndMountPointStayApart) {
  EXPECT_TRUE(check_apart("/data/a", "/data/ab").ok());
  EXPECT_FALSE(check_apart("/data/a", "/data/a/mnt").ok());
  EXPECT_FALSE(check_apart("/mnt/x/a", "/mnt/x").ok());
  EXPECT_FALSE(check_apart("/data/a", "/data/a").ok());
  EXPECT_FALSE(check_apart("/data/a", "/").ok());
}

TEST(MountPoint, ReadsMountinfo) {
  constexpr std::string_view kText =
      "22 1 254:0 / / rw - ext4 /dev/vda rw\n"
      "90 22 0:51 / /mnt/my\\040brain ro,nosuid shared:1 - fuse.neurofs file:///data/x ro\n"
      "91 22 0:52 / /mnt/my\\040brain ro,nosuid - fuse.neurofs file:///data/y ro\n"
      "broken\n";
  const auto mount = find_mount_in(kText, "/mnt/my brain");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->type, "fuse.neurofs");
  EXPECT_EQ(mount->source, "file:///data/y");
  EXPECT_EQ(mount->device_minor, 52u);
  EXPECT_FALSE(find_mount_in(kText, "/mnt"));
}

}  // namespace
}  // namespace neurofs
