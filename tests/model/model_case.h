// ModelCase: one random field on disk and the dense array that it must equal.
#pragma once

#include <filesystem>
#include <string>

#include "tests/model/dense_field.h"
#include "tests/model/layout.h"

namespace neurofs::model {

struct ModelCase {
  uint64_t seed = 0;
  Layout layout;
  DenseField dense{{}, DataType::kUint8, ByteVector(1)};
  bool by_our_writer = false;

  // What a failure prints: how to run this very case, and its metadata.
  std::string describe() const;
};

// Writes a field made from `seed` to `directory` by the tiny writer.
ModelCase make_case(uint64_t seed, const std::filesystem::path& directory);

// A temporary directory, removed with all below it at the end of its life.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace neurofs::model
