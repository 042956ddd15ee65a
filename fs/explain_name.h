// explain_name: what each part of a path below a field's directory means, or why it is not a name.
//
// Purpose: a mount can only say ENOENT; this says why, for people (`neurofs explain-name`). What is a name
// and what is not is decided by the same Tree and lens parser as in a mount. Pure: no I/O, nothing of
// the field but its description. Thread-safe. Named regions are not looked up: whether one is there, the
// mount knows.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/field/field_spec.h"

namespace neurofs {

struct LensStepText {
  std::string step;     // "scale=0.5"
  std::string meaning;  // the step's line of help
  std::string dtype;    // what comes out of it
};

struct NamePart {
  std::string name;
  std::string kind;     // "lens", "neuron", "region", ...; "" for what is no name
  std::string meaning;  // or why it is no name
  bool ok = false;
  std::vector<LensStepText> steps;  // of a lens, as far as they are ones
};

struct NameExplanation {
  std::vector<NamePart> parts;  // ends with the first that is no name
  bool ok = true;
};

// `path` is relative to the field's directory: "@relu,f16/neurons/7.npy"; "" is the directory itself.
NameExplanation explain_name(const FieldSpec& spec, std::string_view path);

nlohmann::json to_json(const NameExplanation& explanation);

}  // namespace neurofs
