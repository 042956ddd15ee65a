// Stores written by zarr-python 3, tensorstore and NumPy, chunk for chunk against NumPy's own bytes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/field/field_testing.h"

namespace neurofs {
namespace {

namespace stdfs = std::filesystem;

class Directory {
 public:
  Directory() {
    std::string pattern = (stdfs::temp_directory_path() / "neurofs-interop-XXXXXX").string();
    if (mkdtemp(pattern.data())) path_ = pattern;
  }
  ~Directory() {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  const stdfs::path& path() const { return path_; }

 private:
  stdfs::path path_;
};

std::string file_text(const stdfs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void check(const std::shared_ptr<ObjectStore>& store, const std::string& name,
           const std::string& expected) {
  auto field = open_stored_field(store, name, {});
  ASSERT_TRUE(field.ok()) << name << ": " << field.status().message();
  const auto dense = testing::read_dense(**field);
  ASSERT_TRUE(dense.ok()) << name << ": " << dense.status().message();
  const std::string got(reinterpret_cast<const char*>(dense->data()), dense->size());
  EXPECT_TRUE(got == expected) << name << " differs from what NumPy reads";
}

TEST(Interop, R11_R12_StoresOfOtherWriters) {
  const char* python = std::getenv("NEUROFS_TEST_PYTHON");
  if (!python || !*python) GTEST_SKIP() << "NEUROFS_TEST_PYTHON is not set";
  const Directory directory;
  const stdfs::path script = stdfs::path(FIELD_INTEROP_SCRIPT);
  const stdfs::path list = directory.path() / "list.txt";
  const std::string command = std::string(python) + " " + script.string() + " " +
                              directory.path().string() + " > " + list.string();
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto store = open_store(directory.path().string(), {});
  ASSERT_TRUE(store.ok()) << store.status().message();
  std::ifstream lines(list);
  size_t count = 0;
  for (std::string name, dump; lines >> name >> dump; ++count) {
    check(*store, name, file_text(directory.path() / dump));
  }
  EXPECT_GT(count, 190u);
}

}  // namespace
}  // namespace neurofs
