// What a mount does when it is asked to: read ahead, and look at its metadata again.
#include <algorithm>
#include <chrono>

#include "core/base/cancellation.h"
#include "core/base/log.h"
#include "core/base/scope_wait.h"
#include "core/engine/prefetch_range.h"
#include "core/field/same_description.h"
#include "core/storage/disk_cache/wanted_writes.h"
#include "core/storage/store_control.h"
#include "fs/file_system_open.h"

namespace neurofs {
namespace {

using Clock = std::chrono::steady_clock;

// Bytes of a file per step: as many as take neither long nor next to nothing.
constexpr uint64_t kLeastStep = uint64_t{64} << 10;
constexpr uint64_t kMostStep = uint64_t{64} << 20;
constexpr std::chrono::milliseconds kStepTime{250};
constexpr std::chrono::seconds kCallTime{2};

bool gave_up() {
  const ReadScope* scope = ReadScope::current();
  return scope != nullptr && scope->cancelled();
}

std::string path_in_store(const FieldSpec& spec, const std::string& path) {
  return spec.key_encoding.kind == KeyEncoding::Kind::kSingleObject ? spec.object_key : path;
}

}  // namespace

// Whether that tier is there.
Status FileSystem::check_tier(PrefetchTo to) const {
  if (to == PrefetchTo::kRam) return {};
  if (cache_ == nullptr) {
    return unsupported("the mount has no NVMe cache: " +
                       std::string(store_->has_local_objects()
                                       ? "what it shows is on a local disk already"
                                       : "mount with --cache-dir, or prefetch with --tier ram"));
  }
  const std::string off = cache_->state();
  return off.empty() ? Status() : io_error("the NVMe cache of the mount is off: " + off);
}

// Whether what was fetched for the NVMe cache is on its disk now.
Status FileSystem::check_kept(const WantedWrites& kept) const {
  if (!cache_->drain()) return scope_status(scope_end(), "the disk of the NVMe cache");
  NF_TRY(check_tier(PrefetchTo::kStore));
  if (kept.lost() == 0) return {};
  return io_error(
      "the NVMe cache did not take " + std::to_string(kept.lost()) +
      " blocks: they are larger than its entries may be, or too new, or of a server that "
      "names no version which could tell them from others (README, Limits)");
}

Result<uint64_t> FileSystem::prefetch(NodeId id, const ByteRange& range, PrefetchTo to) const {
  OpenFile file;
  NF_TRY(open(id, &file));
  if (file.text != nullptr) return unsupported("a control file is not stored");
  NF_TRY(check_tier(to));
  const uint64_t size = file.size();
  if (range.offset >= size) return uint64_t{0};
  const uint64_t wanted = std::min(range.length, size - range.offset);
  const WantedWrites kept;
  const auto begun = Clock::now();
  uint64_t step = kLeastStep;
  uint64_t done = 0;
  while (done < wanted && Clock::now() - begun < kCallTime) {
    if (gave_up()) return Status(Code::kInterrupted, "the prefetch was ended");
    const auto from = Clock::now();
    const uint64_t length = std::min(step, wanted - done);
    const ViewPlan plan = file.layout->plan({range.offset + done, length});
    const Status status =
        prefetch_range(*file.reader, {file.base + plan.region.offset, plan.region.length}, to);
    if (!status.ok()) return failed(id, range.offset + done, length, status);
    if (to == PrefetchTo::kStore && !cache_->drain()) {
      return scope_status(scope_end(), "the disk of the NVMe cache");
    }
    done += length;
    const bool slow = Clock::now() - from > kStepTime;
    step = std::clamp(slow ? step / 2 : step * 2, kLeastStep, kMostStep);
  }
  return done;
}

Result<FileSystem::Refreshed> FileSystem::refresh() {
  if (StoreControl* store = StoreControl::of(*store_)) store->forget_all();
  Refreshed result;
  // First all metadata: where the store does not answer, nothing is dropped.
  for (uint32_t i = 0; i < tree_->size(); ++i) {
    const FieldFiles* files = files_of(i);
    if (files == nullptr) continue;
    ++result.fields;
    const std::string& path = tree_->directory(i).path;
    const auto now = open_stored_field(store_, path_in_store(files->spec, path), FieldOptions{});
    const Code code = now.status().code();
    if (code == Code::kInterrupted || code == Code::kTimeout || code == Code::kIoError ||
        code == Code::kPermission) {
      return now.status();
    }
    if (now.ok() && same_description((*now)->spec(), files->spec)) continue;
    result.changed.push_back(path.empty() ? "the field" : path);
    log_warning(result.changed.back() + " has other metadata than when it was mounted" +
                (now.ok() ? std::string() : " (" + now.status().message() + ")") +
                "; unmount and mount again to see it");
  }
  for (uint32_t i = 0; i < tree_->size(); ++i) {
    if (const FieldFiles* files = files_of(i)) files->field->invalidate();
  }
  return result;
}

void FileSystem::renew_credentials() {
  if (StoreControl* store = StoreControl::of(*store_)) store->renew_credentials();
}

}  // namespace neurofs
