// Ctrl-C as something that a long command can ask for between two steps.
//
// Thread-safety: stop_at_signals() from the main thread; interrupted() from any. After it SIGINT and SIGTERM no
// longer end the process, but system calls that wait (EINTR); whoever works has to ask.
#pragma once

namespace neurofs::tools {

void stop_at_signals();
bool interrupted();

}  // namespace neurofs::tools
