// describe_cli man|completion: the manual page neurofs.1 or the bash completion, from the same tree
// of commands that the program parses, so that they cannot disagree with --help.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "mount-tools/commands.h"

namespace neurofs::tools {
namespace {

// roff reads a leading dot or quote and every backslash; a bare '-' may become a hyphen.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out.starts_with('.') || out.starts_with('\'') ? "\\&" + out : out;
}

std::string option_names(const CLI::Option& option) {
  std::string names = option.get_name(false, true);
  for (size_t at = 0; (at = names.find(',', at)) != std::string::npos; at += 2) {
    names.replace(at, 1, ", ");
  }
  return names;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

void print_option(const CLI::Option& option) {
  fmt::print(".TP\n\\fB{}\\fR", roff(option_names(option)));
  if (takes_value(option) && option.nonpositional()) fmt::print(" \\fI{}\\fR", "VALUE");
  const std::string fallback = option.get_default_str();
  fmt::print("\n{}{}\n", roff(option.get_description()),
             fallback.empty() ? "" : roff(" (default: " + fallback + ")"));
}

std::string synopsis(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->nonpositional()) continue;
    const std::string name = option->get_name(true, false);
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text;
}

void print_command(const CLI::App& command, const std::string& prefix) {
  const std::string name = prefix + command.get_name();
  fmt::print(".SS \"{}{} [options]\"\n{}.\n", roff(name), roff(synopsis(command)),
             roff(command.get_description()));
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_name() != "--help" && option->get_name() != "-h,--help") print_option(*option);
  }
  for (const CLI::App* inner : command.get_subcommands({})) print_command(*inner, name + " ");
  if (!command.get_footer().empty()) fmt::print(".PP\n{}\n", roff(command.get_footer()));
}

void print_man(const CLI::App& app) {
  fmt::print(".TH NEUROFS 1 \"\" \"neurofs {}\" \"NeuroFS\"\n.SH NAME\nneurofs \\- {}\n",
             NEUROFS_VERSION, "mount an array; every neuron is a file");
  fmt::print(".SH SYNOPSIS\n.B neurofs\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n{}\n",
             roff(app.get_footer()));
  fmt::print(".SH COMMANDS\n");
  for (const CLI::App* command : app.get_subcommands({})) print_command(*command, "");
  fmt::print(
      ".SH EXIT STATUS\n0: done. 1: failed, the reason is on standard error. 2: used wrongly.\n"
      ".SH FILES\n.TP\n.I DIR/.neurofs/\nfield.json, stats.json, metrics, status.json and errors "
      "of a mount.\n.SH SEE ALSO\n.BR mount.neurofs (8),\n.BR fusermount3 (1),\n.BR fuser (1)\n");
}

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::App* inner : command.get_subcommands({})) words += inner->get_name() + " ";
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  if (!words.empty()) words.pop_back();
  return words;
}

void print_completion(const CLI::App& app) {
  fmt::print(
      "# bash completion for neurofs; made by describe_cli, do not edit\n_neurofs() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} words=\n  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"{}\"\n  else\n"
      "    case ${{COMP_WORDS[1]}} in\n",
      words_of(app));
  for (const CLI::App* command : app.get_subcommands({})) {
    fmt::print("      {}) words=\"{}\" ;;\n", command->get_name(), words_of(*command));
  }
  fmt::print(
      "    esac\n  fi\n"
      "  if [[ $cur == -* || $COMP_CWORD -eq 1 || ${{COMP_WORDS[1]}} == region ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n  fi\n"
      "  [ ${{#COMPREPLY[@]}} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
      "}}\ncomplete -o filenames -F _neurofs neurofs\n");
}

}  // namespace
}  // namespace neurofs::tools

int main(int argc, char** argv) {
  int unused = 0;
  const auto app = neurofs::tools::make_app(unused);
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "man") {
    neurofs::tools::print_man(*app);
  } else if (what == "completion") {
    neurofs::tools::print_completion(*app);
  } else {
    std::cerr << "usage: describe_cli man|completion\n";
    return 2;
  }
  return 0;
}
