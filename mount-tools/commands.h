// The subcommands of `neurofs`: each cmd_*.cc adds its own to the command line.
//
// Purpose: main.cc and the generator of the manual page and completion share one tree, so that
// --help, the manual and completion agree. An add_ function declares options; the subcommand runs
// during App::parse and leaves its exit code. Thread-safety: main thread only.
// Ownership: the App owns the subcommands; `exit_code` must outlive the App's parse.
#pragma once

#include <memory>

namespace CLI {
class App;
}  // namespace CLI

namespace neurofs::tools {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

void add_create(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_write(CLI::App& app, int& exit_code);
void add_info(CLI::App& app, int& exit_code);
void add_region(CLI::App& app, int& exit_code);
void add_selection(CLI::App& app, int& exit_code);
void add_mount(CLI::App& app, int& exit_code);
void add_umount(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_stats(CLI::App& app, int& exit_code);
void add_prefetch(CLI::App& app, int& exit_code);
void add_refresh(CLI::App& app, int& exit_code);
void add_cache(CLI::App& app, int& exit_code);
void add_replay(CLI::App& app, int& exit_code);
void add_plugins(CLI::App& app, int& exit_code);
void add_explain_name(CLI::App& app, int& exit_code);

// The whole tree.
std::unique_ptr<CLI::App> make_app(int& exit_code);

}  // namespace neurofs::tools
