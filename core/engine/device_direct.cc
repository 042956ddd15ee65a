#include "core/engine/device_direct.h"

#include <algorithm>
#include <vector>

#include "core/base/checked.h"
#include "core/engine/parallel_for.h"

namespace neurofs {
namespace {

using Outcome = DirectBlock::Outcome;
using Kind = ChunkPlace::Kind;

// Of one read: so small that the reads of a large group run side by side.
constexpr uint64_t kMostRead = uint64_t{512} << 10;

// Neighbours in one file.
struct Run {
  const ChunkPlace* place;
  std::span<DirectBlock> blocks;
  ByteRange range;      // of the file
  uint64_t offset = 0;  // in the memory
  std::shared_ptr<const DirectFiles::File> file;
  Status read;
};

class DirectRead {
 public:
  DirectRead(FieldState& field, Device& device, DevicePointer memory)
      : field_(field),
        device_(device),
        files_(field.engine_state().direct_files()),
        memory_(memory),
        places_(field.make_places()) {}

  void plan(std::span<DirectBlock> blocks);
  Status read();
  // After all reads: what is of the version it should be is data.
  void settle();

 private:
  void add(std::span<DirectBlock> block, const ChunkPlace& place, ByteRange part);
  void open_files();
  bool is_unchanged(const Run& run);

  FieldState& field_;
  Device& device_;
  DirectFiles& files_;
  const DevicePointer memory_;
  BlockPlaces places_;
  std::vector<Run> runs_;
  uint64_t end_ = 0;  // of what is planned in the memory
  Status failed_;     // the first read that did
  // Of the file that was looked at last; runs of one follow each other.
  const LocalObject* looked_at_ = nullptr;
  std::string version_;
};

void DirectRead::plan(std::span<DirectBlock> blocks) {
  std::vector<uint64_t> numbers;
  numbers.reserve(blocks.size());
  for (const DirectBlock& b : blocks) numbers.push_back(b.block);
  places_.locate(std::move(numbers));
  const bool parts = field_.spec().codecs.is_raw();
  for (size_t i = 0; i < blocks.size(); ++i) {
    const ChunkPlace& place = places_.of(i);
    if (place.kind == Kind::kError) continue;
    const auto part = places_.find_part(i);
    if (!part.ok()) continue;
    if (place.kind == Kind::kMissing) {
      blocks[i].outcome = Outcome::kMissing;
    } else if (!place.version.empty() &&
               (parts || place.kind == Kind::kWholeObject || place.range == *part)) {
      add(blocks.subspan(i, 1), place, *part);
    }
  }
}

void DirectRead::add(std::span<DirectBlock> block, const ChunkPlace& place, ByteRange part) {
  block.front().size = part.length;
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.range.end() == part.offset && last.range.length + part.length <= kMostRead &&
        last.blocks.data() + last.blocks.size() == block.data() && last.place->key == place.key &&
        last.place->version == place.version) {
      block.front().offset = last.offset + last.range.length;
      last.blocks = {last.blocks.data(), last.blocks.size() + 1};
      last.range.length += part.length;
      end_ = last.offset + last.range.length;
      return;
    }
  }
  const uint64_t offset = ceil_div(end_, kDirectAlignment) * kDirectAlignment;
  block.front().offset = offset;
  runs_.push_back({&place, block, part, offset, nullptr, {}});
  end_ = offset + part.length;
}

// No more files than are kept open anyway: the blocks of others are read through RAM.
void DirectRead::open_files() {
  const Run* last = nullptr;
  size_t count = 0;
  for (Run& run : runs_) {
    if (last != nullptr && last->place->key == run.place->key) {
      run.file = last->file;
    } else if (count < files_.most()) {
      ++count;
      Status refusal;
      auto file = files_.open(device_, field_.stored().store(), run.place->key, &refusal);
      if (file.ok()) run.file = std::move(*file);
      if (failed_.ok()) failed_ = refusal;
    }
    last = &run;
  }
  std::erase_if(runs_, [](const Run& run) { return run.file == nullptr; });
}

Status DirectRead::read() {
  open_files();
  parallel_for(field_.engine_state().decoders(), runs_.size(), [this](size_t i) {
    Run& run = runs_[i];
    run.read = run.file->file->read(memory_ + run.offset, run.range.offset, run.range.length);
  });
  for (const Run& run : runs_) {
    // A file that is too short says nothing about the way; the way through RAM says what is wrong with it.
    if (run.read.ok() || run.read.code() == Code::kCorrupt) continue;
    if (device_.is_lost()) return run.read;
    if (failed_.ok()) failed_ = run.read;
  }
  if (!failed_.ok() && !device_.is_lost()) files_.note(failed_);
  return {};
}

bool DirectRead::is_unchanged(const Run& run) {
  const LocalObject* object = run.file->object.get();
  if (object != looked_at_) {
    const auto version = object->version();
    version_ = version.ok() ? *version : "";
    looked_at_ = object;
  }
  return version_ == run.place->version;
}

void DirectRead::settle() {
  uint64_t reads = 0;
  uint64_t bytes = 0;
  for (const Run& run : runs_) {
    if (!run.read.ok() || !is_unchanged(run)) continue;
    ++reads;
    bytes += run.range.length;
    // Before any of it is used.
    field_.versions().see(run.place->key, run.place->version);
    for (DirectBlock& b : run.blocks) b.outcome = Outcome::kData;
  }
  if (reads > 0 && failed_.ok()) files_.note({});
  files_.count(reads, bytes);
}

}  // namespace

std::optional<CodecChain::ByteMoves> direct_moves(const FieldState& field) {
  if (!field.engine_state().direct_files().is_on()) return std::nullopt;
  if (!field.stored().store().has_local_objects()) return std::nullopt;
  return field.spec().codecs.byte_moves();
}

Status read_direct(FieldState& field, Device& device, std::span<DirectBlock> blocks,
                   DevicePointer memory) {
  DirectRead direct(field, device, memory);
  direct.plan(blocks);
  NF_TRY(direct.read());
  direct.settle();
  return {};
}

}  // namespace neurofs
