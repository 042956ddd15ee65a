// The ioctl that hands a file to another process in GPU memory, on a simulated GPU.

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/device/sim/sim_control.h"
#include "core/device/sim/sim_export.h"
#include "fs/neurofs_gpu.h"
#include "tests/mount/mount_fixture.h"

namespace neurofs::test {
namespace {

class MountGpuExport : public MountFixture {
 protected:
  void SetUp() override {
    MountFixture::SetUp();
    if (IsSkipped()) return;
    create_default("f");
    SimControl::configure({SimOptions()});
    MountOptions options;
    options.engine.gpu_bytes = uint64_t{64} << 20;
    options.engine.gpu_kind = "sim";
    ASSERT_TRUE(mount("f", options)) << why();
  }
  int open_file(const std::string& path) const { return ::open(at(path).c_str(), O_RDONLY); }
};

// The elements that an answer names, as another process sees them.
std::string mapped(const neurofs_gpu_export& answer) {
  const auto map = SimMapping::map(std::as_bytes(std::span(answer.handle, answer.handle_size)));
  EXPECT_TRUE(map.ok()) << map.status().message();
  if (!map.ok() || answer.offset + answer.size > map->bytes().size()) return {};
  return {reinterpret_cast<const char*>(map->bytes().data()) + answer.offset, answer.size};
}

TEST_F(MountGpuExport, GivesTheElementsOfEveryKindOfFile) {
  for (const std::string path : {"field", "neurons/7", "regions/10:20,::-3",
                                 "regions/5,:", "@scale=2/field", "@f16/regions/2400:,3:9"}) {
    const int fd = open_file(path + ".npy");
    ASSERT_GE(fd, 0) << path;
    neurofs_gpu_export answer;
    ASSERT_EQ(neurofs_gpu_map(fd, &answer), 0) << path << ": " << answer.error;
    EXPECT_NE(answer.lease, 0u);
    EXPECT_EQ(answer.kind, NEUROFS_GPU_KIND_SIM);
    EXPECT_EQ(mapped(answer), read_file(at(path + ".raw"))) << path;
    EXPECT_EQ(neurofs_gpu_unmap(fd, answer.lease), 0);
    EXPECT_EQ(neurofs_gpu_unmap(fd, answer.lease), -1);
    EXPECT_EQ(errno, EINVAL);
    ::close(fd);
  }
}

TEST_F(MountGpuExport, GivesRows) {
  const int fd = open_file("regions/100:0:-2,4:8.npy");
  ASSERT_GE(fd, 0);
  neurofs_gpu_export answer;
  ASSERT_EQ(neurofs_gpu_map_rows(fd, 3, 5, &answer), 0) << answer.error;
  EXPECT_EQ(answer.rank, 2u);
  EXPECT_EQ(answer.shape[0], 5);
  EXPECT_EQ(answer.shape[1], 4);
  EXPECT_STREQ(answer.dtype, "float32");
  EXPECT_EQ(mapped(answer), read_file(at("regions/100:0:-2,4:8.raw")).substr(3 * 16, 5 * 16));
  EXPECT_EQ(neurofs_gpu_map_rows(fd, 49, 0, &answer), 0) << answer.error;
  EXPECT_EQ(answer.shape[0], 1);
  EXPECT_EQ(neurofs_gpu_map_rows(fd, 48, 3, &answer), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_NE(std::string(answer.error).find("50"), std::string::npos) << answer.error;
  EXPECT_EQ(neurofs_gpu_map_rows(fd, UINT64_MAX, UINT64_MAX, &answer), -1);
  EXPECT_EQ(errno, EINVAL);
  ::close(fd);
}

TEST_F(MountGpuExport, SpeaksToThePythonModule) {
  const std::string said =
      output("python3 " NEUROFS_TOOLS_DIR "/gpu_file.py regions/3:9,::4.npy --first 2");
  const auto answer = nlohmann::json::parse(said, nullptr, false);
  ASSERT_TRUE(answer.is_object()) << said;
  EXPECT_EQ(answer["shape"], nlohmann::json({4, 10}));
  EXPECT_EQ(answer["dtype"], "float32");
  EXPECT_EQ(answer["size"], 160);
  EXPECT_EQ(answer["simulated"], true);
  const std::string refused =
      output("python3 " NEUROFS_TOOLS_DIR "/gpu_file.py regions/3:9,::4.npy --first 7 2>&1");
  EXPECT_NE(refused.find("rows 7 and on"), std::string::npos) << refused;
}

TEST_F(MountGpuExport, RefusesWhatItCannotGive) {
  neurofs_gpu_export answer;
  const int text = open_file(".neurofs/stats.json");
  EXPECT_EQ(neurofs_gpu_map(text, &answer), -1);
  EXPECT_EQ(errno, ENOTTY);
  ::close(text);
  const int fd = open_file("field.npy");
  std::memset(&answer, 0, sizeof answer);
  EXPECT_EQ(::ioctl(fd, NEUROFS_IOC_GPU_EXPORT, &answer), -1);  // no version
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(::ioctl(fd, _IOR('n', 9, int), &answer), -1);
  EXPECT_EQ(errno, ENOTTY);
  // An eighth of 64 MiB less what a lane takes holds three leases of one page each.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(neurofs_gpu_map(fd, &answer), 0) << answer.error;
  EXPECT_EQ(neurofs_gpu_map(fd, &answer), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(answer.lease, 0u);
  ::close(fd);
}

TEST_F(MountGpuExport, EndsWithTheProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = open_file("field.npy");
    neurofs_gpu_export answer;
    for (int i = 0; i < 3; ++i) {
      if (neurofs_gpu_map(fd, &answer) != 0) ::_exit(1);
    }
    [[maybe_unused]] const ssize_t n = ::write(ready[1], &answer.lease, sizeof answer.lease);
    while (true) ::pause();
  }
  uint64_t lease = 0;
  ::close(ready[1]);
  ASSERT_EQ(::read(ready[0], &lease, sizeof lease), static_cast<ssize_t>(sizeof lease));
  ::close(ready[0]);
  const int fd = open_file("field.npy");
  neurofs_gpu_export answer;
  EXPECT_EQ(neurofs_gpu_map(fd, &answer), -1);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_EQ(neurofs_gpu_unmap(fd, lease), -1) << "another process's";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  int result = -1;
  for (int i = 0; i < 2000 && result != 0; ++i) {
    result = neurofs_gpu_map(fd, &answer);
    if (result != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(result, 0) << answer.error;
  EXPECT_EQ(mapped(answer), read_file(at("field.raw")));
  ::close(fd);
  EXPECT_EQ(end(SIGTERM), 0) << "a lease does not hold the mount";
}

TEST_F(MountGpuExport, SaysWhenThereIsNoGpu) {
  EXPECT_EQ(end(SIGTERM), 0);
  SimControl::configure({});
  MountOptions options;
  options.engine.gpu_kind = "sim";
  ASSERT_TRUE(mount("f", options)) << why();
  const int fd = open_file("field.npy");
  neurofs_gpu_export answer;
  EXPECT_EQ(neurofs_gpu_map(fd, &answer), -1);
  EXPECT_EQ(errno, ENODEV) << answer.error;
  EXPECT_STRNE(answer.error, "");
  ::close(fd);
}

}  // namespace
}  // namespace neurofs::test
