#include "fs/node_id.h"

#include <algorithm>
#include <bit>

namespace neurofs {
namespace {

constexpr int kKindShift = 57;
constexpr int kMinFieldBits = 8;

// Codes of the kind bits: views and bucket depths each take a run of codes.
constexpr uint64_t kDirectoryCode = 1;
constexpr uint64_t kControlCode = 2;
constexpr uint64_t kRegionsCode = 3;
constexpr uint64_t kWholeCode = 4;
constexpr uint64_t kBucketCode = 8;   // + depth, 0 to 7
constexpr uint64_t kNeuronCode = 16;  // + view, 0 to 15
constexpr uint8_t kMaxDepth = 7;
constexpr uint8_t kMaxView = 15;

uint64_t code_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kInterned:
      return 0;
    case Node::Kind::kDirectory:
      return kDirectoryCode;
    case Node::Kind::kControl:
      return kControlCode;
    case Node::Kind::kRegions:
      return kRegionsCode;
    case Node::Kind::kWhole:
      return kWholeCode;
    case Node::Kind::kBucket:
      return kBucketCode + node.depth;
    case Node::Kind::kNeuron:
      return kNeuronCode + node.view;
  }
  return 0;
}

}  // namespace

NodeIds::NodeIds(size_t directories)
    : number_bits_(kKindShift -
                   std::max(kMinFieldBits, static_cast<int>(std::bit_width(
                                               directories > 0 ? directories - 1 : 0)))) {}

std::optional<NodeId> NodeIds::encode(const Node& node) const {
  if (node.kind == Node::Kind::kInterned) return NodeId(node.number);
  if (node.lens != nullptr) return std::nullopt;
  if (node.kind == Node::Kind::kDirectory && node.field == 0) return kRootId;
  const uint64_t number = node.kind == Node::Kind::kWhole ? node.view : node.number;
  if (number >> number_bits_ != 0 || node.depth > kMaxDepth || node.view > kMaxView) {
    return std::nullopt;
  }
  return NodeId(code_of(node) << kKindShift | uint64_t{node.field} << number_bits_ | number);
}

Node NodeIds::decode(NodeId id) const {
  Node node;
  if (id == kRootId) {
    node.kind = Node::Kind::kDirectory;
    return node;
  }
  const uint64_t code = id.value() >> kKindShift;
  const uint64_t number_mask = (uint64_t{1} << number_bits_) - 1;
  const uint64_t field_mask = (uint64_t{1} << (kKindShift - number_bits_)) - 1;
  node.number = id.value() & number_mask;
  node.field = static_cast<uint32_t>(id.value() >> number_bits_ & field_mask);
  if (code >= kNeuronCode && code <= kNeuronCode + kMaxView) {
    node.kind = Node::Kind::kNeuron;
    node.view = static_cast<uint8_t>(code - kNeuronCode);
  } else if (code >= kBucketCode && code < kNeuronCode) {
    node.kind = Node::Kind::kBucket;
    node.depth = static_cast<uint8_t>(code - kBucketCode);
  } else if (code == kWholeCode) {
    node.kind = Node::Kind::kWhole;
    node.view = static_cast<uint8_t>(node.number & kMaxView);
    node.number = 0;
  } else if (code == kDirectoryCode) {
    node.kind = Node::Kind::kDirectory;
  } else if (code == kControlCode) {
    node.kind = Node::Kind::kControl;
  } else if (code == kRegionsCode) {
    node.kind = Node::Kind::kRegions;
  } else {
    node = Node{.number = id.value()};
  }
  return node;
}

}  // namespace neurofs
