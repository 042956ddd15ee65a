// The read path of FileSystem: a file's byte range to header bytes and region bytes.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <vector>

#include "fs/file_system_open.h"

namespace neurofs {

namespace {

// One stream per reader and file, or per reader and field for neurons and regions, so that the predictor sees a walk
// over neurons, or an order of regions that comes again, as one sequence.
uint64_t stream_of(uint64_t what, uint64_t caller) {
  return what ^ (caller * 0x9e3779b97f4a7c15u);
}

Status not_a_file() {
  return invalid_argument("not a file that can be read");
}

}  // namespace

uint64_t PinnedRead::size() const {
  uint64_t total = header.size() + rendered.size();
  if (!pins) return total;
  for (const Bytes span : pins->spans()) total += span.size();
  return total;
}

Status FileSystem::open(NodeId id, OpenFile* file) const {
  NF_ASSIGN(const Node node, resolve(id, &file->node));
  file->stream = id.value();
  if (node.kind == Node::Kind::kWhole || node.kind == Node::Kind::kNeuron) {
    use_->note(node.field);
    const FieldFiles& files = *tree_->files_of(node);
    file->files = &files;
    file->reader = &*files.reader;
    if (node.kind == Node::Kind::kWhole) {
      file->layout = files.whole[node.view].layout.get();
      return {};
    }
    file->layout = files.neuron[node.view].layout.get();
    file->base = node.number * files.neuron_size;
    const bool interned = file->node != nullptr;
    file->stream = interned ? reinterpret_cast<uintptr_t>(&files) : id.value() - node.number;
    return {};
  }
  if (const auto* region = dynamic_cast<const RegionNode*>(file->node.get())) {
    use_->note(region->field);
    file->files = files_of(*region);
    file->stream = reinterpret_cast<uintptr_t>(file->files);
    file->layout = region->layout.get();
    file->reader = &*region->reader;
    return {};
  }
  if (const auto* snapshot = dynamic_cast<const SnapshotNode*>(file->node.get())) {
    file->text = &snapshot->text;
    return {};
  }
  return not_a_file();
}

std::optional<FileSystem::NeuronFile> FileSystem::neuron_file(NodeId id) const {
  const Node node = ids_->decode(id);
  if (node.kind != Node::Kind::kNeuron || !tree_->exists(node)) return std::nullopt;
  const FieldFiles& files = *tree_->files_of(node);
  return NeuronFile{id.value() - node.number, node.number,
                    static_cast<uint64_t>(files.spec.neuron_count()),
                    files.neuron[node.view].layout->size(), node.field};
}

Status FileSystem::failed(NodeId id, uint64_t offset, uint64_t length, const Status& status) const {
  // Who gave up has not failed.
  if (status.code() == Code::kInterrupted) return status;
  errors_->add_failed_read(describe(id), offset, length, status);
  return status;
}

Result<size_t> FileSystem::read(NodeId id, uint64_t offset, MutableBytes out,
                                uint64_t caller) const {
  bool cold = false;
  return read(id, offset, out, caller, Wait{}, &cold);
}

Result<size_t> FileSystem::try_read(NodeId id, uint64_t offset, MutableBytes out, uint64_t caller,
                                    bool* cold, bool* together) const {
  return read(id, offset, out, caller, Wait{.allowed = false, .together = together}, cold);
}

Result<size_t> FileSystem::read_ahead(NodeId id, MutableBytes out, uint64_t caller) const {
  bool cold = false;
  return read(id, 0, out, caller, Wait{.ahead = true}, &cold);
}

void FileSystem::read_together(std::span<FileRead> reads, const ReadDone& done) const {
  std::vector<OpenFile> files(reads.size());
  std::vector<RegionReader::Range> ranges(reads.size());  // no reader: nothing to bring
  std::vector<size_t> cold;
  for (size_t i = 0; i < reads.size(); ++i) {
    const FileRead& r = reads[i];
    // What cannot be opened, or has no region, says so in its own read below.
    const bool opened = open(r.id, &files[i]).ok();
    const OpenFile& file = files[i];
    if (!opened || file.text != nullptr || r.offset >= file.size() ||
        !file.reader->is_fine_grained()) {
      cold.push_back(i);
      continue;
    }
    const ViewPlan plan =
        file.layout->plan({r.offset, std::min<uint64_t>(r.out.size(), file.size() - r.offset)});
    ranges[i] = {file.reader, file.base + plan.region.offset, plan.region.length};
  }
  for (size_t i = 0; i < reads.size(); ++i) {
    if (ranges[i].reader == nullptr) continue;
    read_field_together(reads, std::span(ranges).subspan(i), i, &cold, done);
  }
  // These wait until the memory that was brought is free again.
  for (const size_t i : cold) {
    FileRead& r = reads[i];
    r.result = read(r.id, r.offset, r.out, r.caller);
    done(i);
  }
}

// The first of `ranges`, which is that of read `first`, and all others of its field; takes them off
// the list.
void FileSystem::read_field_together(std::span<FileRead> reads,
                                     std::span<RegionReader::Range> ranges, size_t first,
                                     std::vector<size_t>* cold, const ReadDone& done) const {
  std::vector<RegionReader::Range> together;
  std::vector<size_t> members;
  const RegionReader& reader = *ranges.front().reader;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].reader == nullptr || !ranges[i].reader->same_field(reader)) continue;
    together.push_back(ranges[i]);
    members.push_back(first + i);
    ranges[i].reader = nullptr;
  }
  const Brought brought = RegionReader::bring(together);
  for (const size_t i : members) {
    FileRead& r = reads[i];
    bool still_cold = false;
    r.result = read(r.id, r.offset, r.out, r.caller, {false, &brought}, &still_cold);
    if (still_cold) {
      cold->push_back(i);
    } else {
      done(i);
    }
  }
}

