// The namespace below a lens, over a file system without a kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "fs/kernel_cache.h"
#include "tests/fs/names_fixture.h"

namespace neurofs {
namespace {

using namespace test;

class LensNames : public NamesFixture {};

TEST_F(LensNames, AreFoundButNotListed) {
  open();
  const auto names = list(kRootId);
  const auto lens = find("@relu");
  ASSERT_TRUE(lens.ok());
  EXPECT_EQ(lens->attr.type, FileType::kDirectory);
  EXPECT_EQ(list(lens->id), names);
  EXPECT_TRUE(std::none_of(names.begin(), names.end(),
                           [](const std::string& name) { return name[0] == '@'; }));
  EXPECT_EQ(list(find("@relu/neurons/1")->id), list(find("neurons/1")->id));
}

TEST_F(LensNames, ShowWhatTheLensGives) {
  open();
  EXPECT_EQ(values<float>("@relu/neurons/7.raw"), (std::vector<float>{7, 0, 0, 0}));
  EXPECT_EQ(values<float>("neurons/7.raw"), (std::vector<float>{7, -93, -193, -293}));
  EXPECT_EQ(values<double>("@relu,f64/neurons/1/1150.raw"),
            (std::vector<double>{1150, 1050, 950, 850}));
  EXPECT_EQ(find("@relu/neurons/1/150.raw").status().code(), Code::kNotFound);
}

TEST_F(LensNames, SizesFollowTheResultType) {
  open();
  EXPECT_EQ(find("@f64/field.raw")->attr.size, uint64_t{kRows} * kFeatures * 8);
  EXPECT_EQ(find("@f64/neurons/7.raw")->attr.size, uint64_t{kFeatures} * 8);
  EXPECT_EQ(find("@f64/regions/3:9,1.raw")->attr.size, uint64_t{6} * 8);
  EXPECT_EQ(find("@f64/neurons/7.txt")->attr.size, uint64_t{kFeatures} * 25);
  EXPECT_NE(text("@f64/neurons/7.npy").find("'descr': '<f8'"), std::string::npos);
  EXPECT_EQ(values<double>("@f64/regions/7,:.raw"), (std::vector<double>{7, -93, -193, -293}));
}

TEST_F(LensNames, EveryByteRangeIsTheSame) {
  open();
  const ByteVector all = bytes("@relu,f64/regions/90:94.raw");
  ASSERT_EQ(all.size(), 4u * 4 * 8);
  for (size_t from = 0; from < all.size(); from += 3) {
    for (size_t length = 1; from + length <= all.size(); length += 5) {
      const ByteVector part = bytes("@relu,f64/regions/90:94.raw", from, length);
      ASSERT_EQ(part, ByteVector(all.begin() + from, all.begin() + from + length)) << from;
    }
  }
}

TEST_F(LensNames, NestAndShareOneFileForAllSpellings) {
  open();
  const auto chain = find("@relu,f64");
  const auto nested = find("@relu/@f64");
  const auto spelled = find("@relu,float64");
  ASSERT_TRUE(chain.ok() && nested.ok() && spelled.ok());
  EXPECT_EQ(chain->attr.inode, nested->attr.inode);
  EXPECT_EQ(chain->attr.inode, spelled->attr.inode);
  // The kernel has one name for a directory: each spelling is a node of its own.
  EXPECT_EQ((std::set{chain->id, nested->id, spelled->id}.size()), 3u);
  for (const char* file : {"/field.npy", "/neurons/7.npy", "/regions/0:3.raw"}) {
    const auto one = find("@relu,f64" + std::string(file));
    const auto two = find("@relu/@f64" + std::string(file));
    ASSERT_TRUE(one.ok() && two.ok()) << file;
    EXPECT_EQ(one->id, two->id) << file;
    EXPECT_EQ(one->attr.inode, two->attr.inode) << file;
  }
  EXPECT_EQ(find("@relu/neurons/7.npy")->id, find("@relu/neurons/0/7.npy")->id);
  EXPECT_NE(find("@relu/neurons/0")->id, find("@f64/neurons/0")->id);
}

TEST_F(LensNames, NestingHasAnEnd) {
  open();
  for (const std::string step : {"@f32", "@relu"}) {
    std::string path = step;
    int depth = 1;
    for (; depth < 200 && find(path).ok(); ++depth) path += "/" + step;
    EXPECT_LT(depth, 100) << step;
    EXPECT_EQ(find(path).status().code(), Code::kNotFound);
  }
}

TEST_F(LensNames, InodesAreTheSameInAnotherMountAndUnlikeOthers) {
  open();
  const char* paths[] = {"@relu",
                         "@relu/field.npy",
                         "@relu/neurons",
                         "@relu/neurons/1",
                         "@relu/neurons/7.npy",
                         "@relu/regions",
                         "@relu/regions/1.npy",
                         "@relu/.neurofs/field.json",
                         "@f64/field.npy"};
  std::vector<uint64_t> inodes;
  for (const char* path : paths) inodes.push_back(find(path)->attr.inode);
  fs = test::file_system_over(store);
  for (size_t i = 0; i < std::size(paths); ++i) {
    EXPECT_EQ(find(paths[i])->attr.inode, inodes[i]) << paths[i];
  }
  EXPECT_EQ((std::set<uint64_t>(inodes.begin(), inodes.end()).size()), inodes.size());
  EXPECT_NE(find("field.npy")->attr.inode, inodes[1]);
}

TEST_F(LensNames, ListingsTellTheInodesThatLookUpsTell) {
  open();
  for (const char* directory : {"@relu", "@relu/neurons", "@relu/neurons/1", "@raw"}) {
    const NodeId id = find(directory)->id;
    const Status status =
        fs->readdir(id, 2, [&](std::string_view name, const Entry& entry, uint64_t) {
          const auto found = fs->lookup(id, name);
          EXPECT_TRUE(found.ok()) << name;
          EXPECT_EQ(found->attr.inode, entry.attr.inode) << directory << "/" << name;
          // Else the kernel would know a directory by two names.
          const bool interned_directory =
              entry.attr.type == FileType::kDirectory && entry.id != NodeId(0);
          EXPECT_FALSE(interned_directory) << directory << "/" << name;
          return true;
        });
    EXPECT_TRUE(status.ok());
  }
}

TEST_F(LensNames, GoWithTheLastForget) {
  open();
  const auto lens = find("@relu");
  const auto neurons = fs->lookup(lens->id, "neurons");
  const auto neuron = fs->lookup(neurons->id, "7.npy");
  fs->forget(lens->id, 1);
  EXPECT_EQ(fs->getattr(lens->id).status().code(), Code::kStale);
  ByteVector out(1000);
  EXPECT_TRUE(fs->read(neuron->id, 0, out, 1).ok()) << "a file outlives its directory's node";
  fs->forget(neurons->id, 1);
  fs->forget(neuron->id, 1);
  EXPECT_EQ(fs->read(neuron->id, 0, out, 1).status().code(), Code::kStale);
  // The files of the lens are made anew.
  EXPECT_EQ(values<float>("@relu/neurons/7.raw"), (std::vector<float>{7, 0, 0, 0}));
}

TEST_F(LensNames, WhatIsNoLensIsNotFoundAndSaysWhy) {
  open();
  for (const std::string& name :
       {std::string("@"), std::string("@rellu"), std::string("@scale"), std::string("@relu,"),
        std::string("@,relu"), std::string("@relu,raw"), std::string("@relu/@raw"),
        std::string("@relu\n"), std::string("@\xff\xfe"), "@" + std::string(254, ','),
        "@" + std::string(200, 'x'),
        std::string("@relu,relu,relu,relu,relu,relu,relu,relu,relu,"
                    "relu,relu,relu,relu,relu,relu,relu,relu")}) {
    EXPECT_EQ(find(name).status().code(), Code::kNotFound) << name;
  }
  EXPECT_EQ(find("@" + std::string(255, 'x')).status().code(), Code::kNameTooLong);
  EXPECT_EQ(find("neurons/@relu").status().code(), Code::kNotFound);
  EXPECT_EQ(find("regions/@relu").status().code(), Code::kNotFound);
  const std::string errors = text(".neurofs/errors");
  EXPECT_NE(errors.find("\"path\":\"@rellu\""), std::string::npos) << errors;
  EXPECT_NE(errors.find("\"path\":\"@relu/@raw\""), std::string::npos) << errors;
  EXPECT_NE(errors.find("rellu"), std::string::npos);
}

TEST_F(LensNames, DescribeThemselves) {
  open();
  const NodeId neuron = find("@relu,f64/neurons/7.npy")->id;
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.dtype"), "float64");
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.stored_dtype"), "float32");
  EXPECT_EQ(*fs->getxattr(neuron, "user.neurofs.lens"), "relu,f64");
  EXPECT_EQ(*fs->getxattr(find("@relu")->id, "user.neurofs.fill_value"), "0.00000000e+00");
  EXPECT_FALSE(fs->getxattr(find("neurons/7.npy")->id, "user.neurofs.lens").ok());
  const auto document = nlohmann::json::parse(text("@relu,f64/.neurofs/field.json"));
  EXPECT_EQ(document["dtype"], "float64");
  EXPECT_EQ(document["stored_dtype"], "float32");
  EXPECT_EQ(document["lens"], "relu,f64");
  EXPECT_EQ(document["size"], kRows * kFeatures * 8);
  EXPECT_EQ(document["neuron_size"], kFeatures * 8);
  EXPECT_EQ(find("@relu/.neurofs/status.json").status().code(), Code::kNotFound);
}

TEST_F(LensNames, FillValuesGoThroughTheLens) {
  open();
  store->plant("zarr.json", metadata("{}"));
  ASSERT_TRUE(store->remove("c/0/0").ok());
  fs = test::file_system_over(store);
  EXPECT_EQ(values<float>("neurons/7.raw"), (std::vector<float>(4, -3)));
  EXPECT_EQ(values<double>("@relu,f64/neurons/7.raw"), (std::vector<double>(4, 0)));
}

TEST_F(LensNames, AnActivationIsTheFieldsOwnLens) {
  for (const char* attributes :
       {R"({"neurofs.activation": "relu"})", R"({"neurofs": {"activation": "relu"}})"}) {
    open(attributes);
    EXPECT_EQ(values<float>("neurons/7.raw"), (std::vector<float>{7, 0, 0, 0}));
    EXPECT_EQ(values<float>("@raw/neurons/7.raw"), (std::vector<float>{7, -93, -193, -293}));
    EXPECT_EQ(values<double>("@raw,f64/neurons/7.raw"), (std::vector<double>{7, -93, -193, -293}));
    EXPECT_EQ(values<double>("@f64/neurons/7.raw"), (std::vector<double>{7, 0, 0, 0}));
    EXPECT_EQ(find("@raw,relu/field.npy")->id, find("field.npy")->id);
    EXPECT_EQ(find("@raw,relu/neurons/7.npy")->id, find("neurons/7.npy")->id);
    EXPECT_EQ(find("@raw/@relu/neurons/7.npy")->id, find("neurons/7.npy")->id);
    EXPECT_NE(find("@raw,relu/neurons")->id, find("neurons")->id);
    EXPECT_EQ(*fs->getxattr(kRootId, "user.neurofs.activation"), "relu");
    EXPECT_EQ(*fs->getxattr(kRootId, "user.neurofs.lens"), "relu");
    EXPECT_EQ(nlohmann::json::parse(text(".neurofs/field.json"))["activation"], "relu");
  }
}

TEST_F(LensNames, RawIsThereWithoutAnActivationToo) {
  open();
  EXPECT_EQ(find("@raw/field.npy")->id, find("field.npy")->id);
  EXPECT_EQ(find("@raw/@relu/neurons/7.npy")->id, find("@relu/neurons/7.npy")->id);
}

TEST_F(LensNames, AFieldWithABadActivationIsNotShown) {
  for (const char* attributes :
       {R"({"neurofs.activation": "rellu"})", R"({"neurofs.activation": 7})",
        R"({"neurofs.activation": ""})", R"({"neurofs": {"activation": "raw"}})"}) {
    EngineOptions options;
    options.threads = 1;
    const auto bad = store_of(attributes);
    const auto made =
        FileSystem::create({Engine::create(options).value(), bad,
                            open_hierarchy(bad, "", FieldOptions{}).value(), MountInfo{}});
    ASSERT_FALSE(made.ok()) << attributes;
    EXPECT_EQ(made.status().code(), Code::kInvalidArgument);
    EXPECT_NE(made.status().message().find("neurofs.activation"), std::string::npos);
  }
}

TEST_F(LensNames, AResultThatCannotBeCountedIsOverflow) {
  auto huge = std::make_shared<MemoryStore>();
  huge->plant("zarr.json", R"({
    "zarr_format": 3, "node_type": "array", "shape": [2305843009213693952], "data_type": "uint8",
    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1048576]}},
    "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": [{"name": "bytes"}]})");
  fs = test::file_system_over(huge);
  EXPECT_TRUE(find("@f16/neurons/2305843009213693951.raw").ok());
  EXPECT_EQ(find("@f64").status().code(), Code::kOverflow);
}

