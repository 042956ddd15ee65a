// What a rados:// URL names, and how versions are written.

#include "core/storage/rados/rados_location.h"

#include <gtest/gtest.h>

namespace neurofs {
namespace {

TEST(RadosLocation, PoolAndPrefix) {
  const auto bare = parse_rados_url("rados://brain");
  ASSERT_TRUE(bare.ok()) << bare.status().to_string();
  EXPECT_EQ(bare->pool, "brain");
  EXPECT_EQ(bare->prefix, "");
  EXPECT_EQ(bare->url(), "rados://brain");
  EXPECT_EQ(bare->object_name("c/0"), "c/0");
  const auto below = parse_rados_url("rados://brain/a/b.zarr/");
  ASSERT_TRUE(below.ok()) << below.status().to_string();
  EXPECT_EQ(below->pool, "brain");
  EXPECT_EQ(below->prefix, "a/b.zarr");
  EXPECT_EQ(below->url(), "rados://brain/a/b.zarr");
  EXPECT_EQ(below->object_name("c/0"), "a/b.zarr/c/0");
}

TEST(RadosLocation, WhatNamesNoPlaceIsRefused) {
  for (const std::string url : {"rados://", "rados:///x", "rados://p//x", "rados://p/../x",
                                "rados://p/x//", "rados://p/./x", "rados://user:key@p/x"}) {
    EXPECT_EQ(parse_rados_url(url).status().code(), Code::kInvalidArgument) << url;
  }
  EXPECT_FALSE(parse_rados_url(std::string("rados://p\0q/x", 13)).ok());
  EXPECT_FALSE(parse_rados_url("rados://p/" + std::string(2000, 'k')).ok());
}

TEST(RadosVersion, ReadsWhatItWrites) {
  const RadosVersion version{18'446'744'073'709'551'615ULL, -1};
  EXPECT_EQ(RadosVersion::parse(version.text()), version);
  EXPECT_EQ(RadosVersion::parse("812-1764153600"), (RadosVersion{812, 1764153600}));
}

TEST(RadosVersion, NothingOfOtherTexts) {
  for (const char* text :
       {"", "-", "1", "1-", "-1", "1-2x", "1 -2", "\"etag\"", "1-2-3", "18446744073709551616-1"}) {
    EXPECT_FALSE(RadosVersion::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace neurofs
