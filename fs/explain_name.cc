// explain_name: walk the path in a tree of this one field; where a part is found, say what it is, else
// find the first rule of the grammar that it breaks.
#include "fs/explain_name.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/field/field_lens.h"
#include "core/lens/lens_step.h"
#include "fs/control_files.h"
#include "fs/explain_text.h"
#include "fs/field_variants.h"
#include "fs/tree.h"
#include "fs/unknown_selection.h"

namespace neurofs {
namespace {

class Walk {
 public:
  explicit Walk(const FieldSpec& spec) : spec_(spec), tree_(directories(spec)) {}

  NamePart step(std::string_view name) {
    NamePart part{.name = std::string(name), .kind = {}, .meaning = {}, .steps = {}};
    if (browses_selection(name)) {
      browse_selection(name, &part);
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
        explain_alias(&part);
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

  // Below a selection, whose rows are stored: their number is not known here.
  bool is_unknown() const { return files().order && !files().order->name().selection.empty(); }

  // Which directories neurons/ has depends on that number.
  bool browses_selection(std::string_view name) const {
    if (node_.kind != Node::Kind::kBucket || !is_unknown()) return false;
    const auto file = parse_file_name(name);
    if (file) return node_.depth > 0 && parse_number(file->stem, files().order->size());
    if (node_.depth == 0) return parse_number(name, 1000).has_value();
    return node_.depth == 1 && name.size() == 3 && is_digits(name);
  }

  void browse_selection(std::string_view name, NamePart* part) {
    const bool is_file = parse_file_name(name).has_value();
    part->ok = true;
    part->kind = is_file ? "neuron" : "bucket";
    part->meaning =
        "not checked: where the files of neurons/ are depends on how long the selection is; "
        "neurons/NUMBER.npy finds each";
    ++node_.depth;
    if (is_file) node_ = {.kind = Node::Kind::kWhole};
  }

  // As explain_node(), without sizes.
  static void explain_unknown(const Node& node, NamePart* part) {
    const std::string number = part->name.substr(0, part->name.rfind('.'));
    switch (node.kind) {
      case Node::Kind::kWhole:
        part->kind = "field";
        part->meaning = "all neurons of the selection" + view_text(node.view);
        break;
      case Node::Kind::kNeuron:
        part->kind = "neuron";
        part->meaning = "the neuron in row " + number + " of the selection, where it has so many" +
                        view_text(node.view);
        break;
      case Node::Kind::kBucket:
        part->kind = "neurons";
        part->meaning = "a file for each row of the selection, found by number";
        break;
      default:
        part->kind = "regions";
        part->meaning = "any slice of the selection, found by name; it has no named regions";
    }
  }

  void explain_node(const Node& node, NamePart* part) const {
    const std::string_view name = part->name;
    if (is_unknown() && node.kind != Node::Kind::kControl) return explain_unknown(node, part);
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
    if (layout.ok() && is_unknown()) {
      part->meaning =
          "a slice of the selection, where it has so many rows" + view_text(target.view);
      return;
    }
    part->meaning = layout.ok() ? "the slice [" + to_string(target.region, files().shape) +
                                      "] of the field, " + array_text(shape, files().dtype()) +
                                      view_text(target.view)
                                : layout.status().message();
  }

  void explain_alias(NamePart* part) const {
    part->ok = files().order == nullptr || files().order->keeps_shape();
    part->kind = part->ok ? "named region" : "";
    part->meaning = part->ok
                        ? "a symbolic link, where `neurofs region` has made one of this name"
                        : "named regions are of the field's shape, which this order does not keep";
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
      return show(files().lens, unknown_selection(*name, spec_));
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
