// What a reply of HTTP says of an object: its version, its place in it, whether to ask again.
//
// Pure; any thread. Every header is taken for hostile: numbers are checked, texts bounded.
#pragma once

#include <optional>
#include <string>

#include "core/storage/http/http_loop.h"
#include "core/storage/remote/transport.h"

namespace neurofs {

// "bytes 0-99/1000"; nothing for any other form, an unknown size, or what contradicts itself.
struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t size = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

// "bytes */1000", which a refused range (416) has.
std::optional<uint64_t> parse_unsatisfied_range(std::string_view text);

// Content-Length; nothing where there is none, or no number that an object can have.
std::optional<uint64_t> content_length(const HttpHead& head);

// Of an object with `size` bytes. Its version: the ETag as it came, else "lm:<Last-Modified>:<size>", else
// "size:<size>". Weak: without ETag and date, by an ETag that says so (W/), and by a date of the last change, or an
// ETag made of it, until that is 2 s old.
ObjectInfo describe_object(const HttpHead& head, uint64_t size);

// Whether the server says anything by which a change could be seen.
bool has_validator(const HttpHead& head);

// Whether the version may be asked for with If-Match.
bool is_strong_etag(std::string_view version);

// Seconds or a date; at most an hour.
std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head);

// What the status says when it is not the one that data comes with.
RemoteAnswer judge_status(const HttpHead& head, const std::string& url);

}  // namespace neurofs
