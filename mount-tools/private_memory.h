// What a process that holds credentials does, so that no other user's process gets at them.
//
// No core dumps, no ptrace and no /proc/PID/environ or mem but for root; for the rest of the process's life.
#pragma once

namespace neurofs::tools {

void keep_memory_private();

}  // namespace neurofs::tools
