#include "tests/gpu/gpu_bench.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "core/lens/lens.h"

namespace neurofs::gpu {
namespace {

constexpr double kGiga = 1e9;
constexpr double kMicro = 1e-6;

double gigabytes_per_second(double bytes, double seconds) {
  return bytes / seconds / kGiga;
}

Result<LensProgram> lens(const char* text, DataType source) {
  NF_ASSIGN(const Lens parsed, Lens::parse(text, source, nlohmann::json::object()));
  return parsed.program();
}

// Values that a function of a lens takes its usual way for.
void fill_random(std::vector<std::byte>* host) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 1);
  auto* values = reinterpret_cast<float*>(host->data());
  for (size_t i = 0; i < host->size() / sizeof(float); ++i) values[i] = normal(random);
}

}  // namespace

Result<Bench> Bench::make(std::shared_ptr<Device> device, uint64_t bytes) {
  Bench bench;
  bench.device_ = std::move(device);
  bench.bytes_ = bytes / 8 * 8;
  NF_ASSIGN(bench.stream_, bench.device_->make_stream());
  NF_ASSIGN(bench.data_, bench.device_->allocate(bench.bytes_));
  NF_ASSIGN(bench.out_, bench.device_->allocate(bench.bytes_));
  bench.host_.resize(bench.bytes_ / 8);
  fill_random(&bench.host_);
  NF_TRY(bench.device_->pin_host(bench.host_.data(), bench.host_.size()));
  for (uint64_t at = 0; at + bench.host_.size() <= bench.bytes_; at += bench.host_.size()) {
    NF_TRY(bench.stream_->copy_to_device(bench.data_.address() + at, bench.host_.data(),
                                         bench.host_.size()));
  }
  NF_TRY(bench.stream_->wait());
  return bench;
}

Bench::~Bench() {
  if (!host_.empty()) device_->unpin_host(host_.data());
}

