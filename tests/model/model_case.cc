#include "tests/model/model_case.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <stdexcept>

#include "tests/model/tiny_zarr.h"

namespace neurofs::model {

std::string ModelCase::describe() const {
  return fmt::format("NEUROFS_TEST_SEED={} ({}), metadata {}", seed,
                     by_our_writer ? "written by FieldWriter" : "written by the tiny writer",
                     layout.metadata().dump());
}

ModelCase make_case(uint64_t seed, const std::filesystem::path& directory) {
  Random random(seed);
  ModelCase made;
  made.seed = seed;
  made.layout = random_layout(random);
  made.dense = DenseField(made.layout.shape, made.layout.dtype, made.layout.fill);
  write_tiny_zarr(directory, made.layout, random.chance(0.5) ? 0.0 : 0.4, random, made.dense);
  return made;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "neurofs-model-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp " + name);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace neurofs::model
