#include "core/engine/block_loader.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <new>

#include "core/base/scope_wait.h"
#include "core/engine/parallel_for.h"

namespace neurofs {
namespace {

constexpr int kMostRetries = 6;                      // with pauses, about 1.4 s in all
constexpr uint64_t kMostMerged = uint64_t{8} << 20;  // bytes of one merged read

using Outcome = BlockRequest::Outcome;

Status vanished(const std::string& key) {
  return {Code::kStale, "object " + key + " vanished after its index was read"};
}

// The store gave no answer: what is known of the object is as good as before.
bool says_nothing_of_bytes(const Status& status) {
  return status.code() == Code::kInterrupted || status.code() == Code::kTimeout;
}

// On a decoder's thread nobody else would catch what the codec's library could not allocate.
Status decode(const CodecChain& codecs, Bytes encoded, MutableBytes decoded) {
  try {
    return codecs.decode(encoded, decoded);
  } catch (const std::bad_alloc&) {
    return no_memory("the system has no memory left to decode " + std::to_string(encoded.size()) +
                     " bytes; lower --ram");
  }
}

}  // namespace

void BlockLoader::finish(BlockLoad& load, const Status& status) const {
  load.outcome = status.ok() ? Outcome::kData : Outcome::kError;
  if (!status.ok()) {
    load.status = status.with_context("field " + field_.url() + ", chunk " +
                                      to_string(grid_.chunk_of(load.key.block)));
  }
}

void BlockLoader::missing(BlockLoad& load, const ChunkPlace& place) const {
  const Status doubt = versions_.doubt_missing(place.key);
  if (!doubt.ok()) return finish(load, doubt);
  versions_.see(place.key, place.version);
  load.outcome = Outcome::kMissing;
}

// The bytes of an object were unreadable or no chunk: the next read opens it anew, and looks for
// the chunk in it anew, so that it sees an object that has been put in its place.
void BlockLoader::reject(const Job& job, const Status& status) const {
  if (says_nothing_of_bytes(status)) return finish(*job.load, status);
  field_.store().forget(job.place->key);
  if (job.place->kind == ChunkPlace::Kind::kRange) field_.forget_indexes();
  finish(*job.load, status);
}

void BlockLoader::fail(std::span<Job> jobs, const Status& status) const {
  for (const Job& job : jobs) finish(*job.load, status);
}

// An object that was replaced after its index was read is looked into anew, as its new version says.
// While somebody writes into it the read waits a little; in the end it is stale.
void BlockLoader::load(std::span<BlockLoad> loads) const {
  load_once(loads);
  auto pause = std::chrono::milliseconds(1);
  for (int retry = 0; retry < kMostRetries; ++retry, pause *= 4) {
    std::vector<BlockLoad> again;
    std::vector<size_t> places;
    for (size_t i = 0; i < loads.size(); ++i) {
      if (loads[i].outcome != Outcome::kError || loads[i].status.code() != Code::kStale) continue;
      again.push_back({loads[i].key, loads[i].dest, Outcome::kPending, {}});
      places.push_back(i);
    }
    if (again.empty()) return;
    // The first time it was most likely replaced long ago; then somebody is at it.
    if (retry > 0 && !pause_in_scope(pause)) return;
    field_.forget_indexes();
    load_once(again);
    for (size_t i = 0; i < again.size(); ++i) loads[places[i]] = again[i];
  }
}

void BlockLoader::load_once(std::span<BlockLoad> loads) const {
  std::vector<uint64_t> blocks;
  blocks.reserve(loads.size());
  for (const BlockLoad& load : loads) blocks.push_back(load.key.block);
  BlockPlaces places(field_, grid_, versions_);
  places.locate(std::move(blocks));

  std::vector<Job> jobs;
  jobs.reserve(loads.size());
  for (size_t i = 0; i < loads.size(); ++i) {
    ChunkPlace& place = places.of(i);
    if (place.kind == ChunkPlace::Kind::kMissing) {
      loads[i].outcome = Outcome::kMissing;
    } else if (place.kind == ChunkPlace::Kind::kError) {
      finish(loads[i], place.status);
    } else {
      jobs.push_back({&loads[i], i, &place, {}, {}});
    }
  }
  if (jobs.empty()) return;
  if (field_.spec().codecs.is_raw()) {
    load_raw(places, jobs);
  } else {
    load_encoded(jobs);
  }
}

void BlockLoader::load_raw(BlockPlaces& places, std::span<Job> jobs) const {
  const CodecChain& codecs = field_.spec().codecs;
  std::vector<Job> ready;
  ready.reserve(jobs.size());
  for (Job& job : jobs) {
    const auto part = places.find_part(job.at);
    if (!part.ok()) {
      reject(job, part.status());
      continue;
    }
    if (job.place->kind == ChunkPlace::Kind::kMissing) {
      job.load->outcome = Outcome::kMissing;
      continue;
    }
    job.range = *part;
    if (!codecs.transforms_elements()) job.dest = job.load->dest.first(part->length);
    ready.push_back(job);
  }
  if (codecs.transforms_elements()) {
    read_transformed(ready);
  } else {
    read_raw(ready, true);
  }
}

void BlockLoader::read_transformed(std::span<Job> jobs) const {
  while (!jobs.empty()) {
    uint64_t bytes = 0;
    size_t count = 0;
    do {
      bytes += jobs[count++].range.length;
    } while (count < jobs.size() && bytes + jobs[count].range.length <= scratch_.capacity());
    const auto batch = jobs.first(count);
    const auto held = scratch_.reserve(std::min(bytes, scratch_.capacity()));
    if (!held.ok()) return fail(jobs, held.status());
    const auto stored = std::make_unique_for_overwrite<std::byte[]>(bytes);
    MutableBytes rest{stored.get(), bytes};
    for (Job& job : batch) {
      job.dest = rest.first(job.range.length);
      rest = rest.subspan(job.range.length);
    }
    read_raw(batch, true);
    parallel_for(decoders_, count, [&](size_t i) { decode_transformed(batch[i]); });
    jobs = jobs.subspan(count);
  }
}

// What read_raw() has brought and left for here.
void BlockLoader::decode_transformed(const Job& job) const {
  if (job.load->outcome != Outcome::kPending) return;
  const uint64_t block = job.load->key.block;
  const Status decoded = field_.spec().codecs.decode_raw_part(
      job.dest, job.load->dest.first(grid_.part_of_chunk(block).length));
  if (decoded.ok()) {
    finish(*job.load, {});
  } else {
    reject(job, decoded.with_context("object " + job.place->key));
  }
}

void BlockLoader::read_raw(std::span<Job> jobs, bool merge) const {
  const CodecChain& codecs = field_.spec().codecs;
  std::vector<MutableBytes> dests(jobs.size());
  std::vector<ObjectInfo> seen(jobs.size());
  std::vector<ReadOp> ops;
  std::vector<size_t> first_job;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const Job& job = jobs[i];
    dests[i] = job.dest;
    if (merge && !ops.empty()) {
      ReadOp& last = ops.back();
      if (last.range.end() == job.range.offset && last.range.length < kMostMerged &&
          last.key == job.place->key && last.if_version == job.place->version) {
        last.range.length += job.range.length;
        last.dests = {last.dests.data(), last.dests.size() + 1};
        continue;
      }
    }
    ReadOp op;
    op.key = job.place->key;
    op.range = job.range;
    op.if_version = job.place->version;
    op.dests = {&dests[i], 1};
    // Nobody has looked at it yet: the read itself tells its size and version.
    if (job.place->kind == ChunkPlace::Kind::kWholeObject && op.if_version.empty()) {
      op.seen = &seen[i];
    }
    ops.push_back(op);
    first_job.push_back(i);
  }
  field_.store().read(ops);

