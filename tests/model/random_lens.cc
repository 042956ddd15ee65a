#include "tests/model/random_lens.h"

#include <nlohmann/json.hpp>
#include <string>

namespace neurofs::model {
namespace {

constexpr const char* kSteps[] = {"relu",
                                  "abs",
                                  "round",
                                  "clip=-1:2",
                                  "threshold=0.5",
                                  "scale=0.5",
                                  "offset=-3",
                                  "scale=-2",
                                  "sigmoid",
                                  "tanh",
                                  "gelu",
                                  "gelu_tanh",
                                  "silu",
                                  "softplus",
                                  "exp",
                                  "log1p",
                                  "leaky_relu=0.1",
                                  "bool",
                                  "i8",
                                  "i16",
                                  "i32",
                                  "i64",
                                  "u8",
                                  "u16",
                                  "u32",
                                  "u64",
                                  "f16",
                                  "bf16",
                                  "f32",
                                  "f64",
                                  "c64",
                                  "c128",
                                  "u8_sat",
                                  "i16_sat",
                                  "f16_sat"};

}  // namespace

Lens random_lens(Random& random, DataType dtype) {
  Lens lens(dtype);
  const int64_t wanted = random.between(1, 3);
  while (lens.program().count < wanted) {
    const std::string before = lens.name().empty() ? "" : lens.name() + ",";
    const auto longer = Lens::parse(before + std::string(random.pick(kSteps)), lens.source(),
                                    nlohmann::json::object());
    if (longer.ok()) lens = *longer;  // else not for this type
  }
  return lens;
}

DenseField through(const DenseField& dense, const Lens& lens) {
  const size_t count = dense.bytes().size() / dense.item();
  ByteVector results(count * item_size(lens.result()));
  lens.apply(results.data(), dense.bytes().data(), count);
  DenseField shown(dense.shape(), lens.result(), ByteVector(item_size(lens.result())));
  shown.put(whole_region(dense.shape()), results);
  return shown;
}

}  // namespace neurofs::model
