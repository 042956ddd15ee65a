#include "core/storage/key.h"

#include <algorithm>
#include <cstdio>

namespace neurofs {
namespace {

// Why `component` cannot be part of a key; null when it can.
const char* component_fault(std::string_view component) {
  if (component.empty()) return "has an empty component";
  if (component == "." || component == "..") return "has a component '.' or '..'";
  if (component.size() > kMaxKeyComponentBytes) return "has a component longer than 255 bytes";
  return nullptr;
}

const char* key_fault(std::string_view key) {
  if (key.empty()) return "is empty";
  if (key.size() > kMaxKeyBytes) return "is longer than 1024 bytes";
  if (key.find('\0') != std::string_view::npos) return "contains a NUL byte";
  for (size_t start = 0; start <= key.size();) {
    const size_t slash = std::min(key.find('/', start), key.size());
    if (const char* fault = component_fault(key.substr(start, slash - start))) return fault;
    start = slash + 1;
  }
  return nullptr;
}

}  // namespace

Status check_key(std::string_view key) {
  const char* fault = key_fault(key);
  if (fault == nullptr) return {};
  return invalid_argument("object key " + quote_key(key) + " " + fault +
                          "; keys are relative paths such as 'c/0/1'");
}

Status check_prefix(std::string_view prefix) {
  return prefix.empty() ? Status() : check_key(prefix);
}

std::string quote_key(std::string_view key) {
  constexpr size_t kShown = 160;
  std::string text = "'";
  for (const char c : key.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
      continue;
    }
    char escaped[5];
    std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
    text += escaped;
  }
  if (key.size() > kShown) text += "...";
  return text + "'";
}

std::string describe_read(std::string_view store_url, std::string_view key, ByteRange range) {
  std::string text = quote_key(key) + " bytes " + std::to_string(range.offset) + "+" +
                     std::to_string(range.length) + " of ";
  text += store_url;
  return text;
}

}  // namespace neurofs
