#include "mount-tools/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "mount-tools/text.h"

namespace neurofs::tools {

void ProgressBar::show(uint64_t done, uint64_t total, uint64_t resumed) {
  const auto now = Clock::now();
  if (!on_ || (done < total && now - last_ < std::chrono::milliseconds(100))) return;
  last_ = now;
  drawn_ = true;
  constexpr size_t kWidth = 24;
  const double part = total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total);
  const auto filled = std::min(kWidth, static_cast<size_t>(part * kWidth));
  const double rate =
      static_cast<double>(done - std::min(resumed, done)) / std::max(seconds(), 1e-3);
  const std::string left =
      rate > 0 ? format_seconds(static_cast<double>(total - std::min(done, total)) / rate) : "?";
  fmt::print(stderr, "\r[{:<{}}] {:3.0f} %  {}/s  {} left\033[K", std::string(filled, '#'), kWidth,
             part * 100, format_bytes(static_cast<uint64_t>(rate)), left);
  std::fflush(stderr);
}

void ProgressBar::finish() {
  if (drawn_) fmt::print(stderr, "\n");
}

double ProgressBar::seconds() const {
  return std::chrono::duration<double>(Clock::now() - start_).count();
}

}  // namespace neurofs::tools
