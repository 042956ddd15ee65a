// StrongId: integers that name different things do not mix.
//
//   using FieldId = StrongId<struct FieldTag, uint32_t>;
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace neurofs {

template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;

 private:
  Rep value_ = 0;
};

}  // namespace neurofs

template <typename Tag, typename Rep>
struct std::hash<neurofs::StrongId<Tag, Rep>> {
  size_t operator()(neurofs::StrongId<Tag, Rep> id) const { return std::hash<Rep>()(id.value()); }
};
