// Listings from servers that are honest, odd and hostile (S6).

#include "core/storage/s3/s3_listing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/storage/http/http_loop.h"
#include "core/storage/s3/xml_walk.h"

namespace neurofs::test {
namespace {

ByteVector bytes_of(std::string_view text) {
  const Bytes bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string page_of(const std::vector<std::string>& keys, const std::vector<std::string>& prefixes,
                    const std::string& token = "", bool encoded = true) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>";
  if (encoded) xml += "<EncodingType>url</EncodingType>";
  const auto name = [&](const std::string& key) {
    return encoded ? percent_encode(key, true) : key;
  };
  for (const auto& key : keys) {
    xml +=
        "<Contents><Key>" + name(key) + "</Key><Size>1</Size><Owner><ID>x</ID></Owner></Contents>";
  }
  for (const auto& prefix : prefixes) {
    xml += "<CommonPrefixes><Prefix>" + name(prefix) + "</Prefix></CommonPrefixes>";
  }
  xml += token.empty() ? "<IsTruncated>false</IsTruncated>"
                       : "<IsTruncated>true</IsTruncated><NextContinuationToken>" + token +
                             "</NextContinuationToken>";
  return xml + "</ListBucketResult>";
}

// What ListObjectsV2 with a delimiter replies, a few entries a page.
class Bucket {
 public:
  Bucket(std::set<std::string> keys, size_t page) : keys_(std::move(keys)), page_(page) {}

  Result<ByteVector> fetch(const std::string& query) {
    ++requests;
    const std::string prefix = parameter(query, "prefix=");
    std::string after = parameter(query, "continuation-token=");
    std::vector<std::string> keys;
    std::vector<std::string> prefixes;
    std::string last = after;
    for (const std::string& key : keys_) {
      if (!key.starts_with(prefix)) continue;
      const size_t slash = key.find('/', prefix.size());
      const std::string entry = key.substr(0, slash == std::string::npos ? slash : slash + 1);
      if (entry <= last) continue;
      if (keys.size() + prefixes.size() == page_) return bytes_of(page_of(keys, prefixes, last));
      (slash == std::string::npos ? keys : prefixes).push_back(entry);
      last = entry;
    }
    return bytes_of(page_of(keys, prefixes));
  }
  S3FetchPage fetcher() {
    return [this](const std::string& query) { return fetch(query); };
  }

  size_t requests = 0;

