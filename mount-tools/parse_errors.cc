#include "mount-tools/parse_errors.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "mount-tools/commands.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

// Letters to insert, remove or change (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

// "; did you mean create?", or nothing when no known word is close.
std::string suggestion(const std::string& word, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  size_t least = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const size_t far = candidate.starts_with(word) ? 1 : distance(word, candidate);
    if (far >= least || far >= candidate.size()) continue;
    least = far;
    best = &candidate;
  }
  return best == nullptr ? "" : fmt::format("; did you mean {}?", *best);
}

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> commands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// The word that `command` did not know; options before others, since the value of an unknown option
// is a word too many as well. Empty when every word was known.
std::string unknown_word(const CLI::App& command) {
  std::vector<std::string> words = command.remaining();
  std::erase(words, "--");
  if (words.empty()) return "";
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-';
  });
  const std::string word = option == words.end() ? words.front() : *option;
  return word.front() == '-' ? word.substr(0, word.find('=')) : word;
}

// mount(8) has `neurofs SOURCE DIR -o rw,remount` run for a mount that shows as fuse.neurofs.
bool is_remount(const CLI::App& command) {
  const std::vector<std::string> words = command.remaining();
  return command.get_parent() == nullptr &&
         std::any_of(words.begin(), words.end(), [](const std::string& word) {
           return ("," + word + ",").find(",remount,") != std::string::npos;
         });
}

std::string explain(const CLI::App& command, const CLI::ParseError& error) {
  const std::string word = unknown_word(command);
  const bool about_words = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
                           dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (word.empty() || !about_words) return error.what();
  if (is_remount(command)) {
    return "remount is not supported; unmount, then mount with new options";
  }
  if (word.front() == '-') {
    return fmt::format("unknown option '{}'{}", word, suggestion(word, options_of(command)));
  }
  const std::vector<std::string> commands = commands_of(command);
  if (commands.empty()) return fmt::format("'{}' is one word too many", word);
  return fmt::format("unknown command '{}'{}", word, suggestion(word, commands));
}

}  // namespace

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const CLI::App* command = &app;
  std::string name = "neurofs";
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    name += " " + command->get_name();
  }
  fmt::print(stderr, "{}: {}\nsee: {} --help\n", name, printable(explain(*command, error)), name);
  return kExitUsage;
}

}  // namespace neurofs::tools