TEST_F(LensNames, AChangeDropsThemToo) {
  open();
  std::mutex mutex;
  std::vector<std::string> names;
  std::vector<NodeId> files;
  KernelCache cache(*fs, 1000,
                    {.take_back_name =
                         [&](NodeId, const std::string& name) {
                           const std::lock_guard lock(mutex);
                           names.push_back(name);
                         },
                     .drop_pages =
                         [&](NodeId file) {
                           const std::lock_guard lock(mutex);
                           files.push_back(file);
                         },
                     .under_way = [](NodeId) { return std::nullopt; }});
  EXPECT_EQ(values<float>("@relu/neurons/7.raw")[0], 7);
  const NodeId neuron = find("@relu/neurons/7.raw")->id;
  const NodeId region = find("@relu/regions/7.raw")->id;
  store->plant("c/0/0", std::string(kRows * kFeatures * 4, '\0'));
  cache.revalidate();
  const auto dropped = [&](NodeId file) {
    const std::lock_guard lock(mutex);
    return std::find(files.begin(), files.end(), file) != files.end();
  };
  for (int i = 0; i < 1000 && !dropped(neuron); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(values<float>("@relu/neurons/7.raw")[0], 0);
  cache.stop();
  ASSERT_TRUE(cache.wait(std::chrono::seconds(10)));
  EXPECT_NE(std::find(names.begin(), names.end(), "@relu"), names.end());
  EXPECT_TRUE(dropped(neuron));
  EXPECT_TRUE(dropped(region));
}

}  // namespace
}  // namespace neurofs
