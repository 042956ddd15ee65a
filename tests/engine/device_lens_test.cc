// Reads into GPU memory through a lens.

#include "tests/engine/device_fixture.h"

namespace neurofs::test {
namespace {

TEST_F(DeviceFixture, AppliesALensOnTheWay) {
  NF_NEEDS_DEVICES(1, kDevice);
  make({}, options());
  const Lens lens = Lens::parse("relu,f16", DataType::kFloat32, {}).value();
  const auto neurons = some_neurons(200);
  const ByteVector expected = through(lens, on_cpu(neurons));
  for (int round = 0; round < 2; ++round) {
    const auto got = on_gpu(std::span<const Index>(neurons), lens, expected.size());
    ASSERT_TRUE(got.ok()) << got.status().to_string();
    EXPECT_EQ(*got, expected);
  }
}

}  // namespace
}  // namespace neurofs::test
