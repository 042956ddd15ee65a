// Random access to neurons. The fast path of batch_get looks at blocks under one epoch per group of
// neurons, with no lock and no pin; what is missing is fetched in one batch afterwards.

#include "core/engine/tiered_memory.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/base/checked.h"
#include "core/cache/epoch.h"
#include "core/engine/device_reader.h"
#include "core/engine/field_state.h"
#include "core/engine/neuron_locator.h"
#include "core/field/field_lens.h"

namespace neurofs {
namespace {

constexpr size_t kGuardedNeurons = 4096;
constexpr uint64_t kMostGroup = uint64_t{16} << 20;
constexpr StreamId kRandomAccess = 0x4e46;

// A neuron that was not in RAM: its block, and where its row goes.
struct Absent {
  NeuronLocator::Place place;
  std::byte* row;
};

template <typename Word>
void copy_word(std::byte* to, const std::byte* from) {
  std::memcpy(to, from, sizeof(Word));
}

void copy_row(std::byte* to, const std::byte* from, size_t size) {
  switch (size) {
    case 1:
      return copy_word<uint8_t>(to, from);
    case 2:
      return copy_word<uint16_t>(to, from);
    case 4:
      return copy_word<uint32_t>(to, from);
    case 8:
      return copy_word<uint64_t>(to, from);
    default:
      std::memcpy(to, from, size);
  }
}

}  // namespace

struct TieredMemory::Impl {
  Impl(std::shared_ptr<FieldState> f, const Lens& l)
      : field(std::move(f)),
        lens(l),
        plain(l.is_identity()),
        locator(field->spec(), field->grid()),
        neuron_count(field->spec().neuron_count()),
        features(field->spec().neuron_size() / item_size(l.source())),
        neuron_size(features * item_size(l.result())),
        fill(item_size(l.result())) {
    lens.apply(fill.data(), field->spec().fill.data(), 1);
  }

  Status check(Index neuron) const {
    if (neuron >= 0 && neuron < neuron_count) return {};
    return invalid_argument("neuron " + std::to_string(neuron) + " of " + field->stored().url() +
                            ", which has " + std::to_string(neuron_count));
  }
  // Without a branch per neuron: a negative one is a huge one.
  Status check_all(std::span<const Index> neurons) const {
    bool beyond = false;
    for (const Index neuron : neurons) {
      beyond |= static_cast<uint64_t>(neuron) >= static_cast<uint64_t>(neuron_count);
    }
    if (!beyond) return {};
    return check(*std::find_if(neurons.begin(), neurons.end(), [this](Index neuron) {
      return neuron < 0 || neuron >= neuron_count;
    }));
  }
  Result<Activation> get(Index neuron) const;
  Result<Activation> get_copy(Index neuron) const;
  Status batch_get(std::span<const Index> neurons, std::byte* out) const;
  void copy_present(const FieldState::Generation& generation, std::span<const Index> neurons,
                    std::byte* row, std::vector<Absent>* absent) const;
  Status fetch_rows(const FieldState::Generation& generation, std::vector<Absent>& absent) const;
  Status copy_rows(std::span<const BlockRequest> requests, std::span<const Absent> rows) const;
  void put_row(std::byte* row, const std::byte* stored) const {
    if (plain) return copy_row(row, stored, neuron_size);
    lens.apply(row, stored, features);
  }
  void fill_row(std::byte* row) const;

