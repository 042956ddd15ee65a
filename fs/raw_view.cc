// .raw: the region's elements, C order, little-endian, nothing else.
#include "fs/view.h"

namespace neurofs {
namespace {

class RawLayout final : public ViewLayout {
 public:
  explicit RawLayout(uint64_t size) : size_(size) {}
  uint64_t size() const override { return size_; }
  ViewPlan plan(ByteRange range) const override { return {{}, range, false}; }

 private:
  const uint64_t size_;
};

class RawView final : public FileView {
 public:
  Result<std::unique_ptr<ViewLayout>> layout(DataType type, const Dims& shape) const override {
    NF_ASSIGN(const uint64_t size, checked_file_size(shape, item_size(type), 0));
    return std::unique_ptr<ViewLayout>(std::make_unique<RawLayout>(size));
  }
};

const Registration<ViewRegistry> kRaw(
    "raw", "elements in C order, little-endian, no header",
    +[]() -> std::unique_ptr<FileView> { return std::make_unique<RawView>(); });

}  // namespace
}  // namespace neurofs
