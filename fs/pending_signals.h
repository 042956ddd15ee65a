// Whether the thread that waits for a read wants it to end.
//
// Purpose: the kernel says that a request was interrupted for more than signals that end anything: for work
// that io_uring left to the thread, for timers of profilers, for Go's SIGURG, for Ctrl-Z. A read that answered EINTR
// then would fail programs that no signal was meant to stop: reads of files on disks and on NFS end for signals
// that kill alone, and what a file system answers the kernel does not restart, whatever SA_RESTART says. So a read
// ends for signals whose default action kills, where there is no handler; and where there is one, for those by which
// users ask programs to end. A handler for SIGALRM or SIGUSR1 runs when the read is done, as on a disk.
// Thread-safety: any thread. Errors: where the thread cannot be seen, or has gone, it wants nothing any more: true.
// Source: proc(5), SigPnd, ShdPnd, SigBlk, SigIgn and SigCgt of /proc/PID/status; signal(7).
#pragma once

#include <cstdint>
#include <string_view>

namespace neurofs {

// Of a process or thread, as the kernel names it to a file system.
bool has_pending_signal(uint64_t thread_id);

// The same of the text of its status file.
bool status_has_pending_signal(std::string_view status);

}  // namespace neurofs