Result<size_t> FileSystem::read(NodeId id, uint64_t offset, MutableBytes out, uint64_t caller,
                                const Wait& wait, bool* cold) const {
  OpenFile file;
  NF_TRY(open(id, &file));
  const uint64_t size = file.size();
  if (offset >= size) return size_t{0};
  out = out.first(std::min<uint64_t>(out.size(), size - offset));
  if (file.text != nullptr) {
    std::memcpy(out.data(), file.text->data() + offset, out.size());
    return out.size();
  }
  const ByteRange range{offset, out.size()};
  const ViewPlan plan = file.layout->plan(range);
  if (!plan.header.empty()) std::memcpy(out.data(), plan.header.data(), plan.header.size());
  const MutableBytes body = out.subspan(plan.header.size());
  if (body.empty()) return out.size();
  const uint64_t at = file.base + plan.region.offset;
  const StreamId stream = stream_of(file.stream, caller);
  if (!plan.rendered) {
    assert(body.size() == plan.region.length);
    Status status;
    if (wait.allowed) {
      status = file.reader->read(at, body, stream);
    } else {
      const Result<bool> served = wait.brought != nullptr
                                      ? file.reader->read_brought(*wait.brought, at, body, stream)
                                      : file.reader->try_read(at, body, stream);
      *cold = served.ok() && !*served;
      if (*cold && wait.together != nullptr) *wait.together = file.reader->gains_together();
      status = served.status();
    }
    if (!status.ok()) return wait.ahead ? status : failed(id, offset, range.length, status);
    return out.size();
  }
  if (wait.brought != nullptr) {
    *cold = true;
    return size_t{0};
  }
  ByteVector elements(plan.region.length);
  Status status;
  if (wait.allowed) {
    status = file.reader->read(at, elements, stream);
  } else {
    const Result<bool> served = file.reader->try_read(at, elements, stream);
    *cold = served.ok() && !*served;
    status = served.status();
  }
  if (!status.ok()) return wait.ahead ? status : failed(id, offset, range.length, status);
  if (*cold) return size_t{0};
  file.layout->render(range, elements, body);
  return out.size();
}

Status FileSystem::read_pinned(NodeId id, uint64_t offset, uint64_t length, uint64_t caller,
                               PinnedRead* out) const {
  bool cold = false;
  return pin(id, offset, length, caller, out, true, &cold);
}

Status FileSystem::try_read_pinned(NodeId id, uint64_t offset, uint64_t length, uint64_t caller,
                                   PinnedRead* out, bool* cold) const {
  return pin(id, offset, length, caller, out, false, cold);
}

Status FileSystem::pin(NodeId id, uint64_t offset, uint64_t length, uint64_t caller,
                       PinnedRead* out, bool wait, bool* cold) const {
  OpenFile file;
  NF_TRY(open(id, &file));
  const uint64_t size = file.size();
  if (offset >= size) return {};
  const ByteRange range{offset, std::min(length, size - offset)};
  out->node = file.node;
  if (file.text != nullptr) {
    out->header = std::as_bytes(std::span(*file.text)).subspan(range.offset, range.length);
    return {};
  }
  const ViewPlan plan = file.layout->plan(range);
  if (plan.rendered) {
    out->rendered.resize(range.length);
    return read(id, range.offset, out->rendered, caller, Wait{.allowed = wait}, cold).status();
  }
  out->header = plan.header;
  if (plan.region.length == 0) return {};
  const uint64_t at = file.base + plan.region.offset;
  const StreamId stream = stream_of(file.stream, caller);
  if (wait) {
    auto pins = file.reader->read_pinned(at, plan.region.length, stream);
    if (!pins.ok()) return failed(id, offset, range.length, pins.status());
    out->pins.emplace(std::move(pins).value());
  } else {
    auto pins = file.reader->try_read_pinned(at, plan.region.length, stream);
    if (!pins.ok()) return failed(id, offset, range.length, pins.status());
    *cold = !pins->has_value();
    if (*cold) return {};
    out->pins = std::move(*pins);
  }
  assert(out->size() == range.length);
  if (out->size() != range.length) {
    return failed(id, offset, range.length, internal_error("the engine gave a part of a range"));
  }
  return {};
}

}  // namespace neurofs
