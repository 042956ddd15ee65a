// list_s3:
//   names = {}
//   for each page: names += its children, cut to the first `limit` names
//     until there is no other page, or no key after this page can have a name before the last of `names`
#include "core/storage/s3/s3_listing.h"

#include <functional>
#include <map>
#include <optional>
#include <unordered_set>

#include "core/storage/http/http_loop.h"
#include "core/storage/key.h"
#include "core/storage/s3/xml_walk.h"

namespace neurofs {
namespace {

constexpr size_t kTokenLimit = 8192;
constexpr size_t kPageNames = 100'000;  // a server may send more than was asked for, within reason

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// S3 writes a blank as '+', other servers as %20; '+' itself is %2B everywhere.
std::optional<std::string> decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) {
      return std::nullopt;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

Status decode_names(S3Page* page) {
  for (S3Page::Name& name : page->names) {
    auto decoded = decode(name.key);
    if (!decoded) return corrupt("a key in the listing is no URL encoding: " + quote_key(name.key));
    name.key = std::move(*decoded);
  }
  return {};
}

bool is_name(std::string_view name) {
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return name.find('/') == std::string_view::npos && check_key(name).ok();
}

class Lister {
 public:
  Lister(std::string_view prefix, size_t limit, const S3ListBounds& bounds)
      : base_(prefix.empty() ? "" : std::string(prefix) + "/"), limit_(limit), bounds_(bounds) {}

  std::string query(const std::string& token) const {
    // In the order of names, as the signature wants it.
    std::string text;
    if (!token.empty()) text = "continuation-token=" + percent_encode(token, false) + "&";
    text +=
        "delimiter=%2F&encoding-type=url&list-type=2&max-keys=" + std::to_string(bounds_.page_keys);
    return base_.empty() ? text : text + "&prefix=" + percent_encode(base_, false);
  }

  Status add(const S3Page& page) {
    for (const S3Page::Name& name : page.names) {
      if (name.key > last_) last_ = name.key;
      add(name);
    }
    while (names_.size() > limit_) names_.erase(std::prev(names_.end()));
    if (names_.size() <= bounds_.names) return {};
    return io_error("more than " + std::to_string(bounds_.names) + " names below one prefix");
  }

  // Keys come in order, so that a later one is after last_. It has a name before the last of ours only if
  // that name is a beginning of it, and sorts later for the '/' at its end.
  bool complete() const {
    if (names_.size() < limit_) return false;
    if (limit_ == 0) return true;
    const std::string& name = names_.rbegin()->first;
    for (size_t size = 1; size <= name.size(); ++size) {
      const auto known = names_.find(std::string_view(name).substr(0, size));
      if (known != names_.end() && known->second) continue;
      if (base_ + name.substr(0, size) + "/" > last_) return false;
    }
    return true;
  }

  S3Listing take(size_t pages) const {
    S3Listing listing;
    for (const auto& [name, is_prefix] : names_) listing.entries.push_back({name, is_prefix});
    listing.dropped = dropped_;
    listing.pages = pages;
    return listing;
  }

 private:
  void add(const S3Page::Name& name) {
    std::string_view rest = name.key;
    const bool inside = rest.starts_with(base_) && (!name.is_prefix || rest.ends_with('/'));
    if (inside && rest.size() == base_.size()) return;  // the marker of a directory
    rest = inside ? rest.substr(base_.size()) : std::string_view();
    if (name.is_prefix && !rest.empty()) rest.remove_suffix(1);
    if (!is_name(rest)) {
      ++dropped_;
      return;
    }
    names_[std::string(rest)] |= name.is_prefix;
  }

  const std::string base_;
  const size_t limit_;
  const S3ListBounds bounds_;
  std::map<std::string, bool, std::less<>> names_;
  std::string last_;  // the last key that was seen
  uint64_t dropped_ = 0;
};

}  // namespace

Result<S3Page> parse_s3_page(Bytes xml) {
  S3Page page;
  bool encoded = false;
  bool root = false;
  NF_TRY(walk_xml(xml, [&](std::string_view path, std::string_view text) -> Status {
    if (path == "/ListBucketResult") root = true;
    if (path == "/ListBucketResult/Contents/Key") page.names.push_back({std::string(text), false});
    if (path == "/ListBucketResult/CommonPrefixes/Prefix") {
      page.names.push_back({std::string(text), true});
    }
    if (path == "/ListBucketResult/IsTruncated") page.truncated = text == "true";
    if (path == "/ListBucketResult/NextContinuationToken") page.next_token = text;
    if (path == "/ListBucketResult/EncodingType") encoded = text == "url";
    if (page.names.size() <= kPageNames) return {};
    return corrupt("one page of the listing has more than 100,000 keys");
  }));
  if (!root) return corrupt("the listing is no ListBucketResult");
  if (page.next_token.size() > kTokenLimit) return corrupt("the continuation token is too long");
  if (encoded) NF_TRY(decode_names(&page));
  return page;
}

Result<S3Listing> list_s3(std::string_view prefix, size_t limit, const S3FetchPage& fetch,
                          const S3ListBounds& bounds) {
  Lister lister(prefix, limit, bounds);
  std::unordered_set<size_t> tokens;
  std::string token;
  size_t pages = 0;
  while (!lister.complete()) {
    if (pages++ == bounds.pages) {
      return io_error("the listing has more than " + std::to_string(bounds.pages) + " pages");
    }
    NF_ASSIGN(const ByteVector body, fetch(lister.query(token)));
    NF_ASSIGN(S3Page page, parse_s3_page(body));
    NF_TRY(lister.add(page));
    if (!page.truncated) break;
    token = std::move(page.next_token);
    if (token.empty()) return corrupt("a page of the listing is not the last but names no next");
    if (!tokens.insert(std::hash<std::string>()(token)).second) {
      return corrupt("the listing leads back to a page that was seen before");
    }
  }
  return lister.take(pages);
}

}  // namespace neurofs
