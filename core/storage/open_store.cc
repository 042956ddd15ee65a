// What all stores share: open_store, read_all, and what a store does that says nothing else.

#include "core/storage/key.h"
#include "core/storage/object_store.h"

namespace neurofs {
namespace {

class GatheringWriter : public ObjectWriter {
 public:
  GatheringWriter(ObjectStore& store, std::string_view key) : store_(store), key_(key) {}
  Status append(Bytes bytes) override {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return {};
  }
  Status finish() override { return store_.put(key_, bytes_); }

 private:
  ObjectStore& store_;
  const std::string key_;
  ByteVector bytes_;
};

}  // namespace

Result<ByteVector> read_all(ObjectStore& store, std::string_view key, uint64_t limit) {
  ByteVector bytes;
  ReadOp op;
  op.key = key;
  op.whole = &bytes;
  op.whole_limit = limit;
  store.read({&op, 1});
  switch (op.outcome) {
    case ReadOp::Outcome::kData:
      return bytes;
    case ReadOp::Outcome::kMissing:
      return not_found("no object " + quote_key(key) + " in " + store.url());
    case ReadOp::Outcome::kError:
      return op.status;
    case ReadOp::Outcome::kPending:
      break;
  }
  return internal_error("store " + store.url() + " left a read of " + quote_key(key) + " undone");
}

void ObjectStore::stat_all(std::span<StatOp> batch) {
  for (StatOp& op : batch) op.info = stat(op.key);
}

Result<std::unique_ptr<ObjectWriter>> ObjectStore::put_in_pieces(std::string_view key) {
  return std::unique_ptr<ObjectWriter>(std::make_unique<GatheringWriter>(*this, key));
}

Result<std::shared_ptr<const LocalObject>> ObjectStore::open_local(std::string_view key) {
  return unsupported("the objects of " + url() +
                     " are no files of this machine: " + quote_key(key));
}

Result<std::shared_ptr<ObjectStore>> open_store(std::string_view url, const StoreOptions& options) {
  const size_t colon = url.find("://");
  const std::string_view scheme = colon == std::string_view::npos ? "file" : url.substr(0, colon);
  if (const auto* plugin = StoreRegistry::instance().find(scheme)) {
    return plugin->factory(url, options);
  }
  std::string known;
  for (const auto& [name, unused] : StoreRegistry::instance().all()) {
    known += (known.empty() ? "" : ", ") + name + "://";
  }
  return unsupported("no store for the URL scheme " + quote_key(scheme) + "; known are " + known +
                     " and plain paths");
}

}  // namespace neurofs
