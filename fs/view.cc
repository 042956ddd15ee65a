#include "fs/view.h"

#include "core/base/checked.h"

namespace neurofs {

void ViewLayout::render(ByteRange, Bytes, MutableBytes) const {}

const std::vector<NamedView>& all_views() {
  static const std::vector<NamedView> kViews = [] {
    std::vector<NamedView> views;
    for (const auto& [name, plugin] : ViewRegistry::instance().all()) {
      views.push_back({name, plugin.factory()});
    }
    return views;
  }();
  return kViews;
}

int find_view(std::string_view extension) {
  const auto& views = all_views();
  for (size_t i = 0; i < views.size(); ++i) {
    if (views[i].extension == extension) return static_cast<int>(i);
  }
  return -1;
}

int listed_view() {
  static const int kListed = find_view("npy");
  return kListed;
}

Result<uint64_t> checked_file_size(const Dims& shape, uint64_t unit, uint64_t header) {
  NF_ASSIGN(const Index count, element_count(shape));
  uint64_t size = 0;
  if (!checked_mul(static_cast<uint64_t>(count), unit, &size) ||
      !checked_add(size, header, &size) || size > kMaxFileSize) {
    return overflow("a file of shape " + to_string(shape) + " passes 2^63 - 4096 bytes");
  }
  return size;
}

}  // namespace neurofs
