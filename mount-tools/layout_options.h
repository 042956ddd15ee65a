// The options that lay out a new field, shared by `create` and `import`.
//
// Ownership: the CLI11 options write into the struct, which must outlive the parse.
// Errors of make_create_options: kInvalidArgument or kUnsupported naming the option.
#pragma once

#include <string>
#include <vector>

#include "core/engine/field_writer.h"

namespace CLI {
class App;
}  // namespace CLI

namespace neurofs::tools {

struct LayoutOptions {
  std::string shape;
  std::string dtype;
  std::string chunks;
  std::string shards;
  std::string codec;
  std::string fill;
  int neuron_axes = -1;
  std::string activation;
  std::vector<std::string> dimension_names;
  std::vector<std::string> attributes;  // KEY=JSON
  bool overwrite = false;
};

// Adds --chunks, --shards, --codec, --fill, --neuron-axes, --activation, --names, --attr, --overwrite.
void add_layout_options(CLI::App& command, LayoutOptions& options);

Result<CreateOptions> make_create_options(const LayoutOptions& options);

}  // namespace neurofs::tools
