#include "core/storage/http/http_hop.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/base/trim.h"
#include "core/storage/http/redirect_rules.h"

namespace neurofs {
namespace {

constexpr size_t kMaxHeaderBytes = 64 << 10;
constexpr uint64_t kMaxDroppedBody = 256 << 10;  // of a redirect, to keep its connection
constexpr long kBufferBytes = 100 << 10;         // below the allocator's threshold for mmap

bool distrust(CURLcode code, const std::string& error) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return true;
    case CURLE_SSL_CONNECT_ERROR:  // a lost connection too, unless OpenSSL names a fault of TLS
      return error.find("SSL routines") != std::string::npos &&
             error.find("unexpected eof") == std::string::npos;
    default:
      return false;
  }
}

}  // namespace

HttpHop::HttpHop(CurlEasy easy, HttpLoop::Exchange& exchange, const HttpLoop::Options& options)
    : easy_(std::move(easy)),
      exchange_(exchange),
      options_(options),
      url_(exchange.request.url),
      error_(CURL_ERROR_SIZE, '\0') {
  exchange_.head = {};
  exchange_.status = {};
  exchange_.ended = exchange_.untrusted = false;
}

Status HttpHop::prepare() {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      exchange_.request.deadline - Clock::now());
  if (left.count() <= 0) return {Code::kTimeout, redact_url(url_) + ": no time was left"};
  CURL* const easy = easy_.get();
  curl_easy_reset(easy);
  header_bytes_ = 0;
  head_done_ = following_ = false;
  dropped_ = 0;
  exchange_.head = {};
  constexpr int64_t kLongest = 1'000'000'000;  // fits a long of 32 bits
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::min<int64_t>(left.count(), kLongest)));
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header_callback);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body_callback);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  set_transport_options();
  set_method();
  moved_ = -1;
  return set_headers();
}

void HttpHop::set_transport_options() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (exchange_.request.direct) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  // Over TLS the first connection may turn out to carry many requests; without, it cannot.
  if (url_.starts_with("https:")) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::max<int64_t>(options_.connect_timeout.count(), 1)));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "neurofs");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // no waiting for a resolver that does not answer
#endif
  if (hops_ == 0) return;
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, socket_callback);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
}

void HttpHop::set_method() {
  CURL* const easy = easy_.get();
  const HttpRequest& request = exchange_.request;
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (request.method == "GET") {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    return;
  }
  if (!request.upload.empty() || request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.upload.size()));
    curl_easy_setopt(
        easy, CURLOPT_POSTFIELDS,
        request.upload.empty() ? "" : reinterpret_cast<const char*>(request.upload.data()));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

Status HttpHop::set_headers() {
  curl_slist* list = nullptr;
  bool good = true;
  const auto add = [&](const std::string& line) {
    if (line.find_first_of("\r\n") != std::string::npos) good = false;
    curl_slist* const longer = curl_slist_append(list, line.c_str());
    if (longer == nullptr) good = false;
    if (longer != nullptr) list = longer;
  };
  add("Expect:");  // no waiting for "100 Continue"
  bool typed = false;
  for (const std::string& line : exchange_.request.headers) {
    constexpr std::string_view kType = "content-type:";
    typed |=
        line.size() >= kType.size() && ::strncasecmp(line.data(), kType.data(), kType.size()) == 0;
    add(line);
  }
  if (!typed) add("Content-Type:");  // else curl says that an upload is a form
  if (keep_secrets_) {
    for (const std::string& line : exchange_.request.secret_headers) add(line);
  }
  headers_.reset(list);
  if (!good) return invalid_argument(redact_url(url_) + ": a request header has a line break");
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list);
  return {};
}

size_t HttpHop::header_callback(char* data, size_t size, size_t count, void* self) {
  const size_t bytes = size * count;
  return static_cast<HttpHop*>(self)->take_header({data, bytes}) ? bytes : 0;
}

