// Leases: a region gathered into device memory of its own, which another process may map.

#include <utility>

#include "core/base/checked.h"
#include "core/engine/device_reader.h"
#include "core/engine/field_state.h"

namespace neurofs {
namespace {

// A driver maps memory to other processes by pages of this size: what shared one would be mapped too.
constexpr uint64_t kSharedPage = uint64_t{2} << 20;

// What is exported and is no element: zeros, not what the memory held before.
Status clear_tail(Device& device, const DeviceMemory& memory, uint64_t size) {
  const ByteVector zeros(memory.size() - size);
  if (zeros.empty()) return {};
  NF_ASSIGN(const auto stream, device.make_stream());
  const Status queued = stream->copy_to_device(memory.address() + size, zeros.data(), zeros.size());
  const Status passed = stream->wait();
  return queued.ok() ? passed : queued;
}

}  // namespace

// Members end in reverse order: the memory first, then the promise that covers it.
class DeviceLease::Impl {
 public:
  std::shared_ptr<Field> field;
  Reservation reservation;
  DeviceMemory memory;
  DeviceTensor tensor;
};

DeviceLease::DeviceLease() = default;
DeviceLease::DeviceLease(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeviceLease::DeviceLease(DeviceLease&&) noexcept = default;
DeviceLease& DeviceLease::operator=(DeviceLease&&) noexcept = default;
DeviceLease::~DeviceLease() = default;

const DeviceTensor& DeviceLease::tensor() const {
  return impl_->tensor;
}

void DeviceLease::release() {
  impl_.reset();
}

Result<DeviceLease> lease_region(const std::shared_ptr<Field>& field, const Region& region,
                                 const Lens& lens, int gpu) {
  EngineState& engine = std::static_pointer_cast<FieldState>(field)->engine_state();
  NF_ASSIGN(const Index elements, element_count(region.full_shape()));
  uint64_t size = 0;
  uint64_t whole = 0;
  if (!checked_mul<uint64_t>(static_cast<uint64_t>(elements), item_size(lens.result()), &size) ||
      !checked_round_up(size, kSharedPage, &whole)) {
    return overflow("the region is too large for a GPU");
  }
  if (size == 0) return invalid_argument("the region is empty: there is nothing to share");
  NF_ASSIGN(DeviceTier::Gpu * on, engine.open_gpu(gpu));
  auto lease = std::make_unique<DeviceLease::Impl>();
  lease->field = field;
  lease->reservation = on->exports->try_reserve(whole, on->exports->capacity());
  if (!lease->reservation) {
    return no_memory("a lease of " + std::to_string(whole) + " bytes does not fit the " +
                     std::to_string(on->exports->capacity()) +
                     " bytes of GPU memory for other programs, an eighth of --gpu-mem; end other "
                     "leases or raise it");
  }
  auto memory = on->device->allocate(whole);
  engine.opened_tier().note(memory.status());
  NF_TRY(memory);
  lease->memory = std::move(*memory);
  const Status cleared = clear_tail(*on->device, lease->memory, size);
  engine.opened_tier().note(cleared);
  NF_TRY(cleared);

  DeviceTensor& tensor = lease->tensor;
  tensor.address = lease->memory.address();
  tensor.gpu = on->device->info().id;
  tensor.size = size;
  tensor.shape = region.result_shape();
  tensor.dtype = lens.result();
  NF_ASSIGN(auto batch,
            read_region_to_device(field, region, {tensor.address, size, tensor.gpu}, lens));
  NF_TRY(batch.wait());
  auto handle = on->device->export_memory(lease->memory);
  if (!handle.ok() && handle.status().code() != Code::kUnsupported) {
    engine.opened_tier().note(handle.status());
  }
  NF_TRY(handle);
  tensor.handle = std::move(*handle);
  return DeviceLease(std::move(lease));
}

}  // namespace neurofs
