#include "fs/tree.h"

namespace neurofs {
namespace {

constexpr std::string_view kNeuronsName = "neurons";
constexpr std::string_view kRegionsName = "regions";
constexpr std::string_view kControlName = ".neurofs";
constexpr std::string_view kWholeStem = "field";
constexpr char kLensMark = '@';

Status no_such(std::string_view name) {
  return not_found("no such name: " + std::string(name.substr(0, 64)));
}

Target node_target(const Node& node) {
  return {.node = node};
}

}  // namespace

Tree::Tree(std::vector<Directory> directories) : directories_(std::move(directories)) {}

Result<Target> Tree::lookup(const Node& parent, std::string_view name) const {
  if (name.size() > kMaxName) return Status(Code::kNameTooLong, "a name has at most 255 bytes");
  switch (parent.kind) {
    case Node::Kind::kDirectory:
      return lookup_in_directory(parent, name);
    case Node::Kind::kBucket:
      return lookup_in_bucket(parent, name);
    case Node::Kind::kRegions:
      return lookup_in_regions(parent, name);
    case Node::Kind::kControl:
      return Target{.kind = Target::Kind::kControlFile,
                    .node = {.field = parent.field, .lens = parent.lens},
                    .name = name};
    default:
      return no_such(name);
  }
}

Result<Target> Tree::lookup_in_directory(const Node& parent, std::string_view name) const {
  const Directory& dir = directories_[parent.field];
  const FieldFiles* files = files_of(parent);
  Node node{.field = parent.field, .lens = parent.lens};
  if (name == kControlName && (files != nullptr || parent.field == 0)) {
    node.kind = Node::Kind::kControl;
    return node_target(node);
  }
  if (files == nullptr) {
    const auto child = dir.children.find(name);
    if (child == dir.children.end()) return no_such(name);
    return node_target({.kind = Node::Kind::kDirectory, .field = child->second});
  }
  if (name.starts_with(kLensMark)) {
    const std::string_view variant = name.substr(1);
    return Target{.kind = is_order_name(variant) ? Target::Kind::kOrder : Target::Kind::kLens,
                  .node = node,
                  .name = variant};
  }
  if (name == kNeuronsName && files->has_neurons) {
    node.kind = Node::Kind::kBucket;
    return node_target(node);
  }
  if (name == kRegionsName) {
    node.kind = Node::Kind::kRegions;
    return node_target(node);
  }
  const auto file = parse_file_name(name);
  if (!file || file->stem != kWholeStem) return no_such(name);
  NF_TRY(files->whole[file->view].status);
  node.kind = Node::Kind::kWhole;
  node.view = static_cast<uint8_t>(file->view);
  return node_target(node);
}

Result<Target> Tree::lookup_in_bucket(const Node& parent, std::string_view name) const {
  const FieldFiles& files = *files_of(parent);
  const int depth = parent.depth;
  const auto number = static_cast<Index>(parent.number);
  if (const auto child = files.buckets.find_child(depth, number, name)) {
    return node_target({.kind = Node::Kind::kBucket,
                        .depth = static_cast<uint8_t>(depth + 1),
                        .field = parent.field,
                        .number = static_cast<uint64_t>(*child),
                        .lens = parent.lens});
  }
  const auto file = parse_file_name(name);
  if (!file) return no_such(name);
  const auto neuron = parse_neuron(file->stem, files.neuron_shape);
  if (!neuron) return no_such(name);
  if (depth > 0) {
    if (depth < files.buckets.levels()) return no_such(name);
    const auto range = files.buckets.children(depth, number);
    if (*neuron < range.first || *neuron >= range.end) return no_such(name);
  }
  NF_TRY(files.neuron[file->view].status);
  return node_target({.kind = Node::Kind::kNeuron,
                      .view = static_cast<uint8_t>(file->view),
                      .field = parent.field,
                      .number = static_cast<uint64_t>(*neuron),
                      .lens = parent.lens});
}

Result<Target> Tree::lookup_in_regions(const Node& parent, std::string_view name) const {
  const auto file = parse_file_name(name);
  if (!file) return no_such(name);
  Target target{
      .node = {.field = parent.field, .lens = parent.lens}, .view = file->view, .name = file->stem};
  if (is_region_alias(file->stem)) {
    target.kind = Target::Kind::kRegionAlias;
    return target;
  }
  target.kind = Target::Kind::kRegion;
  NF_ASSIGN(target.region, parse_region(file->stem, files_of(parent)->shape));
  return target;
}

bool Tree::exists(const Node& node) const {
  if (node.field >= directories_.size()) return false;
  const FieldFiles* files = directories_[node.field].files.get();
  switch (node.kind) {
    case Node::Kind::kInterned:
      return false;
    case Node::Kind::kDirectory:
      return true;
    case Node::Kind::kControl:
      return files != nullptr || node.field == 0;
    case Node::Kind::kRegions:
      return files != nullptr;
    case Node::Kind::kWhole:
      return files != nullptr && node.view < files->whole.size() && files->whole[node.view].layout;
    case Node::Kind::kBucket:
      if (files == nullptr || !files->has_neurons) return false;
      return node.depth == 0
                 ? node.number == 0
                 : node.depth <= files->buckets.levels() &&
                       node.number < static_cast<uint64_t>(files->buckets.count_at(node.depth));
    case Node::Kind::kNeuron:
      return files != nullptr && files->has_neurons && node.view < files->neuron.size() &&
             files->neuron[node.view].layout &&
             node.number < static_cast<uint64_t>(files->spec.neuron_count());
  }
  return false;
}

void Tree::list(const Node& parent, uint64_t from, const Emit& emit) const {
  if (parent.kind == Node::Kind::kDirectory) list_directory(parent, from, emit);
  if (parent.kind == Node::Kind::kBucket) list_bucket(parent, from, emit);
}

void Tree::list_directory(const Node& parent, uint64_t from, const Emit& emit) const {
  const Directory& dir = directories_[parent.field];
  const FieldFiles* files = files_of(parent);
  uint64_t position = 0;
  // Emits when the position has come to `from`; false once the caller is full.
  const auto offer = [&](std::string_view name, const Node& node) {
    return position++ < from || emit(name, node, position);
  };
  const auto offer_kind = [&](std::string_view name, Node::Kind kind, uint8_t view) {
    return offer(name, {.kind = kind, .view = view, .field = parent.field, .lens = parent.lens});
  };
  if (files != nullptr || parent.field == 0) {
    if (!offer_kind(kControlName, Node::Kind::kControl, 0)) return;
  }
  for (const auto& [name, index] : dir.children) {
    if (name == kControlName) continue;
    if (!offer(name, {.kind = Node::Kind::kDirectory, .field = index})) return;
  }
  if (files == nullptr) return;
  const auto& views = all_views();
  for (size_t v = 0; v < views.size(); ++v) {
    if (!files->whole[v].layout) continue;
    const std::string name = std::string(kWholeStem) + "." + std::string(views[v].extension);
    if (!offer_kind(name, Node::Kind::kWhole, static_cast<uint8_t>(v))) return;
  }
  if (files->has_neurons && !offer_kind(kNeuronsName, Node::Kind::kBucket, 0)) return;
  offer_kind(kRegionsName, Node::Kind::kRegions, 0);
}

void Tree::list_bucket(const Node& parent, uint64_t from, const Emit& emit) const {
  const FieldFiles& files = *files_of(parent);
  const auto range = files.buckets.children(parent.depth, static_cast<Index>(parent.number));
  const bool of_neurons = parent.depth == files.buckets.levels();
  const int view = listed_view();
  if (of_neurons && !files.neuron[view].layout) return;
  const std::string extension = "." + std::string(all_views()[view].extension);
  const Dims& neuron_shape = files.neuron_shape;
  if (from >= static_cast<uint64_t>(range.end - range.first)) return;
  for (Index n = range.first + static_cast<Index>(from); n < range.end; ++n) {
    const auto next = static_cast<uint64_t>(n - range.first + 1);
    Node node{.field = parent.field, .number = static_cast<uint64_t>(n), .lens = parent.lens};
    std::string name;
    if (of_neurons) {
      node.kind = Node::Kind::kNeuron;
      node.view = static_cast<uint8_t>(view);
      name = format_neuron(n, neuron_shape) + extension;
    } else {
      node.kind = Node::Kind::kBucket;
      node.depth = static_cast<uint8_t>(parent.depth + 1);
      name = files.buckets.name(node.depth, n);
    }
    if (!emit(name, node, next)) return;
  }
}

Node Tree::parent_of(const Node& node) const {
  const Node directory{.kind = Node::Kind::kDirectory, .field = node.field, .lens = node.lens};
  if (node.kind == Node::Kind::kDirectory) {
    if (node.lens != nullptr) return {.kind = Node::Kind::kDirectory, .field = node.field};
    return {.kind = Node::Kind::kDirectory, .field = directories_[node.field].parent};
  }
  if (node.kind == Node::Kind::kBucket && node.depth > 0) {
    return {.kind = Node::Kind::kBucket,
            .depth = static_cast<uint8_t>(node.depth - 1),
            .field = node.field,
            .number = node.depth == 1 ? 0 : node.number / BucketTree::kFanOut,
            .lens = node.lens};
  }
  if (node.kind == Node::Kind::kNeuron) {
    return {.kind = Node::Kind::kBucket, .field = node.field, .lens = node.lens};
  }
  return directory;
}

// How look-ups from the field's directory on find the lens and the order.
std::string Tree::lens_name(const Node& node) const {
  if (node.lens == nullptr) return "";
  const Lens& own = directories_[node.field].files->lens;
  const std::string& steps = node.lens->lens.name();
  std::string name;
  if (node.lens->order) name = "@" + to_string(node.lens->order->name());
  if (node.lens->order && steps == own.name()) return name;
  if (!name.empty()) name = "/" + name;
  if (steps.empty()) return "@raw" + name;
  return (own.is_identity() ? "@" : "@raw,") + steps + name;
}

std::string Tree::path_of(const Node& node) const {
  const Directory& dir = directories_[node.field];
  const std::string lens = lens_name(node);
  const std::string parent = dir.path + (dir.path.empty() || lens.empty() ? "" : "/") + lens;
  const std::string base = parent.empty() ? "" : parent + "/";
  switch (node.kind) {
    case Node::Kind::kWhole:
      return base + "field." + std::string(all_views()[node.view].extension);
    case Node::Kind::kNeuron:
      return base + "neurons/" +
             format_neuron(static_cast<Index>(node.number), files_of(node)->neuron_shape) + "." +
             std::string(all_views()[node.view].extension);
    case Node::Kind::kBucket:
      return base + "neurons";
    case Node::Kind::kRegions:
      return base + "regions";
    case Node::Kind::kControl:
      return base + ".neurofs";
    default:
      return parent;
  }
}

}  // namespace neurofs