 private:
  static std::string parameter(const std::string& query, const std::string& name) {
    const size_t at = query.find(name);
    if (at == std::string::npos) return {};
    std::string text = query.substr(at + name.size());
    text.resize(std::min(text.find('&'), text.size()));
    for (size_t i = text.find("%2F"); i != std::string::npos; i = text.find("%2F")) {
      text.replace(i, 3, "/");
    }
    return text;
  }
  const std::set<std::string> keys_;
  const size_t page_;
};

std::vector<std::pair<std::string, bool>> names_of(const Result<S3Listing>& listing) {
  std::vector<std::pair<std::string, bool>> names;
  if (!listing.ok()) return {{listing.status().to_string(), false}};
  for (const ListEntry& entry : listing->entries) names.emplace_back(entry.name, entry.is_prefix);
  return names;
}

using Names = std::vector<std::pair<std::string, bool>>;

TEST(S3Listing, DirectChildrenInTheOrderOfNames) {
  for (const size_t page : {size_t{1}, size_t{2}, size_t{1000}}) {
    Bucket bucket({"p/a-b", "p/a/x", "p/a/y", "p/b", "p/c/0", "q"}, page);
    EXPECT_EQ(names_of(list_s3("p", 100, bucket.fetcher())),
              (Names{{"a", true}, {"a-b", false}, {"b", false}, {"c", true}}));
    EXPECT_EQ(names_of(list_s3("p", 1, bucket.fetcher())), (Names{{"a", true}}));
    EXPECT_EQ(names_of(list_s3("", 9, bucket.fetcher())), (Names{{"p", true}, {"q", false}}));
    EXPECT_EQ(names_of(list_s3("r", 9, bucket.fetcher())), Names());
  }
}

TEST(S3Listing, FirstNamesAreThoseOfTheWholeListing) {
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    std::set<std::string> keys;
    for (size_t i = random() % 12; i-- > 0;) {
      std::string key;
      for (size_t k = 1 + random() % 4; k-- > 0;) key += "a-./0b"[random() % 6];
      keys.insert("p/" + key);
    }
    std::map<std::string, bool> all;
    for (const std::string& key : keys) {
      const std::string rest = key.substr(2);
      const size_t slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      if (name.empty() || name == "." || name == "..") continue;
      all[name] |= slash != std::string::npos;
    }
    Bucket bucket(keys, 1 + random() % 3);
    const size_t limit = random() % 5;
    Names expected(all.begin(), all.end());
    expected.resize(std::min(limit, expected.size()));
    ASSERT_EQ(names_of(list_s3("p", limit, bucket.fetcher())), expected) << round;
  }
}

TEST(S3Listing, AFewNamesOfManyCostOnePage) {
  std::set<std::string> keys;
  for (int i = 1000; i < 9000; ++i) keys.insert(std::to_string(i));
  Bucket bucket(keys, 1000);
  EXPECT_EQ(names_of(list_s3("", 2, bucket.fetcher())), (Names{{"1000", false}, {"1001", false}}));
  EXPECT_EQ(bucket.requests, 1U);
}

Result<S3Listing> list_pages(std::vector<std::string> pages, size_t limit = 100,
                             const S3ListBounds& bounds = {}) {
  size_t next = 0;
  return list_s3(
      "p", limit,
      [&](const std::string&) -> Result<ByteVector> {
        return bytes_of(pages[std::min(next++, pages.size() - 1)]);
      },
      bounds);
}

TEST(S3Listing, S6KeysThatAreNoNamesAreDroppedAndCounted) {
  const auto listing =
      list_pages({page_of({"p/", "p/fine", "other/x", "p/..", "p/.", "p/a/b",
                           std::string("p/n\0l", 5), "p/a\nb", "p/" + std::string(300, 'x'), "p"},
                          {"p/../", "p//", "p/dir/", "q/dir/", "p/no-slash"})});
  EXPECT_EQ(names_of(listing), (Names{{"dir", true}, {"fine", false}}));
  EXPECT_EQ(listing->dropped, 12U);
}

TEST(S3Listing, BlanksAndPlusSigns) {
  const std::string xml =
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>p/a+b%2Bc%20d%C3%A9</Key>"
      "</Contents></ListBucketResult>";
  EXPECT_EQ(names_of(list_pages({xml})), (Names{{"a b+c d\xc3\xa9", false}}));
  EXPECT_EQ(names_of(list_pages({page_of({"p/a+b&amp;%41"}, {}, "", false)})),
            (Names{{"a+b&%41", false}}));
}

TEST(S3Listing, S6PagesThatNeverEnd) {
  const auto same = list_pages({page_of({"p/a"}, {}, "t")});
  EXPECT_EQ(same.status().code(), Code::kCorrupt) << same.status().to_string();
  const auto loop =
      list_pages({page_of({"p/a"}, {}, "t"), page_of({"p/b"}, {}, "u"), page_of({"p/c"}, {}, "t")});
  EXPECT_EQ(loop.status().code(), Code::kCorrupt);
  size_t page = 0;
  const auto endless = list_s3("p", 100, [&](const std::string&) -> Result<ByteVector> {
    return bytes_of(page_of({"q/a"}, {}, "t" + std::to_string(page++)));
  });
  EXPECT_EQ(endless.status().code(), Code::kIoError);
  EXPECT_EQ(page, S3ListBounds().pages);
  const auto nameless = list_pages({page_of({"p/a"}, {}, "t"),
                                    "<ListBucketResult><IsTruncated>true"
                                    "</IsTruncated></ListBucketResult>"});
  EXPECT_EQ(nameless.status().code(), Code::kCorrupt);
}

TEST(S3Listing, S6MoreNamesThanAnybodyCanUse) {
  size_t key = 0;
  const auto fetch = [&](const std::string&) -> Result<ByteVector> {
    std::vector<std::string> keys;
    for (int i = 0; i < 10; ++i) keys.push_back("p/" + std::to_string(1'000'000 + key++));
    return bytes_of(page_of(keys, {}, "t" + std::to_string(key)));
  };
  S3ListBounds bounds;
  bounds.names = 100;
  EXPECT_EQ(list_s3("p", SIZE_MAX, fetch, bounds).status().code(), Code::kIoError);
  EXPECT_EQ(list_s3("p", 50, fetch, bounds)->entries.size(), 50U);
  const std::vector<std::string> many(100'001, "p/x");
  EXPECT_EQ(list_pages({page_of(many, {})}).status().code(), Code::kCorrupt);
}

TEST(S3Listing, S6HostileXml) {
  const char* documents[] = {
      "<!DOCTYPE a [<!ENTITY x \"y\">]><ListBucketResult><Contents><Key>p/&x;</Key></Contents>"
      "</ListBucketResult>",
      "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ListBucketResult></ListBucketResult>",
      "<ListBucketResult><Contents><Key>p/&x;</Key></Contents></ListBucketResult>",
      "<ListBucketResult><Contents><Key>p/a</Key></Contents>",
      "<ListBucketResult><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></"
      "a>"
      "</a></a></a></a></a></a></a></a></a></a></a></ListBucketResult>",
      "<Error><Code>NoSuchBucket</Code></Error>",
      "<html><body>404</body></html>",
      "",
      "{}",
  };
  for (const char* document : documents) {
    const auto listing = list_pages({document});
    EXPECT_EQ(listing.status().code(), Code::kCorrupt) << document;
  }
}

TEST(XmlWalk, PathsAndTexts) {
  std::map<std::string, std::string> seen;
  const Status status = walk_xml(bytes_of("<a>1<b>2&lt;</b>3<c/></a>"),
                                 [&](std::string_view path, std::string_view text) {
                                   seen[std::string(path)] = text;
                                   return Status();
                                 });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(seen, (std::map<std::string, std::string>{{"/a", "13"}, {"/a/b", "2<"}, {"/a/c", ""}}));
}

}  // namespace
}  // namespace neurofs::test