bool HttpHop::take_header(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > kMaxHeaderBytes) {
    too_many_headers_ = true;
    return false;
  }
  if (head_done_) return true;  // a trailer
  if (line.starts_with("HTTP/")) {
    exchange_.head = {};
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) return true;
    for (const char c : line.substr(space + 1, 3)) {
      if (std::isdigit(static_cast<unsigned char>(c)) == 0) return true;
      exchange_.head.status = exchange_.head.status * 10 + (c - '0');
    }
    return true;
  }
  line = trim(line);
  if (line.empty()) return end_of_headers();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  std::string name(trim(line.substr(0, colon)));
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  exchange_.head.headers.emplace_back(std::move(name), trim(line.substr(colon + 1)));
  return true;
}

bool HttpHop::end_of_headers() {
  if (exchange_.head.status / 100 == 1) return true;  // the reply comes after it
  head_done_ = true;
  following_ = follows();
  if (following_ || !exchange_.on_head) return true;
  exchange_.ended = !exchange_.on_head(exchange_.head);
  return !exchange_.ended;
}

bool HttpHop::follows() const {
  const int status = exchange_.head.status;
  const bool moved =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  const bool reads = exchange_.request.method == "GET" || exchange_.request.method == "HEAD";
  return moved && reads && options_.redirects > 0 && !exchange_.head.header("location").empty();
}

size_t HttpHop::body_callback(char* data, size_t size, size_t count, void* self) {
  auto& hop = *static_cast<HttpHop*>(self);
  const size_t bytes = size * count;
  if (hop.following_) {
    hop.dropped_ += bytes;
    return hop.dropped_ <= kMaxDroppedBody ? bytes : 0;
  }
  if (!hop.exchange_.on_body) return bytes;
  hop.exchange_.ended = !hop.exchange_.on_body(std::as_bytes(std::span(data, bytes)));
  return hop.exchange_.ended ? 0 : bytes;
}

// Only for where a server has sent us: by name, too, it may not send us to a link-local address.
curl_socket_t HttpHop::socket_callback(void* self, curlsocktype, curl_sockaddr* address) {
  if (is_link_local(address->addr)) {
    static_cast<HttpHop*>(self)->refused_address_ = "a link-local address";
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Result<bool> HttpHop::redirect() {
  if (!following_) return false;
  char* target = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &target);
  if (target == nullptr) return io_error(redact_url(url_) + " redirects to no URL");
  const std::string next(target);
  if (++hops_ > options_.redirects) {
    return io_error(redact_url(url_) + " redirects to " + redact_url(next) + ", the " +
                    std::to_string(hops_) + "th redirect; allowed are " +
                    std::to_string(options_.redirects));
  }
  NF_ASSIGN(const bool same_place, check_redirect(url_, next));
  // Once gone, they do not come back: the way there led over a stranger.
  if (!same_place) keep_secrets_ = false;
  url_ = next;
  NF_TRY(prepare());
  return true;
}

Status HttpHop::outcome(CURLcode code) const {
  if (code == CURLE_OK || exchange_.ended) return {};
  const std::string url = redact_url(url_);
  if (too_many_headers_) return io_error(url + ": the reply has over 64 KiB of headers");
  if (!refused_address_.empty()) {
    return io_error(url + ": a redirect led to " + refused_address_ + ", which is refused");
  }
  if (following_) return io_error(url + ": the body of a redirect is too long");
  // curl's own text, as it may show the URL with what is secret in it, only up to a URL.
  std::string detail(error_.c_str());
  if (detail.empty() || detail.find("://") != std::string::npos) detail = curl_easy_strerror(code);
  const std::string message = url + ": " + detail;
  exchange_.untrusted = distrust(code, detail);
  if (exchange_.untrusted) return io_error(message + "; TLS is always verified");
  if (code == CURLE_OPERATION_TIMEDOUT) return {Code::kTimeout, message};
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return invalid_argument(message);
  }
  return io_error(message);
}

bool HttpHop::stalled(Clock::time_point now) {
  curl_off_t before = 0;
  curl_off_t down = 0;
  curl_off_t up = 0;
  // Until the request is sent, the time to connect counts instead.
  curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &before);
  if (before == 0) return false;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_DOWNLOAD_T, &down);
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &up);
  const int64_t moved = down + up + static_cast<int64_t>(header_bytes_);
  if (moved != moved_) {
    moved_ = moved;
    moved_at_ = now;
  }
  return now - moved_at_ >= options_.stall;
}

}  // namespace neurofs
