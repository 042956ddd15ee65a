#include "fs/file_system.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include "core/base/log.h"
#include "fs/build_tree.h"
#include "fs/field_document.h"
#include "fs/field_variants.h"

namespace neurofs {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr uint64_t kDirectorySize = 4096;
// Control files asked for again within this time share a snapshot.
constexpr int64_t kSnapshotNs = kNsPerSecond / 4;

int64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

Status stale() {
  return {Code::kStale, "this node is gone"};
}

// The names in regions/ change, and the kernel caches listings by the directory's attributes.
Lifetime lifetime_of(Node::Kind kind) {
  return kind == Node::Kind::kRegions ? Lifetime::kNamed : Lifetime::kLong;
}

// Whether the directory of a node is the mount's root, so that its .neurofs/ tells of the whole mount.
bool is_root(const Node& node) {
  return node.field == 0 && node.lens == nullptr;
}

template <typename T>
const T* as(const InternedNode* node) {
  return dynamic_cast<const T*>(node);
}

// The same for every spelling of a lens and an order: canonical names stand in the key.
std::string key_of(char kind, const Node& node, std::string_view rest) {
  std::string key(1, kind);
  key += std::to_string(node.field);
  if (node.lens != nullptr) key += "@" + node.lens->key();
  key += '/';
  key += rest;
  return key;
}

// Names what has no computed id.
std::string placed_key(const Node& node) {
  return key_of('w', node,
                std::to_string(static_cast<int>(node.kind)) + "/" + std::to_string(node.view) +
                    "/" + std::to_string(node.depth) + "/" + std::to_string(node.number));
}

std::string region_key(const Target& target, const Dims& shape) {
  return key_of('r', target.node,
                std::to_string(target.view) + "/" + to_string(target.region, shape));
}

// The kernel knows a directory by one name only, so below a lens, whose name can be spelled in many ways,
// a directory is told by where it was found. Files there have one node for all spellings.
std::string path_key(NodeId parent, std::string_view name) {
  return "d" + std::to_string(parent.value()) + "/" + std::string(name);
}

std::shared_ptr<const FieldFiles> shared_lens(const Node& node) {
  return node.lens != nullptr ? node.lens->shared_from_this() : nullptr;
}

}  // namespace

FileSystem::FileSystem(Sources sources)
    : engine_(std::move(sources.engine)),
      store_(std::move(sources.store)),
      cache_(std::move(sources.cache)),
      mount_(std::move(sources.mount)),
      errors_(std::make_unique<ErrorLog>(engine_->metrics())),
      revalidation_(revalidation_bounds(*store_)) {
  engine_->metrics().gauge("fs_remembered_nodes",
                           "Regions, links, control files and nodes below lenses that the kernel "
                           "remembers",
                           [nodes = std::weak_ptr(nodes_)] {
                             const auto now = nodes.lock();
                             return now ? static_cast<double>(now->size()) : 0.0;
                           });
}

FileSystem::~FileSystem() {
  // Prefetches keep the engine and the fields alive: what stays of them here goes when they end.
  (void)engine_->end_prefetches(std::chrono::seconds(5));
}

Result<std::unique_ptr<FileSystem>> FileSystem::create(Sources sources) {
  const Hierarchy hierarchy = std::move(sources.hierarchy);
  std::unique_ptr<FileSystem> fs(new FileSystem(std::move(sources)));
  NF_ASSIGN(std::vector<Directory> directories,
            build_directories(*fs->engine_, hierarchy, fs->errors_.get()));
  if (hierarchy.hidden_names > 0) {
    log_warning(std::to_string(hierarchy.hidden_names) +
                " names of the source cannot be file names and are not shown");
  }
  for (const Directory& dir : directories) {
    const FieldFiles* files = dir.files.get();
    fs->named_.push_back(
        files == nullptr
            ? nullptr
            : std::make_unique<NamedRegions>(*fs->store_, named_regions_key(files->spec, dir.path),
                                             files->spec, files->modified_ns, *fs->region_looks_));
  }
  for (const Directory& dir : directories) {
    fs->selections_.push_back(
        dir.files == nullptr ? nullptr
                             : std::make_unique<StoredSelections>(*fs->store_, dir.files->spec,
                                                                  dir.path, *fs->region_looks_));
  }
  fs->ids_ = std::make_unique<NodeIds>(directories.size());
  fs->use_ = std::make_unique<FieldUse>(directories.size());
  fs->tree_ = std::make_unique<Tree>(std::move(directories));
  return fs;
}

