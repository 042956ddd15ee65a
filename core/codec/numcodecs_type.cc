#include "core/codec/numcodecs_type.h"

#include <bit>

#include "core/codec/exact_number.h"

namespace neurofs {

Result<DataType> read_numcodecs_type(const CodecConfig& config, const char* member,
                                     DataType fallback) {
  NF_ASSIGN(const std::string text, config.text(member, zarr_name(fallback)));
  auto type = parse_data_type(text);
  if (const auto typestr = parse_typestr(text); typestr.ok()) {
    const bool is_native = swap_unit(typestr->type) == 1 ||
                           typestr->big_endian == (std::endian::native == std::endian::big);
    if (is_native) type = typestr->type;
  }
  if (!type.ok() || !is_number(*type)) {
    return unsupported(
        config.wrong(member, "an integer or floating-point type in this machine's byte order")
            .message());
  }
  return *type;
}

Status check_numcodecs_type(const CodecConfig& config, const char* member, DataType actual) {
  NF_ASSIGN(const DataType type, read_numcodecs_type(config, member, actual));
  if (type == actual) return {};
  return unsupported(
      config.wrong(member, "the type of the elements, " + std::string(zarr_name(actual)))
          .message());
}

}  // namespace neurofs