  for (size_t o = 0; o < ops.size(); ++o) {
    ReadOp& op = ops[o];
    if (op.outcome == ReadOp::Outcome::kData && op.seen != nullptr) {
      const ChunkPlace& place = *jobs[first_job[o]].place;
      op.status = BlockPlaces::check_size(field_.spec(), place, op.seen->size);
      if (!op.status.ok()) op.outcome = ReadOp::Outcome::kError;
      op.if_version = op.seen->version;
    }
    const auto group = jobs.subspan(first_job[o], op.dests.size());
    if (op.outcome == ReadOp::Outcome::kError && op.status.code() != Code::kStale &&
        !says_nothing_of_bytes(op.status) && group.size() > 1) {
      read_raw(group, false);  // find out which of the neighbours is at fault
      continue;
    }
    // Before any of them is done; they are of one object.
    if (op.outcome == ReadOp::Outcome::kData) versions_.see(op.key, op.if_version);
    for (const Job& job : group) {
      if (op.outcome == ReadOp::Outcome::kData) {
        if (codecs.transforms_elements()) continue;  // left to decode_transformed()
        finish(*job.load, codecs.decode_raw_part(job.dest, job.dest));
      } else if (op.outcome == ReadOp::Outcome::kMissing) {
        if (job.place->kind == ChunkPlace::Kind::kWholeObject) {
          job.place->version.clear();
          missing(*job.load, *job.place);
        } else {
          reject(job, vanished(job.place->key));
        }
      } else {
        reject(job, op.status);
      }
    }
  }
}