Result<Node> FileSystem::resolve(NodeId id, InternedNodes::Ptr* holder) const {
  Node node = ids_->decode(id);
  if (node.kind == Node::Kind::kInterned) {
    *holder = interned_.find(id);
    if (!*holder) return stale();
    const auto* placed = as<PlacedNode>(holder->get());
    return placed != nullptr ? placed->node : node;
  }
  if (!tree_->exists(node)) return stale();
  return node;
}

// ---- names -------------------------------------------------------------------------------------

Result<Entry> FileSystem::lookup(NodeId parent_id, std::string_view name) {
  InternedNodes::Ptr holder;
  NF_ASSIGN(const Node parent, resolve(parent_id, &holder));
  NF_ASSIGN(const Target target, tree_->lookup(parent, name));
  // Who watches a mount does not use its fields.
  const bool control =
      target.kind == Target::Kind::kControlFile ||
      (target.kind == Target::Kind::kNode && target.node.kind == Node::Kind::kControl);
  if (!control) use_->note(target.node.field);
  switch (target.kind) {
    case Target::Kind::kNode:
      return entry_of(target.node, parent_id, name);
    case Target::Kind::kLens:
      return enter_lens(target, parent_id);
    case Target::Kind::kOrder:
      return enter_order(target, parent_id);
    case Target::Kind::kRegion:
      return enter_region(target);
    case Target::Kind::kRegionAlias:
      return enter_link(target);
    case Target::Kind::kControlFile:
      return enter_snapshot(target);
  }
  return internal_error("a target of no kind");
}

void FileSystem::on_change(const std::function<void(uint32_t field)>& changed) {
  for (uint32_t i = 0; i < tree_->size(); ++i) {
    const FieldFiles* files = files_of(i);
    if (files == nullptr || !files->field) continue;
    files->field->on_change(changed ? [changed, i] { changed(i); } : std::function<void()>());
  }
}

void FileSystem::revalidate() {
  std::vector<Field*> fields;
  for (uint32_t i = 0; i < tree_->size(); ++i) {
    const FieldFiles* files = files_of(i);
    if (files == nullptr || !files->field) continue;
    if (use_->take(i) || store_->has_local_objects()) fields.push_back(files->field.get());
  }
  if (!fields.empty()) revalidation_.look(*store_, fields, Revalidation::Clock::now());
}

FileSystem::Remembered FileSystem::remembered(uint32_t field) const {
  Remembered all;
  const Node directory{.kind = Node::Kind::kDirectory, .field = field};
  const NodeId directory_id = *ids_->encode(directory);
  tree_->list(directory, 0, [&](std::string_view name, const Node& node, uint64_t) {
    all.names.push_back({directory_id, std::string(name)});
    if (node.kind == Node::Kind::kWhole) all.files.push_back(*ids_->encode(node));
    return true;
  });
  interned_.for_each([&](NodeId id, const InternedNode& node) {
    const auto* region = as<RegionNode>(&node);
    if (region != nullptr && region->field == field) all.files.push_back(id);
    const auto* placed = as<PlacedNode>(&node);
    if (placed == nullptr || placed->node.field != field) return;
    if (placed->node.kind == Node::Kind::kDirectory) {
      all.names.push_back({placed->parent, placed->name});
    } else if (!is_directory(placed->node.kind)) {
      all.files.push_back(id);
    }
  });
  return all;
}

bool FileSystem::is_interned(NodeId id) const {
  return ids_->decode(id).kind == Node::Kind::kInterned;
}

