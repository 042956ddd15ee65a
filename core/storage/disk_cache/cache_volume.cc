#include "core/storage/disk_cache/cache_volume.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <boost/container/small_vector.hpp>

#include "core/storage/errno_status.h"
#include "core/storage/pread_reader.h"
#include "core/storage/uring_reader.h"

namespace neurofs {
namespace {

constexpr uint64_t kFewestSegments = 16;
constexpr uint64_t kLeastBytes = uint64_t{16} << 20;
constexpr uint64_t kMostEntryBytes = uint64_t{16} << 20;

uint64_t wanted_segment_bytes(const DiskCacheOptions& options) {
  if (options.segment_bytes != 0) return options.segment_bytes;
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  const uint64_t whole = std::clamp(options.bytes / 256 / kMiB * kMiB, kMiB, kMostSegmentBytes);
  // Room for headers and summary besides, so that as many blocks of 2^n bytes fit as one would think.
  const uint64_t size = std::min(whole + whole / 64, kMostSegmentBytes);
  return std::min(size, options.bytes / kFewestSegments) / kCachePage * kCachePage;
}

bool usable_segment_bytes(uint64_t size, uint64_t total) {
  return size % kCachePage == 0 && size >= 16 * kCachePage && size <= kMostSegmentBytes &&
         total / size >= kFewestSegments;
}

// The size of what is there already, so that it can be used; another limit needs no other segments.
uint64_t choose_segment_bytes(const DiskCacheOptions& options, int slot_dir) {
  if (options.segment_bytes == 0) {
    for (const uint64_t size : CacheDirectory::data_files(slot_dir)) {
      if (usable_segment_bytes(size, options.bytes)) return size;
    }
  }
  return wanted_segment_bytes(options);
}

uint64_t most_entries(uint64_t bytes) {
  return std::min<uint64_t>(bytes / 128, uint64_t{2} << 30) / 32;
}

size_t remembered_entries(uint64_t bytes) {
  return static_cast<size_t>(std::clamp<uint64_t>(bytes / (16 << 10), 1 << 10, 4 << 20));
}

std::unique_ptr<FileReader> make_reader(bool uring, Counter& transferred) {
  constexpr unsigned kDepth = 64;
  if (uring) {
    auto reader = UringReader::create(kDepth, transferred);
    if (reader.ok()) return std::move(reader).value();
  }
  return std::make_unique<PreadReader>(transferred);
}

}  // namespace

CacheVolume::CacheVolume(const DiskCacheOptions& options, CacheCounters& counters,
                         CacheDirectory directory, CacheSlot slot,
                         std::unique_ptr<SegmentFile> file)
    : options_(options),
      counters_(counters),
      directory_(std::move(directory)),
      slot_(std::move(slot)),
      file_(std::move(file)),
      largest_(std::min(file_->segment_bytes() / 4, kMostEntryBytes)),
      reader_(make_reader(options.use_io_uring, counters.transferred)),
      index_(most_entries(options.bytes)),
      policy_(remembered_entries(options.bytes)) {}

CacheVolume::~CacheVolume() {
  // What is gathered is worth a try; a failure loses nothing but it.
  for (const CacheLog log : {CacheLog::kProbation, CacheLog::kMain}) {
    if (!failing()) (void)flush(logs_[static_cast<size_t>(log)], log).ok();
  }
}

Result<std::unique_ptr<CacheVolume>> CacheVolume::open(const DiskCacheOptions& options,
                                                       CacheCounters& counters) {
  if (options.bytes < kLeastBytes ||
      !usable_segment_bytes(wanted_segment_bytes(options), options.bytes)) {
    return invalid_argument("a disk cache of " + std::to_string(options.bytes) +
                            " bytes is too small, or its segments are too large; give it 16 MiB "
                            "or more");
  }
  NF_ASSIGN(auto directory, CacheDirectory::open(options.directory, true));
  NF_ASSIGN(auto slot, directory.take());
  const uint64_t segment_bytes = choose_segment_bytes(options, slot.dir.get());
  CacheDirectory::remove_data(slot.dir.get(), CacheDirectory::data_name(segment_bytes));
  const std::string where = directory.path() + "/" + std::to_string(slot.number);
  NF_ASSIGN(auto file,
            SegmentFile::open(slot.dir.get(), where, segment_bytes, true, options.direct_io));
  std::unique_ptr<CacheVolume> volume(
      new CacheVolume(options, counters, std::move(directory), std::move(slot), std::move(file)));
  NF_TRY(volume->recover());
  return volume;
}

Status CacheVolume::recover() {
  segments_.resize(std::min(file_->segments(), kMostSegments));
  std::vector<uint32_t> order;
  std::vector<SegmentRecords> found(segments_.size());
  uint64_t entries = 0;
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    int error = 0;
    auto records = file_->records(i, &error);
    if (error != 0) return broken(error, "reading the summaries");
    if (!records) continue;
    segments_[i] = {State::kSealed, records->frame.log, records->frame.sequence};
    entries += records->entries.size();
    found[i] = std::move(*records);
    order.push_back(i);
  }
  index_.reserve(entries);
  // In the order of writing, so that what was written last stands.
  std::ranges::sort(order, {}, [&](uint32_t i) { return segments_[i].sequence; });
  for (const uint32_t i : order) {
    next_sequence_ = std::max(next_sequence_, segments_[i].sequence + 1);
    for (const EntryRecord& r : found[i].entries) {
      if (r.length > largest_) continue;
      index_.put(r.key, {i, r.at, version_tag_of(r.key.version), 0, r.length, r.check});
    }
    found[i] = {};
  }
  for (uint32_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i].state == State::kAbsent) file_->release(i);
  }
  allocated_ = order.size();
  return tick();
}

