#include "core/storage/s3/s3_store.h"

#include "core/base/log.h"
#include "core/storage/key.h"
#include "core/storage/s3/s3_object_writer.h"

namespace neurofs {
namespace {

constexpr uint64_t kPageBytes = uint64_t{8} << 20;
// An endpoint that does not answer is told of soon: nobody reads yet.
constexpr int kOpenRetries = 2;

const Registration<StoreRegistry> kS3(
    "s3", "objects of a bucket, at AWS or another server: s3://BUCKET/PREFIX",
    [](std::string_view url, const StoreOptions& options) -> Result<std::shared_ptr<ObjectStore>> {
      NF_ASSIGN(auto store, S3Store::open(url, options));
      return std::shared_ptr<ObjectStore>(std::move(store));
    });

HttpLoop::Options loop_options(const RemoteOptions& remote) {
  HttpLoop::Options options;
  options.connections = std::max(1u, remote.in_flight);
  options.connect_timeout = remote.connect_timeout;
  options.stall = remote.stall;
  options.ca_file = remote.ca_file;
  options.redirects = 0;  // a signature is of one host; regions are learned from the reply
  return options;
}

}  // namespace

S3Store::S3Store(const StoreOptions& options, const Tuning& tuning)
    : options_(options), tuning_(tuning) {}

Result<std::shared_ptr<S3Store>> S3Store::open(std::string_view url, const StoreOptions& options,
                                               const Tuning& tuning) {
  const RemoteOptions& remote = options.remote;
  if (options.writable && remote.missing_403) {
    return invalid_argument(
        "--missing-403-fill is for reading alone: who writes would take data that is refused for "
        "data that was never stored, and put fill values in its place");
  }
  std::shared_ptr<S3Store> store(new S3Store(options, tuning));
  NF_ASSIGN(const AwsConfig profile, load_aws_config(aws_config_files(tuning.environment),
                                                     tuning.environment, remote.profile));
  NF_ASSIGN(store->location_, S3Location::make(url, remote, tuning.environment, profile));
  NF_ASSIGN(store->loop_, HttpLoop::create(loop_options(remote)));
  HttpLoop& loop = *store->loop_;
  store->credentials_ = std::make_unique<AwsCredentials>(AwsCredentials::Options{
      .anonymous = remote.anonymous,
      .profile = remote.profile,
      .environment = tuning.environment,
      .fetch = [&loop](const HttpRequest& request) { return loop.perform(request, 64 << 10); },
      .now = tuning.now});
  store->service_ = std::make_unique<S3Service>(*store->location_, *store->credentials_,
                                                remote.missing_403, tuning.now);
  store->client_ = std::make_unique<S3Client>(loop, *store->service_, remote);
  store->transport_ = make_http_transport(loop, *store->service_, remote.whole_limit);
  store->reader_ = RemoteReader::create(*store->transport_, store->url(), remote, options.metrics);
  NF_TRY(store->connect());
  return store;
}

// Who may read but not list is let in, known by name or not.
Status S3Store::connect() {
  RemoteOptions patience = options_.remote;
  patience.retries = std::min(patience.retries, kOpenRetries);
  S3Client client(*loop_, *service_, patience);
  std::string query = "list-type=2&max-keys=1";
  if (!location_->prefix().empty()) {
    query += "&prefix=" + percent_encode(location_->prefix() + "/", /*keep_slash=*/false);
  }
  Status status = client.call({.query = query, .body_limit = kPageBytes}).status();
  const bool denied = status.code() == Code::kPermission &&
                      status.message().find("403 AccessDenied") != std::string::npos;
  if (denied) {
    log_warning(status.message() + "; objects are read without a list of them");
    return {};
  }
  return status;
}

std::vector<std::pair<std::string, std::string>> S3Store::describe() const {
  return {{"io", "s3"},
          {"s3_endpoint", redact_url(location_->bucket_url(""))},
          {"s3_region", location_->region()},
          {"s3_credentials", credentials_->source()}};
}

S3FetchPage S3Store::page_fetcher() {
  return [this](const std::string& query) -> Result<ByteVector> {
    NF_ASSIGN(HttpReply reply, client_->call({.query = query, .body_limit = kPageBytes}));
    return std::move(reply.body);
  };
}

Result<std::vector<ListEntry>> S3Store::list(std::string_view prefix, size_t limit) {
  NF_TRY(check_prefix(prefix));
  const std::string in_bucket =
      prefix.empty() ? location_->prefix() : location_->object_name(prefix);
  auto listing = list_s3(in_bucket, limit, page_fetcher());
  if (!listing.ok()) {
    return listing.status().with_context("listing " + quote_key(prefix) + " in " + url());
  }
  if (listing->dropped > 0 && !told_dropped_.exchange(true)) {
    log_warning(url() + ": " + std::to_string(listing->dropped) + " keys below " +
                quote_key(prefix) + " are no names of files and are not shown; said once");
  }
  return std::move(listing->entries);
}

Status S3Store::check_writable(std::string_view key) const {
  NF_TRY(check_key(key));
  if (options_.writable) return {};
  return Status(Code::kReadOnly, url() + " was opened for reading: " + quote_key(key));
}

Status S3Store::put(std::string_view key, Bytes bytes) {
  NF_TRY(check_writable(key));
  return put_s3(*client_, key, bytes, tuning_.upload);
}

Result<std::unique_ptr<ObjectWriter>> S3Store::put_in_pieces(std::string_view key) {
  NF_TRY(check_writable(key));
  return std::unique_ptr<ObjectWriter>(
      std::make_unique<S3ObjectWriter>(*client_, key, tuning_.upload));
}

Status S3Store::write_at(std::string_view key, uint64_t /*offset*/, Bytes /*bytes*/,
                         uint64_t /*min_size*/) {
  NF_TRY(check_writable(key));
  return unsupported(url() + " has only whole objects: " + quote_key(key) +
                     " cannot be written in part");
}

Status S3Store::remove(std::string_view key) {
  NF_TRY(check_writable(key));
  const Status status = client_->call({.method = "DELETE", .key = key}).status();
  return status.code() == Code::kNotFound ? Status() : status;
}

}  // namespace neurofs
