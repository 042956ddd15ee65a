#include "core/device/widen.h"

#include <cstring>

#include "core/lens/element_cast.h"

namespace neurofs {

void widen_to_double(DataType type, double* to, const std::byte* from, size_t count) {
  element::with_type(type, [&](auto tag) {
    using Element = element::Element<decltype(tag)::kValue>;
    using Stored = typename Element::Stored;
    if constexpr (!element::kIsComplex<typename Element::Register>) {
      for (size_t i = 0; i < count; ++i) {
        Stored stored;
        std::memcpy(&stored, from + i * sizeof stored, sizeof stored);
        to[i] = static_cast<double>(Element::load(stored));
      }
    }
  });
}

}  // namespace neurofs
