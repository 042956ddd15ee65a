// The options of every command that opens a store over a network: how to reach it, who asks, how long.
//
// Purpose: one list for `mount`, `create`, `import`, `write`, `info`, `region` and `explain-name`. Where a
// command names two stores, the options hold for both. Ownership: CLI11 writes into the struct, which must
// outlive the parse. Secrets are never options: they come from the files and variables that are named here.
#pragma once

#include <string_view>

#include "core/storage/remote/remote_options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace neurofs::tools {

// Their heading in --help; the manual describes them once, in a section of their own.
inline constexpr std::string_view kRemoteGroup = "Remote stores";

void add_remote_args(CLI::App& command, RemoteOptions& options);

}  // namespace neurofs::tools
