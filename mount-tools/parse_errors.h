// What is said about a command line that does not parse: which word is wrong, and what was meant.
//
// Thread-safety: main thread only, after App::parse has thrown. Pure apart from the output.
#pragma once

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace neurofs::tools {

// Prints help that was asked for on standard output, and everything else as one line on standard
// error: "neurofs COMMAND: unknown option '--shap'; did you mean --shape?". Returns the exit code.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace neurofs::tools