void FileSystem::forget(NodeId id, uint64_t lookups) {
  if (is_interned(id)) interned_.forget(id, lookups);
}

Result<Entry> FileSystem::entry_of(const Node& node, NodeId parent, std::string_view name) {
  const bool by_path = is_directory(node.kind) && is_interned(parent);
  const auto id = by_path ? std::nullopt : ids_->encode(node);
  if (id) return Entry{*id, attr_of(node), lifetime_of(node.kind)};
  PlacedNode placed;
  placed.node = node;
  placed.lens = shared_lens(node);
  return enter_placed(by_path ? path_key(parent, name) : placed_key(node), std::move(placed));
}

Result<Entry> FileSystem::enter_placed(std::string_view key, PlacedNode placed) {
  const Lifetime lifetime = lifetime_of(placed.node.kind);
  NF_ASSIGN(auto found, interned_.intern(key, [&]() -> Result<InternedNodes::Ptr> {
    return InternedNodes::Ptr(std::make_shared<PlacedNode>(std::move(placed)));
  }));
  return Entry{found.id, attr_of(*found.node), lifetime};
}

Result<Entry> FileSystem::enter_lens(const Target& target, NodeId parent) {
  const FieldFiles& shown = *tree_->files_of(target.node);
  const bool is_first = !is_interned(parent);
  const auto lens = shown_lens(shown, is_first, target.name);
  if (!lens.ok()) return refused(target, lens.status());
  return enter_variant(target, parent, *lens, shown.order, Lifetime::kLong);
}

Result<Entry> FileSystem::enter_order(const Target& target, NodeId parent) {
  const FieldFiles& shown = *tree_->files_of(target.node);
  const auto name = shown_order_name(shown, target.name);
  if (!name.ok()) return refused(target, name.status());
  std::shared_ptr<const Selection> selection;
  if (!name->selection.empty()) {
    auto known = selections_[target.node.field]->current(name->selection);
    if (!known.ok()) return refused(target, known.status());
    selection = std::move(*known);
  }
  const bool may_change = selection != nullptr;
  auto order = shown_order(shown, *name, std::move(selection));
  if (!order.ok()) return refused(target, order.status());
  return enter_variant(target, parent, shown.lens, std::move(*order),
                       may_change ? Lifetime::kNamed : Lifetime::kLong);
}

// Says why a name that begins as a lens or an order is none.
Status FileSystem::refused(const Target& target, const Status& status) {
  const std::string directory = tree_->path_of(
      {.kind = Node::Kind::kDirectory, .field = target.node.field, .lens = target.node.lens});
  errors_->add_refused_name(directory + (directory.empty() ? "@" : "/@") + std::string(target.name),
                            status);
  return status;
}

// A directory whose lens is the field's own, in no order, shows the field's own files.
Result<Entry> FileSystem::enter_variant(const Target& target, NodeId parent, const Lens& lens,
                                        std::shared_ptr<const NeuronOrder> order,
                                        Lifetime lifetime) {
  const FieldFiles& own = *files_of(target.node.field);
  std::string name = "@" + std::string(target.name);
  std::string key = path_key(parent, name);
  PlacedNode placed;
  placed.node = {.kind = Node::Kind::kDirectory, .field = target.node.field};
  // By name, also where the lens changes nothing: so the chain grows, and nesting has an end.
  if (order || lens.name() != own.lens.name()) {
    placed.lens = lenses_.files(target.node.field, own, lens, std::move(order));
    placed.node.lens = placed.lens.get();
    // A selection that is another than before is another directory.
    if (placed.lens->order) key += "#" + placed.lens->key();
  }
  placed.parent = parent;
  placed.name = std::move(name);
  NF_ASSIGN(Entry entry, enter_placed(key, std::move(placed)));
  entry.lifetime = lifetime;
  return entry;
}

