#include "core/codec/bounded_output.h"

#include <algorithm>

namespace neurofs {

MutableBytes BoundedOutput::room() {
  if (exact_) return fixed_.subspan(size_);
  if (size_ == grown_.size() && size_ < limit_) {
    constexpr size_t kFirst = size_t{64} << 10;
    const size_t wanted = std::max(kFirst, size_ > limit_ / 2 ? limit_ : 2 * size_);
    grown_.resize(std::min(limit_, wanted));
  }
  return MutableBytes(grown_).subspan(size_);
}

Result<MutableBytes> BoundedOutput::claim(size_t size, size_t plausible) {
  if (size > limit_) return too_long();
  if (size > plausible) {
    return corrupt("the header promises " + std::to_string(size) +
                   " bytes, more than its input can hold");
  }
  if (!exact_) grown_.resize(size);
  size_ = size;
  NF_TRY(finish());
  return exact_ ? fixed_ : MutableBytes(grown_);
}

Status BoundedOutput::too_long() const {
  return corrupt("decodes to more than the " + std::to_string(limit_) + " bytes expected");
}

Status BoundedOutput::finish() const {
  if (!exact_ || size_ == limit_) return {};
  return corrupt("decodes to " + std::to_string(size_) + " bytes, not the " +
                 std::to_string(limit_) + " expected");
}

ByteVector BoundedOutput::take() {
  grown_.resize(size_);
  return std::move(grown_);
}

}  // namespace neurofs