void BlockLoader::load_encoded(std::span<Job> jobs) const {
  const CodecChain& codecs = field_.spec().codecs;
  const uint64_t most = std::min<uint64_t>(codecs.max_encoded_size(), scratch_.capacity());
  for (size_t i = 0; i < jobs.size();) {
    uint64_t bytes = 0;
    size_t end = i;
    for (; end < jobs.size(); ++end) {
      const bool sized = jobs[end].place->kind == ChunkPlace::Kind::kRange;
      const uint64_t need =
          (sized ? std::min(jobs[end].place->range.length, most) : most) + codecs.array_size();
      if (end > i && bytes + need > scratch_.capacity()) break;
      bytes += need;
    }
    const auto held = scratch_.reserve(std::min(bytes, scratch_.capacity()));
    if (!held.ok()) return fail(jobs.subspan(i), held.status());
    read_and_decode(jobs.subspan(i, end - i));
    i = end;
  }
}

void BlockLoader::read_and_decode(std::span<Job> jobs) const {
  const CodecChain& codecs = field_.spec().codecs;
  std::vector<ByteVector> encoded(jobs.size());
  std::vector<MutableBytes> dests(jobs.size());
  std::vector<ReadOp> ops(jobs.size());
  std::vector<ObjectInfo> seen(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    const ChunkPlace& place = *jobs[i].place;
    ops[i].key = place.key;
    if (place.kind == ChunkPlace::Kind::kWholeObject) {
      ops[i].whole = &encoded[i];
      ops[i].whole_limit = codecs.max_encoded_size();
      ops[i].seen = &seen[i];
      continue;
    }
    encoded[i].resize(place.range.length);
    dests[i] = encoded[i];
    ops[i].range = place.range;
    ops[i].if_version = place.version;
    ops[i].dests = {&dests[i], 1};
  }
  field_.store().read(ops);
  for (size_t i = 0; i < jobs.size(); ++i) {
    ChunkPlace& place = *jobs[i].place;
    if (ops[i].whole != nullptr) place.version = seen[i].version;
    if (ops[i].outcome == ReadOp::Outcome::kData) versions_.see(place.key, place.version);
  }
  parallel_for(decoders_, jobs.size(), [&](size_t i) {
    BlockLoad& load = *jobs[i].load;
    switch (ops[i].outcome) {
      case ReadOp::Outcome::kData: {
        const Status decoded = decode(codecs, encoded[i], load.dest);
        if (decoded.ok()) {
          finish(load, decoded);
        } else {
          reject(jobs[i], decoded.with_context("object " + jobs[i].place->key));
        }
        break;
      }
      case ReadOp::Outcome::kMissing:
        if (ops[i].whole != nullptr) {
          missing(load, *jobs[i].place);
          break;
        }
        reject(jobs[i], vanished(jobs[i].place->key));
        break;
      default:
        reject(jobs[i], ops[i].status);
    }
    encoded[i] = {};
  });
}

}  // namespace neurofs
