// Text without the blanks around it: those of lines of headers and settings, ends of lines among them. Pure.
#pragma once

#include <string_view>

namespace neurofs {

inline std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace neurofs
