// http:// and https:// servers of plain files, read-only.

#include <curl/curl.h>

#include <memory>
#include <utility>

#include "core/storage/http/http_auth.h"
#include "core/storage/http/http_loop.h"
#include "core/storage/http/http_service.h"
#include "core/storage/key.h"
#include "core/storage/object_store.h"
#include "core/storage/remote/remote_reader.h"
#include "core/storage/store_control.h"

namespace neurofs {
namespace {

class PlainService : public HttpService {
 public:
  PlainService(std::string base, std::unique_ptr<HttpAuth> auth)
      : base_(std::move(base)), auth_(std::move(auth)) {}

  std::string url_of(std::string_view key) const override {
    return base_ + "/" + percent_encode(key, true);
  }

  Status authorize(HttpRequest& request) override {
    if (std::string header = auth_->header(); !header.empty()) {
      request.secret_headers.push_back(std::move(header));
    }
    return {};
  }

  void renew_credentials() { auth_->look_anew(); }

  void explain(const HttpReply&, RemoteAnswer& answer) override {
    if (answer.kind != RemoteAnswer::Kind::kRefused) return;
    if (auth_->refused()) {
      answer.kind = RemoteAnswer::Kind::kRetry;  // with what the file says by then
    } else if (auth_->is_nobody()) {
      answer.status = answer.status.with_context("no credentials were sent (--auth-file)");
    }
  }

 private:
  const std::string base_;
  const std::unique_ptr<HttpAuth> auth_;
};

class HttpStore : public ObjectStore, public StoreControl {
 public:
  HttpStore(std::string base, std::shared_ptr<HttpLoop> loop, std::unique_ptr<HttpAuth> auth,
            const StoreOptions& options)
      : url_(std::move(base)),
        loop_(std::move(loop)),
        service_(url_, std::move(auth)),
        transport_(make_http_transport(*loop_, service_, options.remote.whole_limit)),
        reader_(RemoteReader::create(*transport_, url_, options.remote, options.metrics)) {}

  std::string url() const override { return url_; }
  bool is_far() const override { return true; }

  std::vector<std::pair<std::string, std::string>> describe() const override {
    return {{"io", "http"}, {"in_flight_limit", std::to_string(reader_->in_flight_limit())}};
  }

  void read(std::span<ReadOp> batch) override { reader_->read(batch); }

  Result<ObjectInfo> stat(std::string_view key) override { return reader_->stat(key); }
  void stat_all(std::span<StatOp> batch) override { reader_->stat_all(batch); }

  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t) override {
    NF_TRY(check_prefix(prefix));
    return unsupported("servers of " + url_ +
                       " list no objects; name the array itself, or give its group consolidated "
                       "metadata");
  }

  Status put(std::string_view key, Bytes) override { return read_only(key); }
  Status write_at(std::string_view key, uint64_t, Bytes, uint64_t) override {
    return read_only(key);
  }
  Status remove(std::string_view key) override { return read_only(key); }
  void renew_credentials() override { service_.renew_credentials(); }

 private:
  Status read_only(std::string_view key) const {
    NF_TRY(check_key(key));
    return {Code::kReadOnly,
            "writing " + quote_key(key) + " to " + url_ +
                ": stores over plain HTTP are read-only; write to s3:// or file://"};
  }

  const std::string url_;
  const std::shared_ptr<HttpLoop> loop_;  // ends after all that uses it
  PlainService service_;
  const std::unique_ptr<Transport> transport_;
  const std::unique_ptr<RemoteReader> reader_;
};

// The URL below which objects are: without what is secret or not ours to understand.
Result<std::string> base_of(std::string_view url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  const std::string text(url);
  const std::string shown = redact_url(url);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return invalid_argument("'" + shown + "' is no URL; write http://host:port/path");
  }
  const auto has = [&parsed](CURLUPart part) {
    char* value = nullptr;
    const bool there = curl_url_get(parsed.get(), part, &value, 0) == CURLUE_OK;
    curl_free(value);
    return there;
  };
  if (has(CURLUPART_USER) || has(CURLUPART_PASSWORD)) {
    return invalid_argument("the URL of '" + shown +
                            "' holds a user or password, which others could see; put them in a "
                            "file and name it with --auth-file, or in NEUROFS_HTTP_AUTH");
  }
  if (has(CURLUPART_QUERY) || has(CURLUPART_FRAGMENT)) {
    return invalid_argument("the URL of '" + shown +
                            "' has a query or a fragment, to which no key can be added");
  }
  std::string base = text;
  while (base.ends_with('/')) base.pop_back();
  return base;
}

Result<std::shared_ptr<ObjectStore>> open_http_store(std::string_view url,
                                                     const StoreOptions& options) {
  NF_ASSIGN(std::string base, base_of(url));
  if (options.writable) {
    return Status(Code::kReadOnly, "stores over plain HTTP are read-only: " + base);
  }
  NF_ASSIGN(auto auth, HttpAuth::load(options.remote.auth_file));
  HttpLoop::Options loop_options;
  loop_options.connections = options.remote.in_flight + 4;
  loop_options.connect_timeout = options.remote.connect_timeout;
  loop_options.stall = options.remote.stall;
  loop_options.ca_file = options.remote.ca_file;
  loop_options.redirects = options.remote.redirects;
  NF_ASSIGN(auto loop, HttpLoop::create(loop_options));
  return std::shared_ptr<ObjectStore>(
      std::make_shared<HttpStore>(std::move(base), std::move(loop), std::move(auth), options));
}

const Registration<StoreRegistry> kHttp("http", "objects below a URL, read-only: http://host/path",
                                        open_http_store);
const Registration<StoreRegistry> kHttps("https",
                                         "objects below a URL, over TLS, read-only: "
                                         "https://host/path",
                                         open_http_store);

}  // namespace
}  // namespace neurofs
