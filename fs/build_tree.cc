#include "fs/build_tree.h"

#include <ctime>

#include "core/engine/field.h"
#include "core/field/field_lens.h"

namespace neurofs {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

Result<std::unique_ptr<FieldFiles>> prepare(Engine& engine, const HierarchyNode& node) {
  NF_TRY(node.status);
  if (!node.field) return internal_error("an array without a field");
  NF_ASSIGN(std::shared_ptr<Field> field, engine.attach(node.field));
  NF_ASSIGN(const Lens activation, activation_of(field->spec()));
  auto files = std::make_unique<FieldFiles>(field->spec(), activation);
  files->reader.emplace(field, whole_region(field->spec().shape), activation);
  files->modified_ns =
      node.modified_ns != 0 ? node.modified_ns : int64_t{std::time(nullptr)} * kNsPerSecond;
  files->field = std::move(field);
  return files;
}

// The index of the group at `path`, made (with its ancestors) when the source did not list it.
uint32_t group_at(std::vector<Directory>* dirs, std::map<std::string, uint32_t>* by_path,
                  const std::string& path) {
  if (const auto known = by_path->find(path); known != by_path->end()) return known->second;
  const size_t slash = path.rfind('/');
  const uint32_t parent =
      group_at(dirs, by_path, slash == std::string::npos ? "" : path.substr(0, slash));
  const auto index = static_cast<uint32_t>(dirs->size());
  dirs->push_back({.path = path, .parent = parent, .children = {}, .files = nullptr});
  (*dirs)[parent].children.emplace(path.substr(slash == std::string::npos ? 0 : slash + 1), index);
  by_path->emplace(path, index);
  return index;
}

}  // namespace

Result<std::vector<Directory>> build_directories(Engine& engine, const Hierarchy& hierarchy,
                                                 ErrorLog* errors) {
  std::vector<Directory> dirs;
  std::map<std::string, uint32_t> by_path;
  std::vector<bool> shown;
  for (const HierarchyNode& node : hierarchy.nodes) {
    Directory dir{.path = node.path, .parent = 0, .children = {}, .files = nullptr};
    Status status = node.status;
    if (!node.is_group) {
      auto files = prepare(engine, node);
      status = files.status();
      if (files.ok()) dir.files = std::move(files).value();
    }
    if (!status.ok() && node.path.empty()) return status;
    if (!status.ok()) errors->add_refused(node.path, status);
    shown.push_back(status.ok());
    if (status.ok()) by_path.emplace(node.path, static_cast<uint32_t>(dirs.size()));
    dirs.push_back(std::move(dir));
  }
  if (dirs.empty()) return not_found("the source has neither a group nor an array");
  for (uint32_t i = 1; i < shown.size(); ++i) {
    if (!shown[i]) continue;
    const std::string path = dirs[i].path;
    const size_t slash = path.rfind('/');
    const bool top = slash == std::string::npos;
    const uint32_t parent = group_at(&dirs, &by_path, top ? "" : path.substr(0, slash));
    if (dirs[parent].files) continue;  // an array inside an array is not part of the format
    dirs[i].parent = parent;
    dirs[parent].children.emplace(top ? path : path.substr(slash + 1), i);
  }
  return dirs;
}

}  // namespace neurofs
