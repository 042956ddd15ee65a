#include "core/storage/settings_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

TEST(SettingsFile, ReadsUpToItsLimit) {
  const TempDir dir;
  const std::string path = dir.path() + "/secret";
  std::ofstream(path) << "user:password\n";
  ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
  const auto file = read_settings_file(path, 14);
  ASSERT_TRUE(file.ok()) << file.status().to_string();
  EXPECT_EQ(file->text, "user:password\n");
  EXPECT_FALSE(file->open_to_others);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_TRUE(read_settings_file(path, 1000)->open_to_others);

  const Status long_one = read_settings_file(path, 13).status();
  EXPECT_EQ(long_one.code(), Code::kInvalidArgument);
  EXPECT_EQ(long_one.message().find("password"), std::string::npos);
}

TEST(SettingsFile, SaysWhyItCannotBeRead) {
  const TempDir dir;
  EXPECT_EQ(read_settings_file(dir.path() + "/none", 10).status().code(), Code::kNotFound);
  EXPECT_EQ(read_settings_file(dir.path() + "/none/below", 10).status().code(), Code::kNotFound);
  EXPECT_EQ(read_settings_file(dir.path(), 10).status().code(), Code::kInvalidArgument);
  const std::string pipe = dir.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(read_settings_file(pipe, 10).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace neurofs::test