Result<Entry> FileSystem::enter_region(const Target& target) {
  const FieldFiles& files = *tree_->files_of(target.node);
  const std::string key = region_key(target, files.shape);
  NF_ASSIGN(auto found, interned_.intern(key, [&]() -> Result<InternedNodes::Ptr> {
    auto node = std::make_shared<RegionNode>();
    NF_ASSIGN(node->layout,
              all_views()[target.view].view->layout(files.dtype(), target.region.result_shape()));
    node->field = target.node.field;
    node->lens = shared_lens(target.node);
    node->view = target.view;
    node->reader.emplace(files.field, target.region, files.lens, files.order);
    node->inode = interned_inode(key);
    return InternedNodes::Ptr(std::move(node));
  }));
  return Entry{found.id, attr_of(*found.node), Lifetime::kLong};
}

Result<Entry> FileSystem::enter_link(const Target& target) {
  if (!has_named_regions(target.node)) {
    return not_found("named regions are of the field's shape, which this order does not keep");
  }
  NamedRegions& named = *named_[target.node.field];
  const auto names = named.current();
  const auto it = names->find(target.name);
  if (it == names->end()) return not_found("no region has this name");
  // v1.raw is found too where v1.npy is listed.
  const auto file = parse_file_name(it->second);
  if (!file) return not_found("no region has this name");
  std::string text =
      std::string(file->stem) + "." + std::string(all_views()[target.view].extension);
  const std::string inode_key =
      key_of('l', target.node, std::string(target.name) + "." + std::to_string(target.view));
  NF_ASSIGN(auto found,
            interned_.intern(inode_key + " " + text, [&]() -> Result<InternedNodes::Ptr> {
              auto node = std::make_shared<LinkNode>();
              node->field = target.node.field;
              node->target = std::move(text);
              node->inode = interned_inode(inode_key);
              node->modified_ns = files_of(target.node.field)->modified_ns;
              return InternedNodes::Ptr(std::move(node));
            }));
  return Entry{found.id, attr_of(*found.node), Lifetime::kNamed};
}

Result<Entry> FileSystem::enter_snapshot(const Target& target) {
  const uint32_t field = target.node.field;
  const FieldFiles* files = tree_->files_of(target.node);
  const int64_t now = now_ns();
  auto text = control_text(control_context(), target.name, is_root(target.node), files,
                           tree_->directory(field).path);
  if (!text) return not_found("no such control file");
  const std::string inode_key = key_of('c', target.node, target.name);
  NF_ASSIGN(auto found, interned_.intern(inode_key + " " + std::to_string(now / kSnapshotNs),
                                         [&]() -> Result<InternedNodes::Ptr> {
                                           auto node = std::make_shared<SnapshotNode>();
                                           node->text = std::move(*text);
                                           node->inode = interned_inode(inode_key);
                                           node->modified_ns = now;
                                           return InternedNodes::Ptr(std::move(node));
                                         }));
  return Entry{found.id, attr_of(*found.node), Lifetime::kNone};
}

// ---- attributes --------------------------------------------------------------------------------

// Never 0: readdir(3) leaves out entries of that number.
uint64_t FileSystem::inode_of(const Node& node) const {
  const auto id = ids_->encode(node);
  return id ? id->value() : interned_inode(placed_key(node));
}

Attr FileSystem::attr_of(const Node& node) const {
  const FieldFiles* files = tree_->files_of(node);
  Attr attr{
      .inode = inode_of(node),
      .type = FileType::kDirectory,
      .size = kDirectorySize,
      .modified_ns = files != nullptr ? files->modified_ns : mount_.mounted_at * kNsPerSecond};
  if (files != nullptr && node.kind == Node::Kind::kWhole) {
    attr.type = FileType::kFile;
    attr.size = files->whole[node.view].layout->size();
  } else if (files != nullptr && node.kind == Node::Kind::kNeuron) {
    attr.type = FileType::kFile;
    attr.size = files->neuron[node.view].layout->size();
  } else if (node.kind == Node::Kind::kRegions) {
    attr.modified_ns = named_[node.field]->modified_ns();
  }
  return attr;
}

