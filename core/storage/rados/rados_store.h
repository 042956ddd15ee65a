// RadosStore: a Ceph pool, or the objects of it below a prefix, as an ObjectStore; one object a key.
//
// Purpose: rados://pool/prefix without a gateway in between. Reads go through RemoteReader, writes replace
// whole objects at once (write_at is kUnsupported). Thread-safety: as ObjectStore. Ownership: a connection to
// the cluster, made by open(): processes that fork do so before. Versions: RadosVersion.
// Limits: RADOS has no directories, so list() goes through the whole pool (its namespace): keep fields in a
// pool, or a namespace, of their own. Objects above osd_max_object_size (128 MiB unless set) cannot be
// written; striping over several would be an invention that no other writer of Zarr reads.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/storage/rados/rados_cluster.h"
#include "core/storage/rados/rados_location.h"
#include "core/storage/rados/rados_transport.h"
#include "core/storage/remote/remote_reader.h"
#include "core/storage/store_control.h"

namespace neurofs {

class RadosStore : public ObjectStore, public StoreControl {
 public:
  static Result<std::shared_ptr<ObjectStore>> open(std::string_view url,
                                                   const StoreOptions& options);

  std::string url() const override { return location_.url(); }
  std::vector<std::pair<std::string, std::string>> describe() const override;
  bool is_far() const override { return true; }
  void read(std::span<ReadOp> batch) override { reader_->read(batch); }
  Result<ObjectInfo> stat(std::string_view key) override { return reader_->stat(key); }
  void stat_all(std::span<StatOp> batch) override { reader_->stat_all(batch); }
  Result<std::vector<ListEntry>> list(std::string_view prefix, size_t limit) override;
  Status put(std::string_view key, Bytes bytes) override;
  Status write_at(std::string_view key, uint64_t offset, Bytes bytes, uint64_t min_size) override;
  Status remove(std::string_view key) override;
  std::string place() const override { return cluster_->place(); }

 private:
  RadosStore(RadosLocation location, std::unique_ptr<RadosCluster> cluster,
             const StoreOptions& options);
  Status check_writable(std::string_view key) const;
  Status lost_or(int error, const std::string& doing) const;
  int collect(rados_list_ctx_t objects, const std::string& base, size_t limit,
              std::map<std::string, bool>& children) const;

  const RadosLocation location_;
  const StoreOptions options_;
  // In the order in which each needs those before it.
  const std::unique_ptr<RadosCluster> cluster_;
  RadosTransport transport_;
  const std::unique_ptr<RemoteReader> reader_;
};

}  // namespace neurofs