Result<double> Bench::time(const std::function<Status()>& queue, int repetitions) {
  std::vector<double> seconds;
  for (int i = 0; i < repetitions + 3; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    NF_TRY(queue());
    NF_TRY(stream_->wait());
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
    if (i >= 3) seconds.push_back(taken.count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repetitions / 2, seconds.end());
  return seconds[static_cast<size_t>(repetitions) / 2];
}

std::vector<DevicePointer> Bench::random_rows(uint64_t count, uint64_t bytes) {
  std::mt19937_64 random(2);
  std::vector<DevicePointer> rows(count);
  for (DevicePointer& row : rows) row = data_.address() + random() % (bytes_ / bytes) * bytes;
  return rows;
}

Result<std::vector<Figure>> Bench::ceilings() {
  NF_ASSIGN(const double copy,
            time([&] { return stream_->copy_within(out_.address(), data_.address(), bytes_); }));
  NF_ASSIGN(const double to_device, time([&] {
              return stream_->copy_to_device(out_.address(), host_.data(), host_.size());
            }));
  NF_ASSIGN(const double to_host, time([&] {
              return stream_->copy_to_host(host_.data(), data_.address(), host_.size());
            }));
  ceilings_.copy = gigabytes_per_second(2.0 * static_cast<double>(bytes_), copy);
  ceilings_.to_device = gigabytes_per_second(static_cast<double>(host_.size()), to_device);
  ceilings_.to_host = gigabytes_per_second(static_cast<double>(host_.size()), to_host);
  return std::vector<Figure>{
      {"copy within the device, read and written", ceilings_.copy, "GB/s", {}, false, "ceiling"},
      {"pinned memory to device", ceilings_.to_device, "GB/s", {}, false, "ceiling"},
      {"device to pinned memory", ceilings_.to_host, "GB/s", {}, false, "ceiling"}};
}

Result<std::vector<Figure>> Bench::batch_of_rows() {
  constexpr uint64_t kRow = 1024;
  constexpr int kTimes = 500;
  const uint64_t count = std::min<uint64_t>(1000, host_.size() / kRow);
  const LensProgram plain = Lens(DataType::kFloat32).program();
  const std::vector<DevicePointer> rows = random_rows(count, kRow);
  const GatherRows gather{rows, kRow / sizeof(float), plain, out_.address()};
  NF_ASSIGN(const double device, time([&] { return stream_->gather(gather); }, kTimes));
  NF_ASSIGN(const double queued, time([&]() -> Status {
              for (int i = 0; i < 100; ++i) NF_TRY(stream_->gather(gather));
              return {};
            }));
  NF_ASSIGN(const double host, time(
                                   [&]() -> Status {
                                     NF_TRY(stream_->gather(gather));
                                     return stream_->copy_to_host(host_.data(), out_.address(),
                                                                  count * kRow);
                                   },
                                   kTimes));
  NF_ASSIGN(const double one,
            time([&] { return stream_->copy_to_host(host_.data(), rows.front(), kRow); }, kTimes));
  return std::vector<Figure>{
      {"1000 random rows of 1 KB into a device buffer", device / kMicro, "us", 10, true, ""},
      {"the same, each of 100 in a row", queued / 100 / kMicro, "us", {}, true, ""},
      {"1000 random rows of 1 KB to the host", host / kMicro, "us", 50, true, ""},
      {"one row to the host", one / kMicro, "us", 8, true, ""}};
}

Result<double> Bench::time_scan(const std::vector<DevicePointer>& rows, uint64_t columns,
                                const LensProgram& program) {
  ReduceRows reduce{rows, columns, program};
  reduce.min = out_.address();
  reduce.max = reduce.min + columns * sizeof(double);
  reduce.sum = reduce.max + columns * sizeof(double);
  NF_ASSIGN(const double seconds, time([&] { return stream_->reduce(reduce); }, 10));
  const uint64_t bytes = rows.size() * columns * item_size(program.source);
  return gigabytes_per_second(static_cast<double>(bytes), seconds);
}

Result<std::vector<Figure>> Bench::scan() {
  constexpr uint64_t kRow = 4000;
  std::vector<DevicePointer> rows(bytes_ / kRow);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = data_.address() + i * kRow;
  NF_ASSIGN(const double plain, time_scan(rows, kRow / 4, Lens(DataType::kFloat32).program()));
  NF_ASSIGN(const LensProgram gelu, lens("gelu,f16", DataType::kFloat32));
  NF_ASSIGN(const double fused, time_scan(rows, kRow / 4, gelu));
  NF_ASSIGN(const LensProgram half, lens("f32,gelu", DataType::kFloat16));
  NF_ASSIGN(const double from_half, time_scan(rows, kRow / 2, half));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
  NF_ASSIGN(const double listed, time_scan(rows, kRow / 4, Lens(DataType::kFloat32).program()));
  const double copy = ceilings_.copy;
  return std::vector<Figure>{
      {"scan of float32, bytes read", plain, "GB/s", 2000, false, ""},
      {"scan of float32, of copy bandwidth", plain / copy, "", 0.85, false, ""},
      {"scan of float32, rows in no order", listed / copy, "", 0.85, false, ""},
      {"scan with gelu and cast to float16 fused", fused / copy, "", 0.85, false, "float32 rows"},
      {"scan with cast to float32 and gelu fused",
       from_half / copy,
       "",
       {},
       false,
       "float16 rows"}};
}

Result<std::vector<Figure>> Bench::gather_pages() {
  constexpr uint64_t kRow = 4096;
  const uint64_t count = std::min<uint64_t>(1'000'000, bytes_ / kRow);
  const std::vector<DevicePointer> rows = random_rows(count, kRow);
  const GatherRows gather{rows, kRow / 4, Lens(DataType::kFloat32).program(), out_.address()};
  NF_ASSIGN(const double seconds, time([&] { return stream_->gather(gather); }));
  const double speed = gigabytes_per_second(2.0 * static_cast<double>(count * kRow), seconds);
  return std::vector<Figure>{
      {"gather of " + std::to_string(count) + " rows of 4 KiB, read and written",
       speed,
       "GB/s",
       {},
       false,
       ""},
      {"gather of 4 KiB rows, of copy bandwidth", speed / ceilings_.copy, "", 0.8, false, ""}};
}

Result<std::vector<Figure>> Bench::fused_lens() {
  constexpr uint64_t kRow = 4096;
  const uint64_t count = bytes_ / 2 / kRow;
  const std::vector<DevicePointer> rows = random_rows(count, kRow);
  NF_ASSIGN(const LensProgram gelu, lens("gelu,f16", DataType::kFloat32));
  const LensProgram plain = Lens(DataType::kFloat32).program();
  const DevicePointer half = out_.address() + bytes_ / 2;
  const std::vector<DevicePointer> gathered{half};
  NF_ASSIGN(const double fused, time([&] {
              return stream_->gather(GatherRows{rows, kRow / 4, gelu, out_.address()});
            }));
  NF_ASSIGN(const double apart, time([&]() -> Status {
              NF_TRY(stream_->gather(GatherRows{rows, kRow / 4, plain, half}));
              return stream_->gather(GatherRows{gathered, count * kRow / 4, gelu, out_.address()});
            }));
  NF_ASSIGN(const double copied, time([&] {
              return stream_->gather(GatherRows{rows, kRow / 4, plain, half});
            }));
  return std::vector<Figure>{
      {"gather with gelu fused, time of the plain gather", fused / copied, "x", {}, true, ""},
      {"gather, then gelu, time of the fused one", apart / fused, "x", {}, false, ""}};
}

Result<std::vector<Figure>> Bench::promotion() {
  constexpr uint64_t kBlock = 1u << 20;
  const uint64_t blocks = host_.size() / kBlock;
  if (blocks == 0) return std::vector<Figure>{};
  NF_ASSIGN(const double seconds, time([&]() -> Status {
              for (uint64_t b = 0; b < blocks; ++b) {
                NF_TRY(stream_->copy_to_device(out_.address() + b * kBlock,
                                               host_.data() + b * kBlock, kBlock));
              }
              return {};
            }));
  const double speed = gigabytes_per_second(static_cast<double>(blocks * kBlock), seconds);
  return std::vector<Figure>{
      {"promotion from RAM in 1 MiB blocks", speed, "GB/s", {}, false, ""},
      {"promotion, of the bus", speed / ceilings_.to_device, "", 0.9, false, ""}};
}

}  // namespace neurofs::gpu
