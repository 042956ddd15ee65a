#include "core/geometry/neuron_order.h"

namespace neurofs {
namespace {

// floor(part * count / parts) for part <= parts.
Index share(Index part, Index parts, Index count) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<Index>(static_cast<Wide>(part) * static_cast<Wide>(count) /
                            static_cast<Wide>(parts));
}

}  // namespace

NeuronOrder::NeuronOrder(OrderName name, std::string key, Index neurons, Index of)
    : name_(std::move(name)),
      key_(std::move(key)),
      neurons_(neurons),
      begin_(share(name_.rank, name_.world, of)),
      size_(share(name_.rank + 1, name_.world, of) - begin_) {}

}  // namespace neurofs
