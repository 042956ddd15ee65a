#include "core/storage/http/http_reply.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <limits>

namespace neurofs {
namespace {

constexpr size_t kMaxVersionBytes = 512;
constexpr int64_t kMaxPauseSeconds = 3600;
// Dates tell seconds: what changed within the last ones may change again and bear the same date.
constexpr int64_t kSettledSeconds = 2;

// A number of bytes that an object can have, and nothing else.
std::optional<uint64_t> parse_bytes(std::string_view text) {
  uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || text.empty() ||
      value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return value;
}

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// Unix time in seconds; nothing for what is no date.
std::optional<int64_t> date_in(const HttpHead& head, std::string_view name) {
  const std::string text(head.header(name));
  const time_t when = text.empty() ? -1 : curl_getdate(text.c_str(), nullptr);
  if (when <= 0 || when >= std::numeric_limits<int64_t>::max() / 1'000'000'000) return std::nullopt;
  return int64_t{when};
}

// By the server's own clock, which wrote both dates.
bool has_settled(const std::optional<int64_t>& modified, const HttpHead& head) {
  if (!modified) return false;
  const auto now = date_in(head, "date");
  return now && *now - *modified >= kSettledSeconds;
}

// As nginx and others make it, of the date of the last change and the size: no better than the date.
bool made_of_date(std::string_view etag, const std::optional<int64_t>& modified) {
  if (!modified) return false;
  std::array<char, 16> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), *modified, 16).ptr;
  return etag.find(std::string_view(hex.data(), end)) != std::string_view::npos;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
    return std::nullopt;
  }
  const auto first = parse_bytes(text.substr(0, dash));
  const auto last = parse_bytes(text.substr(dash + 1, slash - dash - 1));
  const auto size = parse_bytes(text.substr(slash + 1));
  if (!first || !last || !size || *first > *last || *last >= *size) return std::nullopt;
  return ContentRange{*first, *last, *size};
}

std::optional<uint64_t> parse_unsatisfied_range(std::string_view text) {
  constexpr std::string_view kStart = "bytes */";
  if (!text.starts_with(kStart)) return std::nullopt;
  return parse_bytes(text.substr(kStart.size()));
}

std::optional<uint64_t> content_length(const HttpHead& head) {
  return parse_bytes(head.header("content-length"));
}

ObjectInfo describe_object(const HttpHead& head, uint64_t size) {
  ObjectInfo info;
  info.exists = true;
  info.size = size;
  const auto modified = date_in(head, "last-modified");
  info.modified_ns = modified.value_or(0) * 1'000'000'000;
  const std::string_view etag = head.header("etag");
  if (!etag.empty() && etag.size() <= kMaxVersionBytes && printable(etag)) {
    info.version = etag;
    info.weak =
        etag.starts_with("W/") || (made_of_date(etag, modified) && !has_settled(modified, head));
    return info;
  }
  const std::string_view date = head.header("last-modified").substr(0, kMaxVersionBytes);
  info.version = date.empty() ? "size:" : "lm:" + std::string(date) + ":";
  info.version += std::to_string(size);
  info.weak = !has_settled(modified, head);
  return info;
}

bool has_validator(const HttpHead& head) {
  return !head.header("etag").empty() || !head.header("last-modified").empty();
}

bool is_strong_etag(std::string_view version) {
  return version.size() >= 2 && version.front() == '"' && version.back() == '"';
}

std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head) {
  const std::string text(head.header("retry-after"));
  if (text.empty()) return std::nullopt;
  int64_t seconds = 0;
  if (const auto number = parse_bytes(text)) {
    seconds = static_cast<int64_t>(std::min<uint64_t>(*number, kMaxPauseSeconds));
  } else {
    const time_t when = curl_getdate(text.c_str(), nullptr);
    if (when < 0) return std::nullopt;
    seconds = std::clamp<int64_t>(when - std::time(nullptr), 0, kMaxPauseSeconds);
  }
  return std::chrono::seconds(seconds);
}

RemoteAnswer judge_status(const HttpHead& head, const std::string& url) {
  using Kind = RemoteAnswer::Kind;
  RemoteAnswer answer;
  const int status = head.status;
  const std::string said = url + " answered " + std::to_string(status);
  if (status == 404 || status == 410) {
    answer.kind = Kind::kMissing;
  } else if (status == 412) {
    answer.kind = Kind::kChanged;
    answer.status = {Code::kStale, said + ": the object has another version"};
  } else if (status == 401 || status == 403 || status == 407) {
    answer.kind = Kind::kRefused;
    answer.status = {Code::kPermission, said + ": check the credentials"};
  } else if (status == 408 || status == 425 || status == 429 ||
             (status >= 500 && status != 501 && status != 505)) {
    answer.kind = Kind::kRetry;
    answer.status = io_error(said);
    answer.slow_down = status == 503 || status == 429;
    answer.retry_after = retry_after(head);
  } else if (status / 100 == 3) {
    const std::string target = redact_url(head.header("location"));
    answer.status = io_error(said + ", a redirect to '" + target +
                             "', which is not followed; use that URL, or allow redirects");
  } else {
    answer.status = io_error(said + ", which is no answer to a read");
  }
  return answer;
}

}  // namespace neurofs
