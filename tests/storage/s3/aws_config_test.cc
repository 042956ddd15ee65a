#include "core/storage/s3/aws_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/storage/s3/scripted_loop.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

TEST(AwsIni, SectionsValuesAndComments) {
  const auto sections = parse_aws_ini(
      "# first\n[default]\nregion = eu-west-1 # here\r\n  \n"
      "[profile lab one]\naws_secret_access_key=a#b;c=d/+\ns3 =\n  endpoint_url = http://x:1\n"
      "  addressing_style=path\noutput = json\n; last\n[services local]\ns3 =\n\tendpoint_url=y\n",
      "f");
  ASSERT_TRUE(sections.ok()) << sections.status().to_string();
  EXPECT_EQ(sections->at("default").at("region"), "eu-west-1");
  const AwsSection& lab = sections->at("lab one");
  EXPECT_EQ(lab.at("aws_secret_access_key"), "a#b;c=d/+");
  EXPECT_EQ(lab.at("s3.endpoint_url"), "http://x:1");
  EXPECT_EQ(lab.at("s3.addressing_style"), "path");
  EXPECT_EQ(lab.at("output"), "json");
  EXPECT_EQ(sections->at("services local").at("s3.endpoint_url"), "y");
}

TEST(AwsIni, WhatIsWrongIsNamedByLineWithoutItsText) {
  for (const char* text :
       {"[default]\nthesecret\n", "\n[default\n", "\na = thesecret\n", "[x]\n= thesecret\n"}) {
    const auto sections = parse_aws_ini(text, "/home/me/.aws/config");
    ASSERT_FALSE(sections.ok()) << text;
    const std::string& message = sections.status().message();
    EXPECT_NE(message.find("/home/me/.aws/config: line 2"), std::string::npos) << message;
    EXPECT_EQ(message.find("thesecret"), std::string::npos) << message;
  }
}

class AwsConfigFilesTest : public testing::Test {
 protected:
  void write(const char* name, const std::string& text) {
    std::ofstream(dir_.path() + "/" + name) << text;
  }
  Environment environment(const std::string& profile = "") {
    return environment_of({{"AWS_CONFIG_FILE", dir_.path() + "/config"},
                           {"AWS_SHARED_CREDENTIALS_FILE", dir_.path() + "/credentials"},
                           {"AWS_PROFILE", profile}});
  }
  Result<AwsConfig> load(const std::string& profile, const std::string& by_environment = "") {
    const Environment e = environment(by_environment);
    return load_aws_config(aws_config_files(e), e, profile);
  }
  TempDir dir_{std::filesystem::temp_directory_path().string()};
};

TEST_F(AwsConfigFilesTest, BothFilesMakeAProfile) {
  write("config",
        "[profile lab]\nregion = eu-central-1\nservices = local\naws_access_key_id = old\n"
        "[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:1\n");
  write("credentials", "[lab]\naws_access_key_id = new\n[default]\naws_access_key_id = d\n");
  const auto lab = load("lab");
  ASSERT_TRUE(lab.ok()) << lab.status().to_string();
  EXPECT_EQ(lab->value("region"), "eu-central-1");
  EXPECT_EQ(lab->value("aws_access_key_id"), "new");
  EXPECT_EQ(lab->value("s3.endpoint_url"), "http://127.0.0.1:1");
  EXPECT_EQ(load("", "lab")->value("aws_access_key_id"), "new");
  EXPECT_EQ(load("")->value("aws_access_key_id"), "d");
}

TEST_F(AwsConfigFilesTest, MissingFilesAreEmptyAndMissingProfilesAreNamed) {
  EXPECT_FALSE(load("")->found);
  const auto lab = load("lab");
  ASSERT_FALSE(lab.ok());
  EXPECT_NE(lab.status().message().find(dir_.path() + "/credentials"), std::string::npos);
  EXPECT_NE(lab.status().message().find("'lab'"), std::string::npos) << lab.status().message();
}

TEST_F(AwsConfigFilesTest, TheVersionFollowsTheFiles) {
  const AwsConfigFiles files = aws_config_files(environment());
  const std::string none = files.version();
  write("credentials", "[default]\n");
  const std::string first = files.version();
  EXPECT_NE(none, first);
  EXPECT_EQ(files.version(), first);
  write("credentials", "[default]\na = b\n");
  EXPECT_NE(files.version(), first);
}

TEST(AwsConfigFiles, UsualPlaces) {
  const AwsConfigFiles files =
      aws_config_files(environment_of({{"HOME", "/home/me"}, {"AWS_CONFIG_FILE", "~/c"}}));
  EXPECT_EQ(files.config, "/home/me/c");
  EXPECT_EQ(files.credentials, "/home/me/.aws/credentials");
}

}  // namespace
}  // namespace neurofs::test
