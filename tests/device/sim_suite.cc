#include "tests/device/device_contract.h"

namespace neurofs::test {
INSTANTIATE_TEST_SUITE_P(Sim, DeviceContract, testing::Values("sim"));
}  // namespace neurofs::test
