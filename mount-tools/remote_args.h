// The options of every command that opens a store over a network: how to reach it, who asks, how long.
//
// Purpose: one list for `mount`, `create`, `import`, `write`, `info`, `region` and `explain-name`. Where a
// command names two stores, the options hold for both. Ownership: CLI11 writes into the struct, which must
// outlive the parse. Secrets are never options: they come from the files and variables that are named here.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/storage/remote/remote_options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace neurofs::tools {

// Their heading in --help; the manual describes them once, in a section of their own.
inline constexpr std::string_view kRemoteGroup = "Remote stores";

// What the command does with the stores. Who writes is refused what makes refused data look as never stored, before
// anything is replaced.
enum class StoreUse : uint8_t { kReads, kWrites };

void add_remote_args(CLI::App& command, RemoteOptions& options, StoreUse use = StoreUse::kReads);

}  // namespace neurofs::tools
