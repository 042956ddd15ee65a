// S3Listing: the children of a prefix, from the pages of ListObjectsV2.
//
// Purpose: asks page after page through a function, and keeps the first names in the order of names, which is
// not quite the order of keys ("a-b" comes before "a/"). Thread-safety: pure but for `fetch`; any thread.
// Memory: one page (8 MiB at most) and `limit` names. The server is hostile: pages are bounded, a token that
// comes twice ends it, and keys outside the prefix or that are no keys (see key.h) are dropped and counted.
// Errors: those of `fetch`; kCorrupt for pages that make no sense; kIoError past the caps, named.
// Source: Amazon S3 API Reference, "ListObjectsV2".
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/storage/object_store.h"

namespace neurofs {

struct S3Page {
  struct Name {
    std::string key;  // decoded, in the bucket; ends in '/' for a prefix
    bool is_prefix = false;
  };
  std::vector<Name> names;
  bool truncated = false;
  std::string next_token;
};

Result<S3Page> parse_s3_page(Bytes xml);

// The body of the reply to a GET of the bucket with that query (percent-encoded).
using S3FetchPage = std::function<Result<ByteVector>(const std::string& query)>;

struct S3Listing {
  std::vector<ListEntry> entries;  // sorted by name
  uint64_t dropped = 0;            // keys that no name can show
  size_t pages = 0;
};

struct S3ListBounds {
  size_t pages = 10'000;
  size_t names = 1'000'000;  // that are held at once
  size_t page_keys = 1'000;  // asked of the server
};

// `prefix`: in the bucket, "" or without '/' at its end.
Result<S3Listing> list_s3(std::string_view prefix, size_t limit, const S3FetchPage& fetch,
                          const S3ListBounds& bounds = {});

}  // namespace neurofs
