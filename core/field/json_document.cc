#include "core/field/json_document.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace neurofs {

namespace {

using nlohmann::json;

Status bad_document(std::string_view file, size_t byte, const std::string& why) {
  return corrupt(std::string(file) + ": byte " + std::to_string(byte) + ": " + why);
}

// One pass over the text before the parser sees it: measures nesting, which the parser does not
// bound, and quotes Python's bare literals.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  Status scan(std::string_view file) {
    for (size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (in_string_) {
        if (c == '\\') {
          ++i;
        } else if (c == '"') {
          in_string_ = false;
        }
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '[' || c == '{') {
        if (++depth_ > kMaxDocumentDepth) {
          return bad_document(
              file, i, "nested deeper than " + std::to_string(kMaxDocumentDepth) + " levels");
        }
      } else if (c == ']' || c == '}') {
        if (depth_ > 0) --depth_;
      } else if (c == 'N' || c == 'I' || c == '-') {
        i += quote_literal(i);
      }
    }
    return {};
  }

  std::string_view text() {
    if (quoted_at_.empty()) return text_;
    rewritten_ += text_.substr(copied_);
    copied_ = text_.size();
    return rewritten_;
  }

  // The place in the original of a place in text().
  size_t original(size_t at) const {
    size_t added = 0;
    for (const size_t place : quoted_at_) {
      if (place + added >= at) break;
      added += 2;
    }
    return at > added ? at - added : 0;
  }

 private:
  // Returns how many more bytes the literal at `i` takes.
  size_t quote_literal(size_t i) {
    for (const std::string_view literal : {"NaN", "Infinity", "-Infinity"}) {
      if (text_.substr(i, literal.size()) != literal) continue;
      rewritten_ += text_.substr(copied_, i - copied_);
      rewritten_ += '"';
      rewritten_ += literal;
      rewritten_ += '"';
      copied_ = i + literal.size();
      quoted_at_.push_back(i);
      return literal.size() - 1;
    }
    return 0;
  }

  std::string_view text_;
  std::string rewritten_;
  size_t copied_ = 0;
  std::vector<size_t> quoted_at_;
  size_t depth_ = 0;
  bool in_string_ = false;
};

// Tells the world how far the parser has read.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** shared) : at_(at), shared_(shared) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *shared_ = ++at_;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** shared_;
};

struct DuplicateMember {
  std::string name;
};

// Sees every member name while the parser runs; throws DuplicateMember.
class MemberWatch {
 public:
  bool operator()(int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) {
      seen_.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      seen_.pop_back();
    } else if (event == json::parse_event_t::key) {
      const auto& name = value.get_ref<const std::string&>();
      if (!seen_.back().insert(name).second) throw DuplicateMember{name};
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> seen_;
};

// The library's text without its "[json.exception...]" prefix.
std::string reason(const json::exception& error) {
  const std::string what = error.what();
  const size_t end = what.find("] ");
  return end == std::string::npos ? what : what.substr(end + 2);
}

}  // namespace

Result<json> parse_json_document(Bytes bytes, std::string_view file) {
  if (bytes.size() > kMaxDocumentBytes) {
    return bad_document(file, kMaxDocumentBytes,
                        "larger than 16 MiB, which is no array's or group's metadata");
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) return bad_document(file, 0, "the file is empty");
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return bad_document(file, 0, "starts with a byte order mark; save it as UTF-8 without one");
  }
  Scanner scanner(text);
  NF_TRY(scanner.scan(file));
  const std::string_view clean = scanner.text();
  const char* at = clean.data();
  try {
    MemberWatch watch;
    return json::parse(Cursor(at, &at), Cursor(clean.data() + clean.size(), &at), std::ref(watch));
  } catch (const DuplicateMember& duplicate) {
    const auto end = static_cast<size_t>(at - clean.data());  // just past the name's quote
    return bad_document(file, scanner.original(end - std::min(end, duplicate.name.size() + 2)),
                        "member \"" + duplicate.name.substr(0, 64) + "\" appears twice");
  } catch (const json::parse_error& error) {
    return bad_document(file, scanner.original(error.byte > 0 ? error.byte - 1 : 0), reason(error));
  } catch (const json::exception& error) {
    return bad_document(file, 0, reason(error));
  }
}

}  // namespace neurofs