// The entries of a batch that the index knows. Neighbours on the disk, as blocks that were fetched together are, come
// by one read. Each entry is checked when its read arrives: the first reading of memory that the disk has just
// written is what costs, and the rest of the batch is on its way meanwhile.
class CacheVolume::Batch final : public FileReadListener {
 public:
  // `most` entries: nothing moves, as reads point to destinations.
  explicit Batch(size_t most) {
    entries_.reserve(most);
    dests_.reserve(most);
    reads_.reserve(most);
  }
  void add(CacheRead& read, const EntryPlace& place, const CacheVolume& volume) {
    const uint64_t offset =
        volume.file_->segment_bytes() * place.segment + uint64_t{place.at} * kCacheUnit;
    entries_.push_back({&read, place, false});
    dests_.push_back(read.dest);
    if (!joins(offset, place.length)) {
      FileRead& fresh = reads_.emplace_back();
      fresh.file = volume.file_->file().get();
      fresh.offset = offset;
      fresh.dests = {&dests_.back(), 0};
      fresh.listener = this;
    }
    FileRead& last = reads_.back();
    last.length += place.length;
    last.dests = {last.dests.data(), last.dests.size() + 1};
  }
  void arrived(const FileRead& read) override {
    const auto first = static_cast<size_t>(read.dests.data() - dests_.data());
    for (size_t i = first; i < first + read.dests.size(); ++i) {
      Entry& entry = entries_[i];
      entry.right = entry_check(entry.read->key, entry.read->dest) == entry.place.check;
    }
  }
  void run(CacheVolume& volume) {
    if (reads_.empty()) return;
    volume.reader_->read({reads_.data(), reads_.size()});
    size_t i = 0;
    for (const FileRead& read : reads_) {
      if (read.error != 0) volume.count_read_error();
      for (const size_t end = i + read.dests.size(); i < end; ++i) {
        entries_[i].read->hit = entries_[i].right && !read.failed();
        volume.settle(*entries_[i].read, read, entries_[i].place);
      }
    }
  }

 private:
  struct Entry {
    CacheRead* read;
    EntryPlace place;
    bool right;
  };
  // What is read in one piece anyway; a larger one would be checked later.
  static constexpr uint64_t kMostJoined = uint64_t{1} << 20;

  // Whole pages alone: others need a bounce buffer.
  bool joins(uint64_t offset, uint64_t length) const {
    if (reads_.empty()) return false;
    const FileRead& last = reads_.back();
    return last.offset + last.length == offset && last.length + length <= kMostJoined &&
           last.length % kCachePage == 0 && length % kCachePage == 0;
  }

  boost::container::small_vector<Entry, 2> entries_;
  boost::container::small_vector<MutableBytes, 2> dests_;  // of the entries
  boost::container::small_vector<FileRead, 2> reads_;
};

void CacheVolume::read(std::span<CacheRead> batch) {
  Batch found(batch.size());
  for (CacheRead& read : batch) {
    read.hit = false;
    const auto place = index_.find(read.key);
    if (!place || place->length != read.dest.size() ||
        place->version_tag != version_tag_of(read.key.version)) {
      continue;
    }
    found.add(read, *place, *this);
  }
  found.run(*this);
}

void CacheVolume::settle(CacheRead& read, const FileRead& done, const EntryPlace& place) {
  if (read.hit) {
    if (place.reads < EntryPlace::kMostReads) index_.count_read(read.key);
    return;
  }
  const bool erased = index_.erase(read.key, place);
  if (done.error != 0) return;
  // It is no fault when the entry went, and its place was used anew, while it was read.
  if (erased) counters_.bad.add();
}

void CacheVolume::count_read_error() {
  counters_.read_errors.add();
  ++read_errors_;
}

Status CacheVolume::broken(int error, const char* doing) const {
  return errno_status(error, std::string(doing) + " of the disk cache " + directory_.path());
}

}  // namespace neurofs
