// FileView: the file format in which a region's bytes are shown (.npy, .raw, .txt).
//
// Purpose: size arithmetic and the map from a byte range of a file to header bytes plus a byte
// range of the region. Pure: no I/O, no locks; everything follows from data type and result shape,
// so one layout serves all neurons of a field. Thread-safety: immutable after construction.
// Ownership: a layout owns its header. Units: bytes. Errors: layout() fails with kOverflow past
// kMaxFileSize; nothing else can fail.
//
//   npy_view.cc  ends with  const Registration<ViewRegistry> kNpy("npy", "NumPy array file", make);
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/registry.h"
#include "core/base/result.h"
#include "core/geometry/data_type.h"
#include "core/geometry/shape.h"

namespace neurofs {

// The kernel refuses reads near the end of anything larger (measured: RELIABILITY 3.4).
inline constexpr uint64_t kMaxFileSize = (uint64_t{1} << 63) - 4096;

// What a byte range of a file is made of: `header` bytes first, then bytes from `region`.
struct ViewPlan {
  Bytes header;      // points into the layout
  ByteRange region;  // bytes of the region to read
  // The region's bytes are elements that render() turns into the file's bytes; else they are those.
  bool rendered = false;
};

class ViewLayout {
 public:
  virtual ~ViewLayout() = default;

  virtual uint64_t size() const = 0;
  // Precondition: range.end() <= size().
  virtual ViewPlan plan(ByteRange range) const = 0;
  // Fills `out` with the file's bytes that follow the plan's header, from the elements that
  // plan(range).region names. Only called for rendered plans.
  virtual void render(ByteRange range, Bytes elements, MutableBytes out) const;
};

class FileView {
 public:
  virtual ~FileView() = default;
  virtual Result<std::unique_ptr<ViewLayout>> layout(DataType type, const Dims& shape) const = 0;
};

using ViewRegistry = Registry<std::unique_ptr<FileView> (*)()>;

// The views of this build, one instance each, sorted by extension. A view's position in this list
// is its number in node ids.
struct NamedView {
  std::string_view extension;  // without the dot
  std::unique_ptr<FileView> view;
};
const std::vector<NamedView>& all_views();

// The number of the view with that extension, or -1.
int find_view(std::string_view extension);

// The view that directory listings show: the others are found by name.
int listed_view();

// count(shape) * unit + header, refused past kMaxFileSize.
Result<uint64_t> checked_file_size(const Dims& shape, uint64_t unit, uint64_t header);

}  // namespace neurofs
