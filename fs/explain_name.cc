// explain_name: walk the path in a tree of this one field; where a part is found, say what it is, else
// find the first rule of the grammar that it breaks.
#include "fs/explain_name.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/field/field_lens.h"
#include "core/lens/lens_step.h"
#include "fs/control_files.h"
#include "fs/field_variants.h"
#include "fs/tree.h"

namespace neurofs {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, kMaxName)) + "\"";
}

std::string array_text(const Dims& shape, DataType type) {
  return std::string(zarr_name(type)) + " of shape " + to_string(shape);
}

std::string extensions() {
  std::string text;
  for (const NamedView& view : all_views()) {
    text += (text.empty() ? "." : ", .") + std::string(view.extension);
  }
  return text;
}

std::string view_text(int view) {
  const std::string_view name = all_views()[static_cast<size_t>(view)].extension;
  return ", as " + ViewRegistry::instance().find(name)->description;
}

// Why a number that should stand in a name does not.
std::string wrong_number(std::string_view text, Index limit) {
  if (text.empty()) return "a number is missing";
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    return quoted(text) + " is not a number of decimal digits";
  }
  if (text.size() > 1 && text[0] == '0') return quoted(text) + " has zeros in front";
  return quoted(text) + " is past the end: the axis has " + std::to_string(limit) + " entries";
}

std::string wrong_neuron(std::string_view stem, const Dims& neuron_shape) {
  const auto commas = static_cast<size_t>(std::count(stem.begin(), stem.end(), ','));
  if (commas + 1 != neuron_shape.size()) {
    return "a neuron of this field is named by " + std::to_string(neuron_shape.size()) +
           " numbers, one for each neuron axis, with commas between";
  }
  for (size_t axis = 0; axis < neuron_shape.size(); ++axis) {
    const size_t comma = stem.find(',');
    if (!parse_number(stem.substr(0, comma), neuron_shape[axis])) {
      return wrong_number(stem.substr(0, comma), neuron_shape[axis]);
    }
    stem.remove_prefix(std::min(comma + 1, stem.size()));
  }
  return "this neuron is in another directory; neurons/NUMBER.npy finds each";
}

std::string wrong_extension(std::string_view name) {
  return quoted(name) + " has none of the extensions " + extensions();
}

class Walk {
 public:
  explicit Walk(const FieldSpec& spec) : spec_(spec), tree_(directories(spec)) {}

  NamePart step(std::string_view name) {
    NamePart part{.name = std::string(name), .kind = {}, .meaning = {}, .steps = {}};
    if (below_selection_) {
      part.ok = true;
      part.kind = "below a selection";
      part.meaning = "how long the selection is, the mount knows";
      return part;
    }
    const auto target = tree_.lookup(node_, name);
    if (!target.ok()) {
      part.meaning = why_not(name, target.status());
      return part;
    }
    part.ok = true;
    switch (target->kind) {
      case Target::Kind::kNode:
        explain_node(target->node, &part);
        node_ = target->node;
        break;
      case Target::Kind::kRegion:
        explain_region(*target, &part);
        break;
      case Target::Kind::kRegionAlias:
        part.kind = "named region";
        part.meaning = "a symbolic link, where `neurofs region` has made one of this name";
        break;
      case Target::Kind::kControlFile:
        explain_control(name, &part);
        break;
      case Target::Kind::kLens:
        enter_lens(target->name, &part);
        break;
      case Target::Kind::kOrder:
        enter_order(target->name, &part);
        break;
    }
    if (target->kind != Target::Kind::kLens && target->kind != Target::Kind::kOrder &&
        !(target->kind == Target::Kind::kNode && is_directory(target->node.kind))) {
      node_ = {.kind = Node::Kind::kWhole};
    }
    return part;
  }

 private:
  static std::vector<Directory> directories(const FieldSpec& spec) {
    std::vector<Directory> one(1);
    const auto activation = activation_of(spec);
    one[0].files =
        std::make_unique<FieldFiles>(spec, activation.ok() ? *activation : Lens(spec.dtype));
    return one;
  }
  const FieldFiles& files() const { return *tree_.files_of(node_); }

  void explain_node(const Node& node, NamePart* part) const {
    const std::string_view name = part->name;
    switch (node.kind) {
      case Node::Kind::kWhole:
        part->kind = "field";
        part->meaning =
            "the whole field, " + array_text(files().shape, files().dtype()) + view_text(node.view);
        break;
      case Node::Kind::kNeuron:
        part->kind = "neuron";
        part->meaning =
            "neuron " + std::string(name.substr(0, name.rfind('.'))) + " of " +
            std::to_string(files().order ? files().order->size() : spec_.neuron_count()) +
            (files().order ? " in this order, " : ", ") +
            array_text(spec_.feature_shape(), files().dtype()) + view_text(node.view);
        break;
      case Node::Kind::kBucket:
        part->kind = node.depth == 0 ? "neurons" : "bucket";
        part->meaning =
            node.depth == 0
                ? std::to_string(files().buckets.count_at(files().buckets.levels() + 1)) +
                      " neurons, a file for each, found by number"
                : bucket_text(node);
        break;
      case Node::Kind::kRegions:
        part->kind = "regions";
        part->meaning = "any slice of the field, found by name; named regions are listed";
        break;
      default:
        part->kind = "control";
        part->meaning = "what the field says about itself";
    }
  }

  std::string bucket_text(const Node& node) const {
    BucketTree::Children range =
        files().buckets.children(node.depth, static_cast<Index>(node.number));
    for (int depth = node.depth + 1; depth <= files().buckets.levels(); ++depth) {
      range.end = files().buckets.children(depth, range.end - 1).end;
      range.first = files().buckets.children(depth, range.first).first;
    }
    return "a directory by which people browse: neurons " + std::to_string(range.first) + " to " +
           std::to_string(range.end - 1);
  }

