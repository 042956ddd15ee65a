#include "core/field/chunk_key.h"

#include <charconv>

namespace neurofs {

std::string join_key(std::string_view path, std::string_view name) {
  std::string key(path);
  if (!key.empty() && !name.empty()) key += '/';
  key += name;
  return key;
}

std::string chunk_key(const FieldSpec& spec, std::string_view prefix, const Dims& coordinates) {
  std::string key(prefix);
  const KeyEncoding& encoding = spec.key_encoding;
  if (encoding.kind == KeyEncoding::Kind::kSingleObject) return key += spec.object_key;
  const bool zarr3 = encoding.kind == KeyEncoding::Kind::kZarr3Default;
  if (zarr3) {
    key += 'c';
  } else if (coordinates.empty()) {
    key += '0';
  }
  for (size_t axis = 0; axis < coordinates.size(); ++axis) {
    if (zarr3 || axis > 0) key += encoding.separator;
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, coordinates[axis]).ptr;
    key.append(digits, end);
  }
  return key;
}

}  // namespace neurofs
