#include "core/cache/device_tier.h"

#include <algorithm>
#include <bit>
#include <new>
#include <system_error>

#include "core/base/log.h"
#include "core/cache/device_read.h"

namespace neurofs {
namespace {

constexpr uint64_t kMostReserve = uint64_t{256} << 20;  // left to others, and to the driver
constexpr size_t kReaderLanes = 2;
constexpr size_t kGathererLanes = 2;
constexpr uint64_t kHalves = 2 * (kReaderLanes + kGathererLanes + 1);  // the filler has a lane too
constexpr uint64_t kLargestHalf = uint64_t{2} << 20;
constexpr uint64_t kSmallestHalf = 4096;
constexpr uint64_t kMostVictims = uint64_t{8} << 20;

// At most an eighth of the budget is on its way over the bus.
uint64_t half_bytes_for(uint64_t budget) {
  if (budget == 0) return kLargestHalf;
  return std::clamp(std::bit_floor(std::max<uint64_t>(budget / 8 / kHalves, 1)), kSmallestHalf,
                    kLargestHalf);
}

std::string in_mib(uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

NamedDevices devices_of_kind(const std::string& kind) {
  const auto& registry = DeviceRegistry::instance();
  if (kind != "auto") {
    const auto* plugin = registry.find(kind);
    if (plugin != nullptr) return {kind, plugin->factory.list()};
    return {kind, {{}, "this program knows no devices of kind '" + kind + "'"}};
  }
  // The simulation lists devices only where somebody asked for them, so it goes first.
  NamedDevices best{"", {{}, "this program was built without CUDA"}};
  for (const char* name : {"sim", "cuda"}) {
    const auto* plugin = registry.find(name);
    if (plugin == nullptr) continue;
    best = {name, plugin->factory.list()};
    if (!best.list.devices.empty()) break;
  }
  return best;
}

DeviceTier::DeviceTier(const Options& options)
    : options_(options),
      hits_(options.metrics->counter("gpu_hits_total", "Blocks that a read found in GPU memory")),
      misses_(options.metrics->counter("gpu_misses_total",
                                       "Blocks that a read looked for in GPU memory in vain")),
      promotions_(
          options.metrics->counter("gpu_promotions_total", "Blocks copied into GPU memory")),
      evictions_(options.metrics->counter("gpu_evictions_total", "Blocks dropped from GPU memory")),
      errors_(options.metrics->counter("gpu_errors_total", "Failures of a GPU")) {}

DeviceTier::~DeviceTier() {
  if (options_.cache != nullptr) options_.cache->listen(nullptr);
}

// Once the tier is complete: whoever shows them may do so at once.
void DeviceTier::add_gauges() {
  options_.metrics->gauge("gpu_bytes", "GPU memory that holds blocks",
                          [this] { return static_cast<double>(used()); });
  options_.metrics->gauge("gpu_budget_bytes", "GPU memory that the tier was given",
                          [this] { return static_cast<double>(granted_); });
  options_.metrics->gauge("gpu_tier_off", "1 where the GPU tier is off or has turned itself off",
                          [this] { return is_on() ? 0.0 : 1.0; });
}

std::unique_ptr<DeviceTier> DeviceTier::open(const Options& options) {
  std::unique_ptr<DeviceTier> tier(new DeviceTier(options));
  const Status opened = tier->open_gpus();
  if (!opened.ok()) {
    log_warning("the GPU tier is off, everything else works: " + opened.message());
    tier->gpus_.clear();
    tier->granted_ = 0;
    tier->turn_off(opened);
  } else if (tier->options_.bytes > 0) {
    options.cache->listen(tier.get());
  }
  tier->add_gauges();
  return tier;
}

Status DeviceTier::open_gpus() {
  const NamedDevices named = devices_of_kind(options_.kind);
  if (named.list.devices.empty()) return unsupported("no GPU: " + named.list.why);
  std::vector<int> ids = options_.ids;
  if (ids.empty()) ids.push_back(named.list.devices.front().id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  const auto* plugin = DeviceRegistry::instance().find(named.kind);
  if (options_.bytes > 0 && options_.bytes < ids.size()) {
    return no_memory("--gpu-mem is too small for " + std::to_string(ids.size()) + " GPUs");
  }
  for (const int id : ids) {
    const bool listed = std::any_of(named.list.devices.begin(), named.list.devices.end(),
                                    [id](const DeviceInfo& d) { return d.id == id; });
    if (!listed) {
      return invalid_argument("there is no GPU " + std::to_string(id) + " among the " +
                              std::to_string(named.list.devices.size()) + " of this machine");
    }
    NF_ASSIGN(const auto device, plugin->factory.open(id));
    NF_TRY(open_gpu(device, options_.bytes / ids.size()));
  }
  return {};
}

// Of the budget an eighth is for memory given to others and at most an eighth for copies on their way.
Status DeviceTier::open_gpu(const std::shared_ptr<Device>& device, uint64_t asked) {
  const DeviceInfo& info = device->info();
  NF_ASSIGN(const uint64_t free, device->free_bytes());
  const uint64_t reserve = std::min(kMostReserve, info.total_bytes / 16);
  const uint64_t budget = std::min(asked, free - std::min(free, reserve));
  const uint64_t half = half_bytes_for(asked == 0 ? 0 : budget);
  const uint64_t exports = budget / 8;
  const uint64_t copies = kHalves * half;
  if (asked > 0 && budget < exports + copies + copies) {
    return no_memory("GPU " + std::to_string(info.id) + " has " + in_mib(free) +
                     " free, too little for a tier");
  }
  auto gpu = std::make_unique<Gpu>();
  gpu->device = device;
  gpu->exports = std::make_unique<Reservations>(exports);
  NF_ASSIGN(gpu->share, DeviceShare::open(device, asked == 0 ? 0 : budget - exports - copies,
                                          options_.policy, evictions_));
  gpu->readers = std::make_unique<LanePool>(device, half, kReaderLanes);
  gpu->gatherers = std::make_unique<LanePool>(device, half, kGathererLanes);
  if (asked > 0) {
    DeviceFiller::Options filler;
    filler.share = gpu->share.get();
    filler.cache = options_.cache;
    filler.half_bytes = half;
    filler.victim_bytes = std::min(options_.cache->budget() / 16, kMostVictims);
    filler.promotions = &promotions_;
    filler.failed = [this](const Status& status) { note(status); };
    try {
      gpu->filler = std::make_unique<DeviceFiller>(std::move(filler));
    } catch (const std::system_error& e) {
      return no_memory("no thread for the copies to a GPU: " + std::string(e.what()) +
                       "; raise ulimit -u");
    } catch (const std::bad_alloc&) {
      return no_memory("no memory for the lists of the copies to a GPU");
    }
    granted_ += budget;
    log_info("GPU tier: " + in_mib(budget) + " of GPU " + std::to_string(info.id) + ", " +
             info.name + (budget < asked ? "; " + in_mib(asked) + " were asked for" : ""));
  }
  gpus_.push_back(std::move(gpu));
  return {};
}

Status DeviceTier::state() const {
  const std::lock_guard lock(why_mutex_);
  return why_;
}

bool DeviceTier::turn_off(const Status& why) {
  const std::lock_guard lock(why_mutex_);
  if (off_.load(std::memory_order_relaxed)) return false;
  why_ = why;
  off_.store(true, std::memory_order_release);
  return true;
}

void DeviceTier::note(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
    case Code::kNoMemory:
    case Code::kInvalidArgument:  // refused before it was queued
    case Code::kOverflow:
    case Code::kUnsupported:
      return;
    default:
      break;
  }
  errors_.add();
  if (turn_off(status)) {
    log_error("the GPU tier has turned itself off, reads go on without it: " + status.message());
  }
}

void DeviceTier::count_hits(uint64_t hits, uint64_t misses) {
  if (hits > 0) hits_.add(hits);
  if (misses > 0) misses_.add(misses);
}

DeviceTier::Gpu* DeviceTier::find(int id) const {
  for (const auto& gpu : gpus_) {
    if (gpu->device->info().id == id) return gpu.get();
  }
  return nullptr;
}

uint64_t DeviceTier::used() const {
  uint64_t sum = 0;
  for (const auto& gpu : gpus_) sum += gpu->share->used();
  return sum;
}

void DeviceTier::load(std::span<BlockLoad> loads, const LoadBlocks& below) {
  std::vector<BlockLoad*> left;
  left.reserve(loads.size());
  for (BlockLoad& load : loads) left.push_back(&load);
  for (const auto& gpu : gpus_) {
    if (left.empty() || !keeps_blocks()) break;
    note(read_from_device(*gpu->share, *gpu->readers, left));
    std::erase_if(left, [](const BlockLoad* load) {
      return load->outcome != BlockRequest::Outcome::kPending;
    });
  }
  if (keeps_blocks()) count_hits(loads.size() - left.size(), left.size());
  if (left.size() == loads.size()) return below(loads);
  if (left.empty()) return;
  std::vector<BlockLoad> rest;
  rest.reserve(left.size());
  for (const BlockLoad* load : left) rest.push_back(*load);
  below(rest);
  for (size_t i = 0; i < rest.size(); ++i) *left[i] = std::move(rest[i]);
}

bool DeviceTier::contains(const BlockKey& key) const {
  return keeps_blocks() && std::any_of(gpus_.begin(), gpus_.end(), [&key](const auto& gpu) {
           return gpu->share->contains(key);
         });
}

size_t DeviceTier::promote(std::span<const BlockKey> keys) {
  if (!keeps_blocks()) return 0;
  size_t taken = 0;
  for (const BlockKey& key : keys) {
    if (home(key).filler->promote(key)) ++taken;
  }
  return taken;
}

void DeviceTier::drain() {
  for (const auto& gpu : gpus_) {
    if (gpu->filler != nullptr) gpu->filler->drain();
  }
}

void DeviceTier::drop(std::span<const FieldId> fields) {
  for (const auto& gpu : gpus_) gpu->share->drop(fields);
}

void DeviceTier::drop_all() {
  for (const auto& gpu : gpus_) gpu->share->drop_all();
}

void DeviceTier::used_again(const BlockKey& key) {
  if (keeps_blocks()) static_cast<void>(home(key).filler->promote(key));  // a wish
}

bool DeviceTier::wants_victim(const BlockKey& key, uint64_t size) {
  if (!options_.victims || !keeps_blocks()) return false;
  const Gpu& gpu = home(key);
  return gpu.filler->has_room(size) && !gpu.share->contains(key);
}

void DeviceTier::take_victim(HeldBlock held) {
  home(held.key).filler->take(std::move(held));
}

}  // namespace neurofs
