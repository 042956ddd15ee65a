// neurofs_gpu_bench: measures one device and writes its figures as JSON to standard output.
//
//   neurofs_gpu_bench [--kind cuda|sim] [--device N] [--bytes N] [--directory DIR]
//
// --bytes: data on the device; a quarter of what is free, at most 8 GiB, when it is not given. Without
// --directory nothing is read from a disk. Exit status 1, with the reason, when there is no device.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/gpu/gpu_bench.h"

namespace neurofs::gpu {
namespace {

struct Options {
  std::string kind = "cuda";
  int device = 0;
  uint64_t bytes = 0;
  std::string directory;
};

bool parse(int argc, char** argv, Options* options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--kind") {
      options->kind = value;
    } else if (name == "--device") {
      options->device = std::atoi(value);
    } else if (name == "--bytes") {
      options->bytes = std::strtoull(value, nullptr, 10);
    } else if (name == "--directory") {
      options->directory = value;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

nlohmann::json to_json(const Figure& figure) {
  nlohmann::json json{{"name", figure.name}, {"value", figure.value}, {"unit", figure.unit}};
  if (!figure.note.empty()) json["note"] = figure.note;
  if (figure.target) {
    json["target"] = *figure.target;
    json["target_is"] = figure.at_most ? "at most" : "at least";
    json["met"] = figure.at_most ? figure.value <= *figure.target : figure.value >= *figure.target;
  }
  return json;
}

Result<std::shared_ptr<Device>> open(const Options& options) {
  const auto* kind = DeviceRegistry::instance().find(options.kind);
  if (kind == nullptr) return not_found("this build has no devices of kind " + options.kind);
  return kind->factory.open(options.device);
}

Result<nlohmann::json> measure(const Options& options) {
  NF_ASSIGN(const std::shared_ptr<Device> device, open(options));
  NF_ASSIGN(const uint64_t free, device->free_bytes());
  const uint64_t bytes =
      options.bytes > 0 ? options.bytes : std::min<uint64_t>(free / 4, uint64_t{8} << 30);
  NF_ASSIGN(Bench bench, Bench::make(device, bytes));
  nlohmann::json figures = nlohmann::json::array();
  const auto add = [&](Result<std::vector<Figure>> measured) -> Status {
    NF_TRY(measured);
    for (const Figure& figure : *measured) figures.push_back(to_json(figure));
    return {};
  };
  NF_TRY(add(bench.ceilings()));
  NF_TRY(add(bench.batch_of_rows()));
  NF_TRY(add(bench.scan()));
  NF_TRY(add(bench.gather_pages()));
  NF_TRY(add(bench.fused_lens()));
  NF_TRY(add(bench.promotion()));
  if (!options.directory.empty()) NF_TRY(add(bench.file_to_device(options.directory)));
  const DeviceInfo& info = device->info();
  return nlohmann::json{{"device", info.name},
                        {"capability", info.capability},
                        {"device_bytes", info.total_bytes},
                        {"data_bytes", bytes},
                        {"figures", figures}};
}

int run(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, &options)) {
    std::cerr << "usage: neurofs_gpu_bench [--kind cuda|sim] [--device N] [--bytes N]"
                 " [--directory DIR]\n";
    return 2;
  }
  const Result<nlohmann::json> measured = measure(options);
  if (!measured.ok()) {
    std::cerr << "neurofs_gpu_bench: " << measured.status().to_string() << "\n";
    return 1;
  }
  std::cout << measured->dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace neurofs::gpu

int main(int argc, char** argv) {
  return neurofs::gpu::run(argc, argv);
}
