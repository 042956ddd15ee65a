// A mount with a GPU tier, on a simulated GPU: what it serves, and what happens when it is lost.

#include <csignal>
#include <nlohmann/json.hpp>

#include "core/device/sim/sim_control.h"
#include "tests/mount/mount_fixture.h"

namespace neurofs::test {
namespace {

class MountGpu : public MountFixture {
 protected:
  // RAM holds a sixth of the field, GPU memory all of it.
  static MountOptions small_ram() {
    MountOptions options;
    options.direct_io = true;
    options.engine.ram_bytes = uint64_t{64} << 10;
    options.engine.gpu_bytes = uint64_t{4} << 20;
    options.engine.gpu_victim = true;
    options.engine.gpu_kind = "sim";
    return options;
  }
  static std::string field_bytes() {
    std::vector<float> all;
    for (Index n = 0; n < kNeurons; ++n) {
      for (Index f = 0; f < kFeatures; ++f) all.push_back(value(n, f));
    }
    return {reinterpret_cast<const char*>(all.data()), all.size() * sizeof(float)};
  }
  nlohmann::json stats() const {
    return nlohmann::json::parse(read_file(at(".neurofs/stats.json")));
  }
};

TEST_F(MountGpu, ServesWhatRamHasEvicted) {
  create_default("f");
  SimControl::configure({SimOptions()});
  ASSERT_TRUE(mount("f", small_ram())) << why();
  for (int round = 0; round < 6; ++round) {
    ASSERT_EQ(read_file(at("field.raw"), 4096), field_bytes()) << round;
  }
  const auto shown = stats();
  EXPECT_EQ(shown["gpu"]["state"], "on");
  EXPECT_EQ(shown["gpu"]["devices"].size(), 1u);
  EXPECT_GT(shown["counters"]["gpu_hits_total"], 0);
  EXPECT_GT(shown["counters"]["gpu_promotions_total"], 0);
  EXPECT_TRUE(shown["hit_rates"].contains("gpu"));
}

TEST_F(MountGpu, ReadsGoOnWhenTheDeviceIsLost) {
  create_default("f");
  SimControl::configure({SimOptions()});
  SimControl::of(0).lose_at_operation(300);  // in the daemon, which inherits it
  ASSERT_TRUE(mount("f", small_ram())) << why();
  for (int round = 0; round < 8; ++round) {
    ASSERT_EQ(read_file(at("field.raw"), 4096), field_bytes()) << round;
  }
  const auto shown = stats();
  EXPECT_EQ(shown["gpu"]["state"], "off");
  EXPECT_NE(shown["gpu"]["reason"], "");
  EXPECT_EQ(shown["gauges"]["gpu_tier_off"], 1);
  EXPECT_EQ(shown["counters"]["fs_read_errors_total"], 0);
}

TEST_F(MountGpu, SaysWhetherFilesAreReadStraightIntoIt) {
  create_default("f");
  SimControl::configure({SimOptions()});
  MountOptions options = small_ram();
  ASSERT_TRUE(mount("f", options)) << why();
  EXPECT_TRUE(stats()["gpu"]["direct"].is_null());
  EXPECT_EQ(stats()["gauges"]["gpu_direct_on"], 0);
  ASSERT_EQ(end(SIGTERM), 0);
  options.engine.gpu_direct = true;
  ASSERT_TRUE(mount("f", options)) << why();
  EXPECT_EQ(stats()["gpu"]["direct"]["state"], "on");
  EXPECT_EQ(stats()["gpu"]["direct"]["way"], "simulated");
  EXPECT_EQ(stats()["gauges"]["gpu_direct_on"], 1);
  EXPECT_EQ(stats()["counters"]["gpu_direct_reads_total"], 0);
  ASSERT_EQ(end(SIGTERM), 0);
  SimControl::of(0).refuse_direct(true);
  ASSERT_TRUE(mount("f", options)) << why();
  EXPECT_EQ(stats()["gpu"]["state"], "on");
  EXPECT_EQ(stats()["gpu"]["direct"]["state"], "off");
  EXPECT_NE(stats()["gpu"]["direct"]["reason"], "");
  EXPECT_EQ(read_file(at("field.raw"), 4096), field_bytes());
}

TEST_F(MountGpu, WorksWhereThereIsNoGpu) {
  create_default("f");
  SimControl::configure({});
  ASSERT_TRUE(mount("f", small_ram())) << why();
  EXPECT_EQ(read_file(at("field.raw"), 4096), field_bytes());
  EXPECT_EQ(stats()["gpu"]["state"], "off");
}

}  // namespace
}  // namespace neurofs::test
