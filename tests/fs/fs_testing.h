// A file system over any store, without a kernel: for the tests of fs/.
#pragma once

#include <memory>
#include <string>

#include "fs/file_system.h"

namespace neurofs::test {

inline std::unique_ptr<FileSystem> file_system_over(const std::shared_ptr<ObjectStore>& store,
                                                    uint64_t ram_bytes = uint64_t{64} << 20) {
  EngineOptions options;
  options.ram_bytes = ram_bytes;
  options.predictor = "none";
  options.threads = 1;
  return FileSystem::create({Engine::create(options).value(), store,
                             open_hierarchy(store, "", FieldOptions{}).value(), MountInfo{}})
      .value();
}

// A zarr.json of `rows` x 4096 bytes in raw chunks of `chunk_rows`; the fill value is 9.
inline std::string byte_rows(int rows, int chunk_rows) {
  return R"({"zarr_format": 3, "node_type": "array", "data_type": "uint8", "shape": [)" +
         std::to_string(rows) +
         R"(, 4096], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [)" +
         std::to_string(chunk_rows) +
         R"(, 4096]}}, "chunk_key_encoding": {"name": "default"}, "fill_value": 9,
             "codecs": [{"name": "bytes"}]})";
}

}  // namespace neurofs::test
