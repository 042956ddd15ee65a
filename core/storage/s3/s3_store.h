// S3Store: a bucket, or a prefix in one, as an ObjectStore.
//
// Purpose: s3://bucket/prefix, at AWS or at any server that speaks S3 (radosgw, Swift, MinIO). Reads go through
// RemoteReader; writes put whole objects (write_at is kUnsupported). Thread-safety: as ObjectStore.
// Ownership: owns its loop and thread, location and credentials. Versions are ETags.
// Errors: as ObjectStore; open() asks the server once, so that a wrong key, bucket, region or clock is told of
// at mount and not by a reader.
#pragma once

#include <atomic>
#include <memory>

#include "core/storage/remote/remote_reader.h"
#include "core/storage/s3/s3_client.h"
#include "core/storage/s3/s3_listing.h"
#include "core/storage/s3/s3_upload.h"
#include "core/storage/store_control.h"

namespace neurofs {

class S3Store : public ObjectStore, public StoreControl {
 public:
  struct Tuning {
    S3UploadOptions upload;
    Environment environment = system_environment;
    S3Service::Now now = std::chrono::system_clock::now;
  };

  static Result<std::shared_ptr<S3Store>> open(std::string_view url, const StoreOptions& options,
                                               const Tuning& tuning);
  static Result<std::shared_ptr<S3Store>> open(std::string_view url, const StoreOptions& options) {
    return open(url, options, Tuning());
  }

  std::string url() const override { return location_->url(); }
  std::vector<std::pair<std::string, std::string>> describe() const override;
  bool is_far() const override { return true; }
  void read(std::span<ReadOp> batch) override { reader_->read(batch); }
  Result<ObjectInfo> stat(std::string_view key) override { return reader_->stat(key); }
  void stat_all(std::span<StatOp> batch) override { reader_->stat_all(batch); }
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override;
  Status put(std::string_view key, Bytes bytes) override;
  Result<std::unique_ptr<ObjectWriter>> put_in_pieces(std::string_view key) override;
  bool puts_in_pieces() const override { return true; }
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override;
  Status remove(std::string_view key) override;
  void renew_credentials() override { credentials_->look_anew(); }
  std::string place() const override { return location_->bucket_url(""); }

  const S3Service& service() const { return *service_; }

 private:
  S3Store(const StoreOptions& options, const Tuning& tuning);
  Status connect();
  Status check_writable(std::string_view key) const;
  S3FetchPage page_fetcher();

  const StoreOptions options_;
  const Tuning tuning_;
  // In the order in which each needs those before it.
  std::shared_ptr<HttpLoop> loop_;
  std::unique_ptr<S3Location> location_;
  std::unique_ptr<AwsCredentials> credentials_;
  std::unique_ptr<S3Service> service_;
  std::unique_ptr<S3Client> client_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<RemoteReader> reader_;
  std::atomic<bool> told_dropped_{false};
};

}  // namespace neurofs
