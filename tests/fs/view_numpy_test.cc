// Views against NumPy itself: numpy.save's bytes, numpy.loadtxt's numbers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "fs/view.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

ByteVector random_elements(DataType type, size_t count, std::mt19937_64* random) {
  ByteVector bytes(count * item_size(type));
  for (std::byte& b : bytes) {
    b = static_cast<std::byte>((*random)() & (type == DataType::kBool ? 1 : 0xff));
  }
  return bytes;
}

void write_file(const std::string& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

ByteVector render_all(const FileView& view, DataType type, const Dims& shape, Bytes region) {
  const auto layout = view.layout(type, shape);
  if (!layout.ok()) return {};
  ByteVector out((*layout)->size());
  const ByteRange all{0, out.size()};
  const ViewPlan plan = (*layout)->plan(all);
  std::copy(plan.header.begin(), plan.header.end(), out.begin());
  const MutableBytes body = std::span(out).subspan(plan.header.size());
  const Bytes source = region.subspan(plan.region.offset, plan.region.length);
  if (plan.rendered) {
    (*layout)->render(all, source, body);
  } else {
    std::copy(source.begin(), source.end(), body.begin());
  }
  return out;
}

TEST(Views, NumpyWritesAndReadsTheSame) {
  const char* python = std::getenv("NEUROFS_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "NEUROFS_TEST_PYTHON is not set";
  const test::TempDir dir;
  const unsigned seed = std::random_device()();
  std::mt19937_64 random(seed);
  const std::vector<std::pair<std::string, Dims>> shapes = {
      {"s", {}}, {"7", {7}}, {"3x4", {3, 4}}, {"0x5", {0, 5}}, {"2x3x5", {2, 3, 5}}};
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    for (const auto& [text, shape] : shapes) {
      const auto count = static_cast<size_t>(*element_count(shape));
      const ByteVector elements = random_elements(type, count, &random);
      const std::string stem = dir.path() + "/" + std::string(zarr_name(type)) + "-" + text + ".";
      for (const NamedView& v : all_views()) {
        write_file(stem + std::string(v.extension), render_all(*v.view, type, shape, elements));
      }
    }
  }
  const std::string command =
      std::string(python) + " -W ignore " NEUROFS_FS_TEST_DIR "/check_views.py " + dir.path();
  EXPECT_EQ(std::system(command.c_str()), 0) << "seed " << seed;
}

}  // namespace
}  // namespace neurofs
