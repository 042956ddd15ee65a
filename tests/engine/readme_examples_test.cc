// The examples of core/README.md, compiled and run. What stands between "example" marks is what the
// README shows; ReadmeShowsThem checks that the two agree.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "core/engine/neurofs.h"

namespace neurofs {
namespace {

std::string scratch_path(const std::string& name) {
  const std::string path = testing::TempDir() + "neurofs-" + name + "-" + std::to_string(getpid());
  std::filesystem::remove_all(path);
  return path;
}

Status petabyte(const std::string& path) {
  // [example petabyte]
  NF_ASSIGN(auto field, MMapNeuralField::create(path, {.shape = {86'000'000'000, 1000}}));
  NF_ASSIGN(auto neuron, field.get(42'000'000'000));     // 344 TB on paper, kilobytes on disk
  std::span<const float> features = neuron.as<float>();  // 1000 values, no copy
  // [end]
  EXPECT_EQ(features.size(), 1000u);
  EXPECT_EQ(features[999], 0.0f);
  return {};
}

Status write_and_read(const std::string& path) {
  // [example write]
  NF_ASSIGN(auto store, open_store(path, {.writable = true, .create = true}));
  NF_TRY(
      create_field(*store, "", {.shape = {1000, 1000, 256}}));  // a volume of 1000 x 1000 neurons
  NF_ASSIGN(auto stored, open_stored_field(store, "", {}));
  NF_ASSIGN(auto writer, FieldWriter::open(stored));
  NF_ASSIGN(auto corner, parse_region("-2:,-1,:", stored->spec().shape));
  std::vector<float> values(2 * 256);  // 2 neurons at the far end
  std::iota(values.begin(), values.end(), 1.0f);
  NF_TRY(writer->write(corner, std::as_bytes(std::span(values))));
  // [end]
  // [example tiers]
  NF_ASSIGN(auto memory, TieredMemory::open(path, {.ram_bytes = 256u << 20}));
  NF_ASSIGN(auto last, memory.get(999'999));  // pinned in RAM while `last` lives
  std::vector<Index> batch = {999'999, 7, 998'999};
  std::vector<float> rows(batch.size() * 256);
  NF_TRY(memory.batch_get(batch, std::as_writable_bytes(std::span(rows))));
  LazyActivation later = memory.lazy(12);  // nothing is read yet
  // [end]
  // [example lens]
  NF_ASSIGN(auto active, memory.with_lens("relu,scale=0.5"));  // the same tiers, other values
  NF_ASSIGN(auto halves, active.get(999'999));                 // made now, kept nowhere
  // [end]
  EXPECT_EQ(active.dtype(), DataType::kFloat32);
  EXPECT_EQ(halves.as<float>()[0], values[256] / 2);
  EXPECT_EQ(last.as<float>()[0], values[256]);
  EXPECT_EQ(rows[0], values[256]);
  EXPECT_EQ(rows[256], 0.0f);
  EXPECT_EQ(rows[512], values[0]);
  EXPECT_FALSE(later.loaded());
  // [example map]
  NF_ASSIGN(auto volume, MMapNeuralField::open(path));
  NF_ASSIGN(auto voxel, volume.activate(999, 999));  // one index per neuron axis
  // [end]
  EXPECT_EQ(voxel.as<float>()[255], values[511]);
  EXPECT_EQ(volume.activate(1000, 0).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(volume.activate(1).status().code(), Code::kInvalidArgument);
  return {};
}

TEST(ReadmeExamples, Petabyte) {
  const std::string path = scratch_path("petabyte");
  const Status status = petabyte(path);
  EXPECT_TRUE(status.ok()) << status.to_string();
  std::filesystem::remove_all(path);
}

TEST(ReadmeExamples, WriteAndRead) {
  const std::string path = scratch_path("volume");
  const Status status = write_and_read(path);
  EXPECT_TRUE(status.ok()) << status.to_string();
  std::filesystem::remove_all(path);
}

TEST(ReadmeExamples, ReadmeShowsThem) {
  const auto slurp = [](const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  };
  const std::string root = NEUROFS_SOURCE_DIR;
  const std::string code = slurp(root + "/tests/engine/readme_examples_test.cc");
  const std::string readme = slurp(root + "/core/README.md");
  ASSERT_FALSE(readme.empty());
  int examples = 0;
  std::istringstream lines(code);
  std::string line;
  bool inside = false;
  while (std::getline(lines, line)) {
    if (line.find("  // [example ") == 0) {
      inside = true;
      ++examples;
    } else if (line.find("  // [end]") == 0) {
      inside = false;
    } else if (inside) {
      EXPECT_NE(readme.find(line.substr(2)), std::string::npos) << "core/README.md lacks: " << line;
    }
  }
  EXPECT_EQ(examples, 5);
}

}  // namespace
}  // namespace neurofs