  void explain_region(const Target& target, NamePart* part) const {
    const Dims shape = target.region.result_shape();
    const auto layout =
        all_views()[static_cast<size_t>(target.view)].view->layout(files().dtype(), shape);
    part->ok = layout.ok();
    part->kind = layout.ok() ? "region" : "";
    part->meaning = layout.ok() ? "the slice [" + to_string(target.region, files().shape) +
                                      "] of the field, " + array_text(shape, files().dtype()) +
                                      view_text(target.view)
                                : layout.status().message();
  }

  static void explain_control(std::string_view name, NamePart* part) {
    const auto names = control_names(true, true);
    part->ok = std::find(names.begin(), names.end(), name) != names.end();
    part->kind = part->ok ? "control file" : "";
    part->meaning = part->ok ? "made anew when it is looked up" : "no such control file";
  }

  void enter_lens(std::string_view name, NamePart* part) {
    const auto activation = activation_of(spec_);
    const bool is_first = lenses_.empty();
    const auto lens = shown_lens(files(), is_first, name);
    explain_steps(name, part);
    if (!lens.ok() || !activation.ok()) {
      part->ok = false;
      part->meaning = lens.ok() ? activation.status().message() : lens.status().message();
      return;
    }
    part->kind = "lens";
    part->meaning = std::string(zarr_name(files().dtype())) + " to " +
                    std::string(zarr_name(lens->result())) + "; all of it from what is stored (" +
                    std::string(zarr_name(spec_.dtype)) +
                    "): " + (lens->is_identity() ? "unchanged" : lens->name());
    show(*lens, files().order);
  }

  void show(const Lens& lens, std::shared_ptr<const NeuronOrder> order) {
    lenses_.push_back(std::make_unique<FieldFiles>(spec_, lens, std::move(order)));
    node_ = {.kind = Node::Kind::kDirectory, .lens = lenses_.back().get()};
  }

  void enter_order(std::string_view text, NamePart* part) {
    const auto refuse = [part](const Status& status) {
      part->ok = false;
      part->meaning = status.message();
    };
    const auto name = shown_order_name(files(), text);
    if (!name.ok()) return refuse(name.status());
    part->kind = "order";
    if (!name->selection.empty()) {
      part->meaning = "the neurons that the selection " +
                      quoted(std::string_view(name->selection)) +
                      " lists, where `neurofs selection` has stored one of this name";
      below_selection_ = true;
      return;
    }
    auto order = shown_order(files(), *name, nullptr);
    if (!order.ok()) return refuse(order.status());
    part->meaning = std::to_string((*order)->size()) + " of " +
                    std::to_string(spec_.neuron_count()) + " neurons, shuffled" +
                    (name->block == 0 ? " one by one"
                                      : " in runs of " + std::to_string(name->block) + ", " +
                                            std::to_string(name->buffer) +
                                            " of which change neurons among themselves") +
                    ": " + to_string(*name);
    show(files().lens, std::move(*order));
  }

  void explain_steps(std::string_view name, NamePart* part) const {
    Lens lens = files().lens;
    while (!name.empty()) {
      const size_t comma = std::min(name.find(','), name.size());
      const std::string_view step = name.substr(0, comma);
      name.remove_prefix(std::min(comma + 1, name.size()));
      const bool may_be_raw = lenses_.empty() && part->steps.empty();
      const auto next = parse_field_lens(spec_, lens, may_be_raw, step);
      if (!next.ok()) return;
      lens = *next;
      const auto* kind = LensStepRegistry::instance().find(step.substr(0, step.find('=')));
      part->steps.push_back({std::string(step),
                             kind != nullptr ? kind->description : "what is stored",
                             std::string(zarr_name(lens.result()))});
    }
  }

  std::string why_not(std::string_view name, const Status& status) const {
    if (status.code() != Code::kNotFound) return status.message();
    const auto file = parse_file_name(name);
    switch (node_.kind) {
      case Node::Kind::kDirectory:
        return "a field's directory has field with one of " + extensions() +
               ", neurons, regions, .neurofs and lenses, which begin with @ as orders do";
      case Node::Kind::kRegions:
        return file ? status.message() : wrong_extension(name);
      case Node::Kind::kBucket:
        return file ? wrong_neuron(file->stem, files().neuron_shape) : wrong_extension(name);
      default:
        return "the part before it is a file, not a directory";
    }
  }

  const FieldSpec& spec_;
  const Tree tree_;
  std::vector<std::unique_ptr<FieldFiles>> lenses_;
  Node node_{.kind = Node::Kind::kDirectory};
  bool below_selection_ = false;  // whose rows are stored, so that sizes are not known here
};

}  // namespace

NameExplanation explain_name(const FieldSpec& spec, std::string_view path) {
  NameExplanation explanation;
  Walk walk(spec);
  while (!path.empty() && explanation.ok) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) {
      explanation.parts.push_back(walk.step(path.substr(0, slash)));
      explanation.ok = explanation.parts.back().ok;
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return explanation;
}

nlohmann::json to_json(const NameExplanation& explanation) {
  nlohmann::json parts = nlohmann::json::array();
  for (const NamePart& part : explanation.parts) {
    nlohmann::json json = {
        {"name", part.name}, {"ok", part.ok}, {part.ok ? "meaning" : "reason", part.meaning}};
    if (part.ok) json["kind"] = part.kind;
    for (const LensStepText& step : part.steps) {
      json["steps"].push_back(
          {{"step", step.step}, {"meaning", step.meaning}, {"dtype", step.dtype}});
    }
    parts.push_back(std::move(json));
  }
  return {{"ok", explanation.ok}, {"parts", std::move(parts)}};
}

}  // namespace neurofs
