#include "fs/field_document.h"

#include <array>
#include <nlohmann/json.hpp>

#include "fs/number_text.h"

namespace neurofs {
namespace {

using nlohmann::json;

constexpr std::string_view kAttributePrefix = "user.neurofs.attr.";

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string joined(const Dims& dims) {
  std::string text;
  for (const Index n : dims) {
    if (!text.empty()) text += ',';
    text += std::to_string(n);
  }
  return text;
}

json list_of(const Dims& dims) {
  return json(std::vector<Index>(dims.begin(), dims.end()));
}

// The fill value as the text view shows it, without padding.
std::string fill_text(const FieldFiles& files) {
  std::array<char, 64> cell{};
  format_element(files.dtype(), files.fill.data(), cell.data());
  const std::string text(cell.data(), text_width(files.dtype()));
  return text.substr(text.find_first_not_of(' '));
}

json fill_json(const FieldFiles& files) {
  const std::string text = fill_text(files);
  json number = json::parse(text, nullptr, false);
  return number.is_discarded() ? json(text) : number;
}

json views_json(const std::vector<LayoutSlot>& slots) {
  json views = json::object();
  const auto& known = all_views();
  for (size_t v = 0; v < slots.size(); ++v) {
    views[std::string(known[v].extension)] = slots[v].layout
                                                 ? json{{"size", slots[v].layout->size()}}
                                                 : json{{"absent", slots[v].status.message()}};
  }
  return views;
}

json shards_json(const FieldSpec& spec) {
  json levels = json::array();
  for (const ShardLevel& level : spec.shards) levels.push_back(list_of(level.shard_shape));
  return levels;
}

// Of the axes that the files have: the one axis of neurons that an order makes of several has no name.
std::vector<std::string> shown_names(const FieldFiles& files) {
  std::vector<std::string> names = files.spec.dimension_names;
  if (names.empty() || files.order == nullptr || files.order->keeps_shape()) return names;
  names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(files.spec.neuron_axes));
  names.insert(names.begin(), "");
  return names;
}

// An attribute's value: strings bare, all else as JSON.
std::string attribute_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : dump(value);
}

// Calls visit(name without prefix, function that makes the value) for each fixed attribute.
template <typename Visit>
void for_each_fixed(const XattrSubject& s, const Visit& visit) {
  const FieldSpec& spec = s.files.spec;
  visit("shape", [&] {
    return joined(s.region != nullptr ? s.region->result_shape()
                  : s.neuron          ? spec.feature_shape()
                                      : s.files.shape);
  });
  visit("field_shape", [&] { return joined(s.files.shape); });
  visit("dtype", [&] { return std::string(zarr_name(s.files.dtype())); });
  if (!s.files.lens.is_identity()) {
    visit("lens", [&] { return s.files.lens.name(); });
    visit("stored_dtype", [&] { return std::string(zarr_name(spec.dtype)); });
  }
  if (s.files.order) {
    visit("order", [&] { return to_string(s.files.order->name()); });
    visit("stored_shape", [&] { return joined(spec.shape); });
  }
  if (const json* activation = find_neurofs_attribute(spec.attributes, "activation")) {
    visit("activation", [&] { return attribute_text(*activation); });
  }
  visit("chunk_shape", [&] { return joined(spec.chunk_shape); });
  if (!spec.shards.empty()) {
    visit("shard_shape", [&] { return joined(spec.shards.front().shard_shape); });
  }
  visit("codecs", [&] { return dump(spec.codecs_json); });
  visit("fill_value", [&] { return fill_text(s.files); });
  visit("format", [&] { return spec.format; });
  visit("neuron_axes", [&] { return std::to_string(s.files.neuron_axes); });
  visit("url", [&] { return std::string(s.url); });
  if (!spec.dimension_names.empty()) {
    visit("dimension_names", [&] { return dump(shown_names(s.files)); });
  }
  if (s.neuron) {
    visit("neuron", [&] { return format_neuron(*s.neuron, s.files.neuron_shape); });
    const auto stored = [&] { return s.files.stored_neuron(*s.neuron); };
    if (s.files.order) {
      visit("stored_neuron", [&] { return format_neuron(stored(), spec.neuron_shape()); });
    }
    if (s.files.field) visit("tier", [&] { return s.files.field->tier_of_neuron(stored()); });
  }
  if (s.region != nullptr) visit("region", [&] { return to_string(*s.region, s.files.shape); });
}

}  // namespace

json field_document(const FieldFiles& files, std::string_view url, std::string_view path) {
  const FieldSpec& spec = files.spec;
  const DataType type = files.dtype();
  const json* activation = find_neurofs_attribute(spec.attributes, "activation");
  json doc = {{"path", path},
              {"url", url},
              {"format", spec.format},
              {"shape", list_of(files.shape)},
              {"dtype", zarr_name(type)},
              {"numpy_dtype", numpy_descr(type)},
              {"stored_dtype", zarr_name(spec.dtype)},
              {"lens", files.lens.name()},
              {"order", files.order ? json(to_string(files.order->name())) : json(nullptr)},
              {"stored_shape", list_of(spec.shape)},
              {"activation", activation != nullptr ? *activation : json(nullptr)},
              {"item_size", item_size(type)},
              {"size", static_cast<uint64_t>(*element_count(files.shape)) * item_size(type)},
              {"chunk_shape", list_of(spec.chunk_shape)},
              {"shard_shapes", shards_json(spec)},
              {"codecs", spec.codecs_json},
              {"fill_value", fill_json(files)},
              {"dimension_names", shown_names(files)},
              {"attributes", spec.attributes},
              {"neuron_axes", files.neuron_axes}};
  doc["files"] = {{"field", views_json(files.whole)}};
  if (files.has_neurons) {
    doc["neurons"] = files.order ? files.order->size() : spec.neuron_count();
    doc["neuron_shape"] = list_of(spec.feature_shape());
    doc["neuron_size"] = files.neuron_size;
    doc["files"]["neuron"] = views_json(files.neuron);
  }
  return doc;
}

std::vector<std::string> xattr_names(const XattrSubject& subject) {
  std::vector<std::string> names;
  for_each_fixed(subject, [&](std::string_view name, const auto&) {
    names.push_back(std::string(kXattrPrefix) + std::string(name));
  });
  size_t total = 0;
  for (const std::string& name : names) total += name.size() + 1;
  for (const auto& [name, value] : subject.files.spec.attributes.items()) {
    std::string full = std::string(kAttributePrefix) + name;
    // The kernel takes names of 255 bytes and lists of 64 KiB; a zero byte would split a name.
    if (name.empty() || full.size() > kMaxXattrName || full.find('\0') != std::string::npos)
      continue;
    total += full.size() + 1;
    if (total > kMaxXattrValue) break;
    names.push_back(std::move(full));
  }
  return names;
}

std::optional<std::string> xattr_value(const XattrSubject& subject, std::string_view name) {
  if (!name.starts_with(kXattrPrefix)) return std::nullopt;
  std::optional<std::string> found;
  if (name.starts_with(kAttributePrefix)) {
    const json& attributes = subject.files.spec.attributes;
    const auto it = attributes.find(std::string(name.substr(kAttributePrefix.size())));
    if (it != attributes.end()) found = attribute_text(*it);
  } else {
    const std::string_view wanted = name.substr(kXattrPrefix.size());
    for_each_fixed(subject, [&](std::string_view candidate, const auto& value) {
      if (candidate == wanted) found = value();
    });
  }
  if (found && found->size() > kMaxXattrValue) return std::nullopt;
  return found;
}

}  // namespace neurofs