Attr FileSystem::attr_of(const InternedNode& node) const {
  if (const auto* region = as<RegionNode>(&node)) {
    return {.inode = region->inode,
            .type = FileType::kFile,
            .size = region->layout->size(),
            .modified_ns = files_of(region->field)->modified_ns};
  }
  if (const auto* link = as<LinkNode>(&node)) {
    return {.inode = link->inode,
            .type = FileType::kLink,
            .size = link->target.size(),
            .modified_ns = link->modified_ns};
  }
  if (const auto* snapshot = as<SnapshotNode>(&node)) {
    return {.inode = snapshot->inode,
            .type = FileType::kFile,
            .size = snapshot->text.size(),
            .modified_ns = snapshot->modified_ns};
  }
  return attr_of(static_cast<const PlacedNode&>(node).node);
}

Result<Attr> FileSystem::getattr(NodeId id) const {
  InternedNodes::Ptr holder;
  NF_ASSIGN(const Node node, resolve(id, &holder));
  // Of a file that is kept open this may be all that comes: the kernel asks before it reads pages of its own.
  if (node.kind == Node::Kind::kWhole || node.kind == Node::Kind::kNeuron) {
    use_->note(node.field);
  } else if (const auto* region = as<RegionNode>(holder.get())) {
    use_->note(region->field);
  }
  return holder ? attr_of(*holder) : attr_of(node);
}

Lifetime FileSystem::node_lifetime(NodeId id) const {
  InternedNodes::Ptr holder;
  const auto node = resolve(id, &holder);
  if (!node.ok()) return Lifetime::kLong;
  return node->kind == Node::Kind::kControl ? Lifetime::kNamed : lifetime_of(node->kind);
}

Lifetime FileSystem::absent_lifetime(NodeId parent, std::string_view name) const {
  if (name.starts_with('@') && is_order_name(name.substr(1))) {
    const auto order = parse_order_name(name.substr(1));
    if (order.ok() && !order->selection.empty()) return Lifetime::kNamed;
  }
  return node_lifetime(parent);
}

Result<std::string> FileSystem::readlink(NodeId id) const {
  const auto holder = interned_.find(id);
  const auto* link = as<LinkNode>(holder.get());
  if (link == nullptr) return invalid_argument("not a symbolic link");
  return link->target;
}

namespace {

// Calls use(subject) when the node has extended attributes.
template <typename Use>
void with_subject(const Node& node, const InternedNode* interned, const Tree& tree,
                  const Use& use) {
  const auto* region = as<RegionNode>(interned);
  const FieldFiles* files = tree.files_of(
      region != nullptr ? Node{.field = region->field, .lens = region->lens.get()} : node);
  const bool described = region != nullptr || node.kind == Node::Kind::kDirectory ||
                         node.kind == Node::Kind::kWhole || node.kind == Node::Kind::kNeuron;
  if (files == nullptr || !described) return;
  const std::string url = files->field->stored().url();
  XattrSubject subject{*files, url, std::nullopt,
                       region != nullptr ? &region->reader->region() : nullptr};
  if (node.kind == Node::Kind::kNeuron) subject.neuron = static_cast<Index>(node.number);
  use(subject);
}

}  // namespace

Result<std::vector<std::string>> FileSystem::listxattr(NodeId id) const {
  InternedNodes::Ptr holder;
  NF_ASSIGN(const Node node, resolve(id, &holder));
  std::vector<std::string> names;
  with_subject(node, holder.get(), *tree_,
               [&](const XattrSubject& subject) { names = xattr_names(subject); });
  return names;
}

Result<std::string> FileSystem::getxattr(NodeId id, std::string_view name) const {
  std::optional<std::string> value;
  if (name.starts_with(kXattrPrefix)) {
    InternedNodes::Ptr holder;
    NF_ASSIGN(const Node node, resolve(id, &holder));
    with_subject(node, holder.get(), *tree_,
                 [&](const XattrSubject& subject) { value = xattr_value(subject, name); });
  }
  if (!value) return not_found("no such attribute");
  return std::move(*value);
}

