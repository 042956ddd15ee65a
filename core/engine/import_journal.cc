#include "core/engine/import_journal.h"

#include <nlohmann/json.hpp>

#include "core/field/chunk_key.h"

namespace neurofs {
namespace {

constexpr uint64_t kPlanLimit = uint64_t{16} << 20;

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

ImportJournal::ImportJournal(ObjectStore& store, std::string_view path, size_t tasks)
    : store_(&store),
      path_(path),
      plan_key_(join_key(path, ".neurofs-import/plan.json")),
      done_key_(join_key(path, ".neurofs-import/done")),
      done_(tasks) {}

Result<ImportJournal> ImportJournal::open(ObjectStore& store, std::string_view path,
                                          const nlohmann::json& plan, size_t tasks) {
  ImportJournal journal(store, path, tasks);
  const std::string text = plan.dump(2) + '\n';
  const auto found = read_all(store, journal.plan_key_, kPlanLimit);
  if (found.ok()) {
    NF_TRY(journal.resume(text, *found));
  } else if (found.status().code() == Code::kNotFound) {
    NF_TRY(journal.begin(text));
  } else {
    return found.status();
  }
  return journal;
}

Status ImportJournal::begin(const std::string& plan) {
  NF_ASSIGN(const auto entries, store_->list(path_, 2));
  for (const ListEntry& entry : entries) {
    if (entry.name == ".neurofs-import") continue;  // left empty by an import that has ended
    return Status(Code::kExists, store_->url() + ": " + join_key(path_, entry.name) +
                                     " exists already; import into a place that is empty");
  }
  NF_TRY(store_->remove(done_key_));
  return store_->put(plan_key_, bytes_of(plan));
}

Status ImportJournal::resume(const std::string& plan, Bytes found) {
  const Bytes wanted = bytes_of(plan);
  if (!std::equal(wanted.begin(), wanted.end(), found.begin(), found.end())) {
    return Status(Code::kExists,
                  store_->url() + ": " + plan_key_ +
                      " is of an unfinished import from another source (or one that has changed "
                      "since), or with other options; repeat that import as it was, or remove the "
                      "field's directory and start again");
  }
  const auto done = read_all(*store_, done_key_, done_.size());
  if (done.ok() && done->size() == done_.size()) done_ = *done;
  const bool is_failure = !done.ok() && done.status().code() != Code::kNotFound;
  return is_failure ? done.status() : Status();
}

Status ImportJournal::mark(std::span<const size_t> tasks) {
  if (tasks.empty()) return {};
  for (const size_t task : tasks) done_[task] = std::byte{1};
  return store_->put(done_key_, done_);
}

Status ImportJournal::finish(std::string_view zarr_json) {
  NF_TRY(store_->put(join_key(path_, "zarr.json"), bytes_of(zarr_json)));
  NF_TRY(store_->remove(done_key_));
  return store_->remove(plan_key_);
}

}  // namespace neurofs
