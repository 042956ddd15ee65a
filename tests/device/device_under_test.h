// Which kind of device the tests above the seam run on: "sim", or what NEUROFS_TEST_DEVICE names.
//
// The same programs run in CI on the simulation and on a GPU machine with NEUROFS_TEST_DEVICE=cuda. Tests
// that arm faults call NF_NEEDS_SIMULATION(); the others NF_NEEDS_DEVICE().
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/device/sim/sim_control.h"

namespace neurofs::test {

inline std::string device_kind() {
  const char* kind = std::getenv("NEUROFS_TEST_DEVICE");
  return kind != nullptr ? kind : "sim";
}

// `count` simulated devices of `bytes`; real ones are as they are.
inline void set_devices(size_t count, uint64_t bytes) {
  SimOptions options;
  options.total_bytes = bytes;
  if (device_kind() == "sim") SimControl::configure(std::vector<SimOptions>(count, options));
}

// Why the tests cannot run here, or "".
inline std::string why_no_devices(size_t count) {
  const auto* plugin = DeviceRegistry::instance().find(device_kind());
  if (plugin == nullptr) return "this build has no devices of kind " + device_kind();
  const DeviceList list = plugin->factory.list();
  if (list.devices.size() >= count) return "";
  return "needs " + std::to_string(count) + " devices of kind " + device_kind() + ": " + list.why;
}

}  // namespace neurofs::test

#define NF_NEEDS_DEVICES(count, bytes)                                 \
  do {                                                                 \
    ::neurofs::test::set_devices(count, bytes);                        \
    const std::string nf_why = ::neurofs::test::why_no_devices(count); \
    if (!nf_why.empty()) GTEST_SKIP() << nf_why;                       \
  } while (false)

#define NF_NEEDS_SIMULATION()                                        \
  do {                                                               \
    if (::neurofs::test::device_kind() != "sim")                     \
      GTEST_SKIP() << "arms faults, which the simulation alone has"; \
  } while (false)
