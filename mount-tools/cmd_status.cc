// neurofs status: what is mounted, and whether its daemon answers.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>

#include "mount-tools/commands.h"
#include "mount-tools/mount_table.h"
#include "mount-tools/text.h"

namespace neurofs::tools {
namespace {

using nlohmann::json;

json describe(const MountEntry& mount) {
  json row{{"directory", mount.directory}, {"source", mount.source}};
  const auto document = read_control_file(mount.directory, "status.json");
  if (!document.ok()) {
    row["state"] = is_dead_mount(mount.directory)                  ? "dead"
                   : document.status().code() == Code::kPermission ? "private"
                                                                   : "silent";
    row["error"] = document.status().message();
    return row;
  }
  row["state"] = "ok";
  row["status"] = *document;
  return row;
}

std::string uptime(const json& status) {
  const int64_t since = status.value("mounted_at", int64_t{0});
  if (since <= 0) return "-";
  return format_seconds(static_cast<double>(std::max<int64_t>(0, std::time(nullptr) - since)));
}

std::string directory_of(const json& row) {
  return printable(row["directory"].get<std::string>());
}

void print_row(const json& row, size_t width) {
  const json status = row.value("status", json::object());
  const bool ok = row["state"] == "ok";
  const std::string pid = ok ? std::to_string(status.value("pid", 0)) : "-";
  fmt::print("{:<{}} {:<8} {:>8} {:>14}  {}\n", directory_of(row), width,
             ok ? "ok" : row["state"].get<std::string>(), pid, ok ? uptime(status) : "-",
             printable(row["source"].get<std::string>()));
  if (!ok) fmt::print("  {}\n", printable(row["error"].get<std::string>()));
}

int run(bool as_json) {
  json rows = json::array();
  for (const MountEntry& mount : neurofs_mounts()) rows.push_back(describe(mount));
  if (as_json) {
    fmt::print("{}\n", json_text(rows));
    return kExitOk;
  }
  if (rows.empty()) {
    fmt::print("nothing is mounted\n");
    return kExitOk;
  }
  size_t width = 28;
  for (const json& row : rows) width = std::max(width, directory_of(row).size());
  fmt::print("{:<{}} {:<8} {:>8} {:>14}  {}\n", "DIRECTORY", width, "STATE", "PID", "UP", "SOURCE");
  for (const json& row : rows) print_row(row, width);
  return kExitOk;
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("status", "Show what is mounted");
  command->add_flag("--json", *as_json, "Print as JSON");
  command->callback([as_json, &exit_code] { exit_code = run(*as_json); });
}

}  // namespace neurofs::tools
