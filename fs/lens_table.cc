#include "fs/lens_table.h"

#include <algorithm>

namespace neurofs {

std::shared_ptr<const FieldFiles> LensTable::files(uint32_t field, const FieldFiles& own,
                                                   const Lens& lens,
                                                   std::shared_ptr<const NeuronOrder> order) {
  const std::lock_guard lock(mutex_);
  unsigned twin = 0;
  auto* known = &files_[{field, FieldFiles::variant_key(lens, order.get(), twin)}];
  while (auto files = known->lock()) {
    if (order == nullptr || files->order->equals(*order)) return files;
    known = &files_[{field, FieldFiles::variant_key(lens, order.get(), ++twin)}];
  }
  auto files = std::make_shared<const FieldFiles>(own, lens, std::move(order), twin);
  *known = files;
  if (files_.size() >= sweep_at_) {
    std::erase_if(files_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<size_t>(2 * files_.size(), 64);
  }
  return files;
}

size_t LensTable::size() const {
  const std::lock_guard lock(mutex_);
  return files_.size();
}

}  // namespace neurofs
