// The simulated devices of this process, and the registration of their kind.
#include "core/device/sim/sim_control.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include "core/base/checked.h"
#include "core/device/sim/sim_device.h"
#include "core/device/sim/sim_state.h"

namespace neurofs {
namespace {

constexpr const char* kVariable = "NEUROFS_SIM_GPU";
constexpr size_t kMaxDevices = 8;

// Takes a number off the front.
bool take_number(std::string_view* text, uint64_t* number) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *number);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

// "64MiB" or "2x64MiB". False for anything else.
bool parse_machine(std::string_view text, std::vector<SimOptions>* devices) {
  constexpr std::array<std::pair<std::string_view, int>, 3> units{
      {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  uint64_t count = 1;
  uint64_t size = 0;
  if (!take_number(&text, &size)) return false;
  if (text.starts_with('x')) {
    text.remove_prefix(1);
    count = size;
    if (!take_number(&text, &size)) return false;
  }
  for (const auto& [unit, shift] : units) {
    if (text != unit) continue;
    if (count == 0 || count > kMaxDevices) return false;
    if (!checked_mul(size, uint64_t{1} << shift, &size) || size == 0) return false;
    SimOptions options;
    options.total_bytes = size;
    devices->assign(count, options);
    return true;
  }
  return false;
}

struct Slot {
  std::shared_ptr<SimState> state;
  std::weak_ptr<SimDevice> open;
};

struct Machine {
  std::mutex mutex;
  std::vector<Slot> slots;
  std::string why;  // there are none

  Machine() {
    const char* text = std::getenv(kVariable);
    std::vector<SimOptions> devices;
    if (text == nullptr || *text == '\0') {
      why = std::string("no simulated GPU: ") + kVariable + " is not set";
    } else if (!parse_machine(text, &devices)) {
      why = std::string("no simulated GPU: ") + kVariable + "=" + text +
            " is not understood; write 64MiB, or 2x64MiB for two (at most 8)";
    }
    set(devices);
  }
  void set(const std::vector<SimOptions>& devices) {
    slots.clear();
    for (const SimOptions& options : devices) {
      slots.push_back({std::make_shared<SimState>(options), {}});
    }
  }
};

Machine& machine() {
  static Machine instance;
  return instance;
}

DeviceList list_devices() {
  Machine& here = machine();
  const std::lock_guard lock(here.mutex);
  DeviceList list;
  for (size_t id = 0; id < here.slots.size(); ++id) {
    list.devices.push_back({static_cast<int>(id), "simulated GPU", "sim",
                            here.slots[id].state->options().total_bytes});
  }
  if (list.devices.empty()) list.why = here.why;
  return list;
}

// The same device for all that open it at one time; a loss is forgotten when all have let go of it.
Result<std::shared_ptr<Device>> open_device(int id) {
  Machine& here = machine();
  const std::lock_guard lock(here.mutex);
  if (id < 0 || static_cast<size_t>(id) >= here.slots.size()) {
    return not_found(here.slots.empty() ? here.why
                                        : "no simulated GPU " + std::to_string(id) +
                                              ": there are " + std::to_string(here.slots.size()));
  }
  Slot& slot = here.slots[static_cast<size_t>(id)];
  std::shared_ptr<SimDevice> device = slot.open.lock();
  if (!device) {
    slot.state->revive();
    device = std::make_shared<SimDevice>(id, slot.state);
    slot.open = device;
  }
  return std::shared_ptr<Device>(std::move(device));
}

const Registration<DeviceRegistry> kSim("sim", "a GPU simulated on ordinary memory, for tests",
                                        DeviceKind{list_devices, open_device});

}  // namespace

void SimControl::configure(const std::vector<SimOptions>& devices) {
  Machine& here = machine();
  const std::lock_guard lock(here.mutex);
  here.why = "no simulated GPU is configured";
  here.set(devices);
}

SimControl SimControl::of(int id) {
  Machine& here = machine();
  const std::lock_guard lock(here.mutex);
  if (id < 0 || static_cast<size_t>(id) >= here.slots.size()) std::abort();
  return SimControl(here.slots[static_cast<size_t>(id)].state);
}

void SimControl::fail_allocation(uint64_t nth) {
  state_->fail_allocation(nth);
}

void SimControl::refuse_copy(uint64_t nth) {
  state_->refuse_copy(nth);
}

void SimControl::lose_at_operation(uint64_t nth) {
  state_->lose_at_operation(nth);
}

void SimControl::lose() {
  (void)state_->lose("fell off the bus");
}

void SimControl::stall_at_operation(uint64_t nth, std::chrono::milliseconds length) {
  state_->stall_at_operation(nth, length);
}

void SimControl::hold() {
  state_->set_held(true);
}

void SimControl::release() {
  state_->set_held(false);
}

void SimControl::refuse_direct(bool refuse) {
  state_->refuse_direct(refuse);
}

void SimControl::fail_direct_reads(uint64_t nth, uint64_t count) {
  state_->fail_direct_reads(nth, count);
}

void SimControl::before_direct_read(std::function<void()> hook) {
  state_->before_direct_read(std::move(hook));
}

void SimControl::set_free_bytes(uint64_t bytes) {
  state_->set_free_bytes(bytes);
}

SimControl::Counts SimControl::counts() const {
  return state_->counts();
}

}  // namespace neurofs
