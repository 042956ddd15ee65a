// Whether the thread that waits for a read wants it to end.
//
// Purpose: the kernel says that a request was interrupted for more than signals that end anything: for work
// that io_uring left to the thread, for timers of profilers, for Go's SIGURG. A read that answered EINTR then
// would fail programs that no signal was meant to stop. Thread-safety: any thread. Errors: where the thread
// cannot be seen, or has gone, it wants nothing any more: true.
// Source: proc(5), SigPnd, ShdPnd, SigBlk and SigIgn of /proc/PID/status.
#pragma once

#include <cstdint>
#include <string_view>

namespace neurofs {

// Of a process or thread, as the kernel names it to a file system.
bool has_pending_signal(uint64_t thread_id);

// The same of the text of its status file.
bool status_has_pending_signal(std::string_view status);

}  // namespace neurofs
