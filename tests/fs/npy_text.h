// Files of .npy, version 1, as text: for tests that plant them.
#pragma once

#include <initializer_list>
#include <string>

namespace neurofs::test {

inline std::string npy_text(const std::string& descr, const std::string& shape,
                            const std::string& bytes) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.append(117 - header.size(), ' ');
  return std::string("\x93NUMPY\x01\x00v\x00", 10) + header + "\n" + bytes;
}

inline std::string bytes_of(std::initializer_list<int32_t> rows) {
  return {reinterpret_cast<const char*>(std::data(rows)), rows.size() * sizeof(int32_t)};
}

// Of one axis.
inline std::string npy_of(std::initializer_list<int32_t> rows) {
  return npy_text("<i4", "(" + std::to_string(rows.size()) + ",)", bytes_of(rows));
}

}  // namespace neurofs::test
