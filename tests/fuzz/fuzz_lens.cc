// LAYERS: base geometry lens
// LIBS: nlohmann_json::nlohmann_json
//
// Names of lenses: any text over every type. Whatever parses has a canonical name that parses to the same
// program, and runs over any bytes.
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/lens/lens.h"

namespace {

using neurofs::DataType;
using neurofs::Lens;
using neurofs::LensStep;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const LensStep& a, const LensStep& b) {
  return a.op == b.op && a.type == b.type && std::memcmp(&a.a, &b.a, sizeof a.a) == 0 &&
         std::memcmp(&a.b, &b.b, sizeof a.b) == 0;
}

void check(std::string_view text, DataType source, const nlohmann::json& attributes) {
  const auto lens = Lens::parse(text, source, attributes);
  if (!lens.ok()) {
    require(lens.status().code() == neurofs::Code::kNotFound);
    require(!lens.status().message().empty() && lens.status().message().size() < 2048);
    return;
  }
  require(lens->name().size() <= 255);
  // Only casts to what is stored already leave nothing to do.
  require(lens->program().count >= 1 || lens->result() == source);
  const auto again = Lens::parse(lens->name(), source, attributes);
  require(again.ok() && again->name() == lens->name() && again->result() == lens->result());
  require(again->program().count == lens->program().count);
  for (int i = 0; i < lens->program().count; ++i) {
    require(same(again->program().steps[i], lens->program().steps[i]));
  }
  constexpr size_t kCount = 5;
  std::vector<std::byte> in(kCount * item_size(source));
  for (size_t i = 0; i < in.size() && !text.empty(); ++i) {
    in[i] = static_cast<std::byte>(text[i % text.size()]);
  }
  std::vector<std::byte> out(kCount * item_size(lens->result()));
  lens->apply(out.data(), in.data(), kCount);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const nlohmann::json attributes = {{"neurofs.stats", {{"mean", 0.5}, {"std", 2}}}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int i = 0; i < neurofs::kDataTypeCount; ++i) {
    check(text, static_cast<DataType>(i), attributes);
  }
  return 0;
}
