// neurofs: one program with subcommands. Exit status: 0 done, 1 failed, 2 used wrongly.

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "mount-tools/commands.h"
#include "mount-tools/parse_errors.h"
#include "mount-tools/report.h"
#include "mount-tools/text.h"

int main(int argc, char** argv) {
  using namespace neurofs::tools;
  int exit_code = kExitOk;
  report_warnings();
  try {
    const auto app = make_app(exit_code);
    if (argc == 1) {
      std::cerr << app->help();
      return kExitUsage;
    }
    try {
      app->parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      return report_parse_error(*app, e);
    }
  } catch (const std::exception& e) {
    std::cerr << "neurofs: " << printable(e.what()) << "\n";
    return kExitFailed;
  }
  return exit_code;
}
