// What the GPU benchmark measures, on any kind of device.
//
// Each measure returns its figures, with the target beside it where there is one. Times are wall-clock,
// the median of many repetitions after warm-up, and include the wait for the result; bandwidths count
// what the text says. Data is random: zeros may move faster. Units stand in each figure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/device/device.h"

namespace neurofs::gpu {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::optional<double> target;
  bool at_most = false;  // what the target is; else at least
  std::string note;
};

// What the others are measured against.
struct Ceilings {
  double copy = 0;       // GB/s within the device, read and written
  double to_device = 0;  // GB/s from pinned memory
  double to_host = 0;
};

class Bench {
 public:
  // Data of about `bytes` on the device and an eighth of it in pinned host memory.
  static Result<Bench> make(std::shared_ptr<Device> device, uint64_t bytes);
  Bench(Bench&&) = default;
  ~Bench();

  Result<std::vector<Figure>> ceilings();  // first
  Result<std::vector<Figure>> batch_of_rows();
  Result<std::vector<Figure>> scan();
  Result<std::vector<Figure>> gather_pages();
  Result<std::vector<Figure>> fused_lens();
  Result<std::vector<Figure>> promotion();
  // Reads `directory`/neurofs-gpu-bench, which it writes and removes.
  Result<std::vector<Figure>> file_to_device(const std::string& directory);

 private:
  Bench() = default;
  // Seconds of one call of `queue` and the wait behind it.
  Result<double> time(const std::function<Status()>& queue, int repetitions = 20);
  // Addresses of `count` random rows of `bytes` each in the data.
  std::vector<DevicePointer> random_rows(uint64_t count, uint64_t bytes);
  Result<double> time_scan(const std::vector<DevicePointer>& rows, uint64_t columns,
                           const LensProgram& lens);

  std::shared_ptr<Device> device_;
  std::unique_ptr<DeviceStream> stream_;
  uint64_t bytes_ = 0;
  DeviceMemory data_;
  DeviceMemory out_;
  std::vector<std::byte> host_;
  Ceilings ceilings_;
};

}  // namespace neurofs::gpu