// ---- listings ----------------------------------------------------------------------------------

Status FileSystem::readdir(NodeId id, uint64_t from, const Emit& emit) {
  InternedNodes::Ptr holder;
  NF_ASSIGN(const Node node, resolve(id, &holder));
  constexpr uint64_t kDots = 2;
  const Node parent = node.kind == Node::Kind::kInterned ? node : tree_->parent_of(node);
  const auto dot = [&](const Node& n) {
    Entry entry;
    entry.attr.type = FileType::kDirectory;
    entry.attr.inode = inode_of(n);
    return entry;
  };
  if (from < 1 && !emit(".", dot(node), 1)) return {};
  if (from < kDots && !emit("..", dot(parent), kDots)) return {};
  const uint64_t start = from < kDots ? 0 : from - kDots;
  const Emit shifted = [&](std::string_view name, const Entry& entry, uint64_t next) {
    return emit(name, entry, next + kDots);
  };
  if (node.kind == Node::Kind::kRegions) {
    list_regions(node, start, shifted);
  } else if (node.kind == Node::Kind::kControl) {
    list_control(node, start, shifted);
  } else {
    tree_->list(node, start, [&](std::string_view name, const Node& child, uint64_t next) {
      Entry entry{NodeId(0), attr_of(child), lifetime_of(child.kind)};
      const bool by_path = is_directory(child.kind) && is_interned(id);
      if (!by_path) entry.id = ids_->encode(child).value_or(NodeId(0));
      return shifted(name, entry, next);
    });
  }
  return {};
}

// They are slices of the field's shape, which a share or a selection does not have.
bool FileSystem::has_named_regions(const Node& node) const {
  const FieldFiles& files = *tree_->files_of(node);
  return files.order == nullptr || files.order->keeps_shape();
}

void FileSystem::list_regions(const Node& node, uint64_t from, const Emit& emit) {
  if (!has_named_regions(node)) return;
  const auto names = named_[node.field]->current();
  uint64_t position = 0;
  for (const auto& [name, target] : *names) {
    if (position++ < from) continue;
    const auto file = parse_file_name(target);
    if (!file) continue;
    Entry entry;
    entry.attr.type = FileType::kLink;
    entry.attr.inode = interned_inode(key_of('l', node, name + "." + std::to_string(file->view)));
    const std::string shown = name + "." + std::string(all_views()[file->view].extension);
    if (!emit(shown, entry, position)) return;
  }
}

void FileSystem::list_control(const Node& node, uint64_t from, const Emit& emit) {
  const auto names = control_names(is_root(node), tree_->files_of(node) != nullptr);
  for (uint64_t i = from; i < names.size(); ++i) {
    Entry entry;
    entry.attr.inode = interned_inode(key_of('c', node, names[i]));
    if (!emit(names[i], entry, i + 1)) return;
  }
}

std::string FileSystem::describe(NodeId id) const {
  InternedNodes::Ptr holder;
  const auto node = resolve(id, &holder);
  if (!node.ok()) return "a file that is gone";
  const auto* region = as<RegionNode>(holder.get());
  if (region == nullptr) {
    return node->kind == Node::Kind::kInterned ? "a control file" : tree_->path_of(*node);
  }
  const Node regions{
      .kind = Node::Kind::kRegions, .field = region->field, .lens = region->lens.get()};
  return tree_->path_of(regions) + "/" +
         to_string(region->reader->region(), files_of(*region)->shape) + "." +
         std::string(all_views()[region->view].extension);
}

uint64_t FileSystem::total_size() const {
  uint64_t total = 0;
  for (uint32_t i = 0; i < tree_->size(); ++i) {
    const FieldFiles* files = files_of(i);
    if (files == nullptr) continue;
    const uint64_t size = files->spec.size();
    total = total > kMaxFileSize - std::min(size, kMaxFileSize) ? kMaxFileSize : total + size;
  }
  return total;
}

}  // namespace neurofs
