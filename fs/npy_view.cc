// .npy: NumPy's array file, version 1.0, byte for byte what numpy.save writes.
//
// Sources: NEP 1; numpy/lib/format.py (_write_array_header: the header leaves room for the first
// axis to grow to 21 digits, then blanks up to a multiple of 64 and a newline).
#include <algorithm>
#include <cstring>
#include <string>

#include "fs/view.h"

namespace neurofs {
namespace {

constexpr size_t kGrowthAxisMaxDigits = 21;
constexpr size_t kAlign = 64;
constexpr size_t kPreamble = 10;  // magic, version, two bytes of header length

std::string make_header(DataType type, const Dims& shape) {
  std::string dict = "{'descr': '";
  dict += numpy_descr(type);
  dict += "', 'fortran_order': False, 'shape': ";
  dict += to_string(shape);
  dict += ", }";
  if (!shape.empty()) dict.append(kGrowthAxisMaxDigits - std::to_string(shape[0]).size(), ' ');
  dict.append(kAlign - (kPreamble + dict.size() + 1) % kAlign, ' ');
  dict += '\n';

  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(dict.size() & 0xff);
  header += static_cast<char>(dict.size() >> 8);
  return header + dict;
}

class NpyLayout final : public ViewLayout {
 public:
  NpyLayout(std::string header, uint64_t size) : header_(std::move(header)), size_(size) {}
  uint64_t size() const override { return size_; }

  ViewPlan plan(ByteRange range) const override {
    const uint64_t h = header_.size();
    if (range.offset >= h) return {{}, {range.offset - h, range.length}, false};
    const uint64_t from_header = std::min(h - range.offset, range.length);
    const Bytes all = std::as_bytes(std::span(header_));
    return {all.subspan(range.offset, from_header), {0, range.length - from_header}, false};
  }

 private:
  const std::string header_;
  const uint64_t size_;
};

class NpyView final : public FileView {
 public:
  Result<std::unique_ptr<ViewLayout>> layout(DataType type, const Dims& shape) const override {
    std::string header = make_header(type, shape);
    NF_ASSIGN(const uint64_t size, checked_file_size(shape, item_size(type), header.size()));
    return std::unique_ptr<ViewLayout>(std::make_unique<NpyLayout>(std::move(header), size));
  }
};

const Registration<ViewRegistry> kNpy(
    "npy", "NumPy array file (numpy.load, mmap_mode='r')",
    +[]() -> std::unique_ptr<FileView> { return std::make_unique<NpyView>(); });

}  // namespace
}  // namespace neurofs
