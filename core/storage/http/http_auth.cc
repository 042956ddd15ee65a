#include "core/storage/http/http_auth.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/base/log.h"
#include "core/storage/key.h"
#include "core/storage/settings_file.h"

namespace neurofs {
namespace {

constexpr size_t kMaxSecretBytes = 16 << 10;
// Requests with the old credentials may still be under way for so long.
constexpr std::chrono::seconds kUnderWay{2};
constexpr std::chrono::seconds kBetweenLooks{1};

std::string base64(std::string_view text) {
  std::vector<unsigned char> out(4 * (text.size() / 3 + 1) + 1);
  const int size = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  return {out.begin(), out.begin() + size};
}

Result<std::string> header_of(std::string text, const std::string& from) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const bool printable =
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  constexpr std::string_view kBearer = "bearer ";
  if (printable && text.size() > kBearer.size() && text.starts_with(kBearer)) {
    return "Authorization: Bearer " + text.substr(kBearer.size());
  }
  if (printable && text.find(':') != std::string::npos) {
    return "Authorization: Basic " + base64(text);
  }
  return invalid_argument(from + " must hold one line, \"user:password\" or \"bearer TOKEN\"");
}

Result<std::string> header_in(const std::string& path) {
  auto file = read_settings_file(path, kMaxSecretBytes);
  if (!file.ok()) return file.status().with_context("HTTP credentials");
  if (file->open_to_others) {
    log_warning("the file with HTTP credentials " + quote_key(path) +
                " can be read by others; chmod 600 it");
  }
  return header_of(std::move(file->text), "the file with HTTP credentials " + quote_key(path));
}

}  // namespace

Result<std::unique_ptr<HttpAuth>> HttpAuth::load(const std::string& file) {
  std::string header;
  if (!file.empty()) {
    NF_ASSIGN(header, header_in(file));
  } else if (const char* const text = std::getenv("NEUROFS_HTTP_AUTH");
             text != nullptr && *text != '\0') {
    NF_ASSIGN(header, header_of(text, "the variable NEUROFS_HTTP_AUTH"));
  }
  return std::unique_ptr<HttpAuth>(new HttpAuth(file, std::move(header)));
}

std::string HttpAuth::header() {
  {
    const std::lock_guard lock(mutex_);
    if (!look_anew_) return header_;
  }
  const std::unique_lock looking(looking_, std::try_to_lock);
  if (looking.owns_lock()) {
    auto fresh = header_in(file_);
    const std::lock_guard lock(mutex_);
    look_anew_ = false;
    looked_ = Clock::now();
    if (fresh.ok() && *fresh != header_) {
      header_ = std::move(*fresh);
      changed_ = looked_;
    }
  }
  const std::lock_guard lock(mutex_);
  return header_;
}

bool HttpAuth::is_nobody() const {
  const std::lock_guard lock(mutex_);
  return header_.empty();
}

bool HttpAuth::refused() {
  if (file_.empty()) return false;
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  if (look_anew_ || (changed_ && now - *changed_ < kUnderWay)) return true;
  if (looked_ && now - *looked_ < kBetweenLooks) return false;
  look_anew_ = true;
  return true;
}

void HttpAuth::look_anew() {
  const std::lock_guard lock(mutex_);
  look_anew_ = !file_.empty();
}

}  // namespace neurofs
