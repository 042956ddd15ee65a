// .txt: a table for awk, cut, head and numpy.loadtxt.
//
// Every element is a cell of text_width(type) characters and one separator, so element i begins at
// byte i * cell and any offset can be read. The separator is a newline after the last element of a
// row, else a blank. A row is the last axis of the result; results of rank 0 and 1 have one value a
// line.
#include <algorithm>
#include <array>
#include <cstring>

#include "fs/number_text.h"
#include "fs/view.h"

namespace neurofs {
namespace {

constexpr size_t kMaxCell = 64;

class TxtLayout final : public ViewLayout {
 public:
  TxtLayout(DataType type, uint64_t row, uint64_t size)
      : type_(type), item_(item_size(type)), cell_(text_width(type) + 1), row_(row), size_(size) {}
  uint64_t size() const override { return size_; }

  ViewPlan plan(ByteRange range) const override {
    if (range.length == 0) return {{}, {}, true};
    const uint64_t first = range.offset / cell_;
    const uint64_t last = (range.end() - 1) / cell_;
    return {{}, {first * item_, (last - first + 1) * item_}, true};
  }

  void render(ByteRange range, Bytes elements, MutableBytes out) const override {
    uint64_t element = range.offset / cell_;
    size_t skip = range.offset % cell_;
    const std::byte* source = elements.data();
    for (size_t done = 0; done < out.size(); ++element, source += item_) {
      std::array<char, kMaxCell> cell;
      format_element(type_, source, cell.data());
      cell[cell_ - 1] = (element + 1) % row_ == 0 ? '\n' : ' ';
      const size_t take = std::min<size_t>(cell_ - skip, out.size() - done);
      std::memcpy(out.data() + done, cell.data() + skip, take);
      done += take;
      skip = 0;
    }
  }

 private:
  const DataType type_;
  const size_t item_;
  const size_t cell_;
  const uint64_t row_;  // elements a line, at least 1
  const uint64_t size_;
};

class TxtView final : public FileView {
 public:
  Result<std::unique_ptr<ViewLayout>> layout(DataType type, const Dims& shape) const override {
    NF_ASSIGN(const uint64_t size, checked_file_size(shape, text_width(type) + 1, 0));
    const Index row = shape.size() < 2 ? 1 : std::max<Index>(shape.back(), 1);
    return std::unique_ptr<ViewLayout>(
        std::make_unique<TxtLayout>(type, static_cast<uint64_t>(row), size));
  }
};

const Registration<ViewRegistry> kTxt(
    "txt", "a table of fixed-width numbers (awk, numpy.loadtxt)",
    +[]() -> std::unique_ptr<FileView> { return std::make_unique<TxtView>(); });

}  // namespace
}  // namespace neurofs