  const std::shared_ptr<FieldState> field;
  const Lens lens;
  const bool plain;  // the lens changes nothing
  const NeuronLocator locator;
  const Index neuron_count;
  const uint64_t features;
  const uint64_t neuron_size;  // of the lens's results
  ByteVector fill;             // one of the lens's results
};

Result<TieredMemory> TieredMemory::open(std::string_view url, const EngineOptions& options) {
  NF_ASSIGN(auto engine, Engine::create(options));
  StoreOptions store_options;
  store_options.metrics = &engine->metrics();
  // A file (.npy, raw) is an array of the directory that holds it.
  std::string_view path;
  auto store = open_store(url, store_options);
  if (!store.ok()) {
    const size_t slash = url.rfind('/');
    const std::string_view parent =
        slash == std::string_view::npos ? "." : url.substr(0, std::max<size_t>(slash, 1));
    path = slash == std::string_view::npos ? url : url.substr(slash + 1);
    auto directory = open_store(parent, store_options);
    if (!directory.ok()) return store.status();
    store = std::move(directory);
  }
  FieldOptions field_options;
  field_options.metrics = &engine->metrics();
  NF_ASSIGN(auto stored, open_stored_field(*store, path, field_options));
  NF_ASSIGN(auto field, engine->attach(std::move(stored)));
  return TieredMemory(std::move(field));
}

TieredMemory::TieredMemory(std::shared_ptr<Field> field) {
  const Lens stored(field->spec().dtype);
  impl_ =
      std::make_shared<const Impl>(std::static_pointer_cast<FieldState>(std::move(field)), stored);
}
TieredMemory::TieredMemory(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
TieredMemory::TieredMemory(TieredMemory&&) noexcept = default;
TieredMemory& TieredMemory::operator=(TieredMemory&&) noexcept = default;
TieredMemory::~TieredMemory() = default;

const FieldSpec& TieredMemory::spec() const {
  return impl_->field->spec();
}
Engine& TieredMemory::engine() const {
  return impl_->field->engine();
}
DataType TieredMemory::dtype() const {
  return impl_->lens.result();
}
uint64_t TieredMemory::neuron_size() const {
  return impl_->neuron_size;
}

Result<TieredMemory> TieredMemory::with_lens(std::string_view name) const {
  NF_ASSIGN(const Lens lens, parse_field_lens(spec(), impl_->lens, impl_->plain, name));
  return TieredMemory(std::make_shared<const Impl>(impl_->field, lens));
}

Result<Activation> TieredMemory::get(Index neuron) const {
  return impl_->get(neuron);
}

LazyActivation TieredMemory::lazy(Index neuron) const {
  return {impl_, neuron};
}

Result<Activation> TieredMemory::Impl::get(Index neuron) const {
  if (neuron < 0 || neuron >= neuron_count) return check(neuron);
  if (!locator.applies()) return get_copy(neuron);
  const NeuronLocator::Place place = locator.locate(neuron);
  const FieldState::Generation& generation = field->generation();
  bool first = false;
  BlockPin pin =
      field->cache().pin(generation.key(place.block), generation.slot(place.block), &first);
  // Other hits tell a predictor nothing new, and would cost more than they do.
  if (first) field->observe({kRandomAccess, place.block, place.block, 1, AccessOutcome::kHit});
  if (!pin) {
    BlockRequest request = generation.request(place.block, field->block_size());
    NF_ASSIGN(const Reservation reservation, field->fetch({&request, 1}));
    field->engine_state().misses.add();
    field->observe({kRandomAccess, place.block, place.block, 1,
                    request.late ? AccessOutcome::kLate : AccessOutcome::kMiss});
    if (request.outcome == BlockRequest::Outcome::kError) return request.status;
    if (request.outcome == BlockRequest::Outcome::kMissing) return get_copy(neuron);
    pin = std::move(request.pin);
  }
  const std::byte* data = pin.data() + place.offset;
  if (plain) return Activation({data, neuron_size}, std::move(pin));
  auto copy = std::make_shared<ByteVector>(neuron_size);
  put_row(copy->data(), data);
  const Bytes bytes = *copy;
  return Activation(bytes, std::shared_ptr<const void>(std::move(copy)));
}

// Where a neuron is spread over blocks, or not stored at all.
Result<Activation> TieredMemory::Impl::get_copy(Index neuron) const {
  auto copy = std::make_shared<ByteVector>(neuron_size);
  const RegionReader reader(field, neuron_region(field->spec(), neuron), lens);
  NF_TRY(reader.read(0, *copy, kRandomAccess));
  const Bytes bytes = *copy;
  return Activation(bytes, std::shared_ptr<const void>(std::move(copy)));
}

Status TieredMemory::batch_get(const Region& region, MutableBytes out) const {
  const RegionReader reader(impl_->field, region, impl_->lens);
  if (out.size() != reader.size()) {
    return invalid_argument("the region has " + std::to_string(reader.size()) +
                            " bytes, the buffer " + std::to_string(out.size()));
  }
  return reader.read(0, out, kRandomAccess);
}

Status TieredMemory::batch_get(std::span<const Index> neurons, MutableBytes out) const {
  const Impl& m = *impl_;
  uint64_t size = 0;
  if (!checked_mul<uint64_t>(neurons.size(), m.neuron_size, &size) || out.size() != size) {
    return invalid_argument("a batch of " + std::to_string(neurons.size()) + " neurons of " +
                            std::to_string(m.neuron_size) +
                            " bytes each does not fit the buffer of " + std::to_string(out.size()));
  }
  NF_TRY(m.check_all(neurons));
  if (!m.locator.applies()) {
    for (size_t i = 0; i < neurons.size(); ++i) {
      const RegionReader reader(m.field, neuron_region(spec(), neurons[i]), m.lens);
      NF_TRY(reader.read(0, out.subspan(i * m.neuron_size, m.neuron_size), kRandomAccess));
    }
    return {};
  }
  return m.field->read_steadily([&] { return m.batch_get(neurons, out.data()); });
}

Status TieredMemory::batch_get_device(std::span<const Index> neurons, const DeviceBuffer& out,
                                      const Lens& lens) const {
  NF_ASSIGN(auto batch, start_batch_get_device(neurons, out, lens));
  return batch.wait();
}

Status TieredMemory::batch_get_device(const Region& region, const DeviceBuffer& out,
                                      const Lens& lens) const {
  NF_ASSIGN(auto batch, start_batch_get_device(region, out, lens));
  return batch.wait();
}

Result<DeviceBatch> TieredMemory::start_batch_get_device(std::span<const Index> neurons,
                                                         const DeviceBuffer& out,
                                                         const Lens& lens) const {
  return read_rows_to_device(impl_->field, neurons, out, lens);
}

Result<DeviceBatch> TieredMemory::start_batch_get_device(const Region& region,
                                                         const DeviceBuffer& out,
                                                         const Lens& lens) const {
  return read_region_to_device(impl_->field, region, out, lens);
}

Result<DeviceLease> TieredMemory::lease(const Region& region, const Lens& lens, int gpu) const {
  return lease_region(impl_->field, region, lens, gpu);
}

Result<ScanResult> TieredMemory::scan(const Lens& lens, const ScanOptions& options) const {
  return scan_on_gpu(impl_->field, lens, options);
}

Status TieredMemory::Impl::batch_get(std::span<const Index> neurons, std::byte* out) const {
  std::vector<Absent> absent;
  const FieldState::Generation& generation = field->generation();
  for (size_t i = 0; i < neurons.size(); i += kGuardedNeurons) {
    const size_t n = std::min(kGuardedNeurons, neurons.size() - i);
    copy_present(generation, neurons.subspan(i, n), out + i * neuron_size, &absent);
  }
  field->engine_state().hits.add(neurons.size() - absent.size());
  if (absent.empty()) return {};
  field->engine_state().misses.add(absent.size());
  return fetch_rows(generation, absent);
}

// Two passes over a few neurons at a time: the first finds their rows and asks the CPU for them, the
// second copies, so that the waits for memory overlap.
void TieredMemory::Impl::copy_present(const FieldState::Generation& generation,
                                      std::span<const Index> neurons, std::byte* row,
                                      std::vector<Absent>* absent) const {
  constexpr size_t kAhead = 64;
  BlockCache& cache = field->cache();
  const EpochGuard guard;
  const BlockCache::UseClock clock = cache.use_clock();
  for (size_t begin = 0; begin < neurons.size(); begin += kAhead) {
    const size_t n = std::min(kAhead, neurons.size() - begin);
    std::array<const std::byte*, kAhead> from;
    for (size_t i = 0; i < n; ++i) {
      const NeuronLocator::Place place = locator.locate(neurons[begin + i]);
      from[i] = cache.peek(generation.key(place.block), generation.slot(place.block), clock);
      if (from[i] == nullptr) continue;
      from[i] += place.offset;
      __builtin_prefetch(from[i]);
    }
    for (size_t i = 0; i < n; ++i, row += neuron_size) {
      if (from[i] != nullptr) {
        put_row(row, from[i]);
      } else {
        absent->push_back({locator.locate(neurons[begin + i]), row});
      }
    }
  }
}

Status TieredMemory::Impl::fetch_rows(const FieldState::Generation& generation,
                                      std::vector<Absent>& absent) const {
  std::sort(absent.begin(), absent.end(),
            [](const Absent& a, const Absent& b) { return a.place.block < b.place.block; });
  const uint64_t slot = slot_size_for(field->block_size());
  const uint64_t group =
      std::max<uint64_t>(std::min(kMostGroup, field->cache().max_group_bytes() / 4) / slot, 1);
  std::vector<BlockRequest> requests;
  for (size_t i = 0; i < absent.size();) {
    requests.clear();
    size_t end = i;
    for (; end < absent.size(); ++end) {
      if (!requests.empty() && requests.back().key.block == absent[end].place.block) continue;
      if (requests.size() == group) break;
      requests.push_back(generation.request(absent[end].place.block, field->block_size()));
    }
    auto reservation = field->fetch(requests);
    NF_TRY(reservation);
    const Status copied = copy_rows(requests, std::span(absent).subspan(i, end - i));
    requests.clear();  // pins go before the reservation that covers them
    NF_TRY(copied);
    i = end;
  }
  return {};
}

Status TieredMemory::Impl::copy_rows(std::span<const BlockRequest> requests,
                                     std::span<const Absent> rows) const {
  size_t r = 0;
  for (const Absent& a : rows) {
    while (requests[r].key.block != a.place.block) ++r;
    const BlockRequest& request = requests[r];
    if (request.outcome == BlockRequest::Outcome::kError) return request.status;
    if (request.outcome == BlockRequest::Outcome::kMissing) {
      fill_row(a.row);
    } else {
      put_row(a.row, request.pin.data() + a.place.offset);
    }
  }
  return {};
}

void TieredMemory::Impl::fill_row(std::byte* row) const {
  for (uint64_t done = 0; done < neuron_size; done += fill.size()) {
    std::memcpy(row + done, fill.data(), fill.size());
  }
}

Result<Bytes> LazyActivation::value() {
  if (!loaded_) {
    NF_ASSIGN(activation_, memory_->get(neuron_));
    loaded_ = true;
  }
  return activation_.bytes();
}

}  // namespace neurofs
