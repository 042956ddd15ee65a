// GpuExports: the daemon's side of neurofs_gpu.h: files in GPU memory for other processes, on request.
//
// Purpose: fills in the struct of an ioctl, and keeps what it names until its process releases it or ends
// (ProcessLeases). Thread-safety: every method from any thread. Ownership: borrows the file system; the
// destructor frees all leases. Units: bytes; rows are along the first axis of the file's array.
// Bounds: kMostLeases, and the engine's part of the GPU budget for such memory.
// Errors: an errno as neurofs_gpu.h lists them, 0 for success; the reason is in the struct and in the log.
#pragma once

#include <sys/types.h>

#include <memory>
#include <mutex>

#include "fs/file_system.h"
#include "fs/neurofs_gpu.h"
#include "fs/process_leases.h"

namespace neurofs {

class GpuExports {
 public:
  static constexpr size_t kMostLeases = 4096;

  explicit GpuExports(const FileSystem& files) : files_(files) {}

  // For the process of thread `caller`.
  int export_file(NodeId id, pid_t caller, neurofs_gpu_export* request);
  int release(pid_t caller, const neurofs_gpu_release& request);

 private:
  Result<ProcessLeases*> leases();
  Status fill(NodeId id, pid_t caller, neurofs_gpu_export* request);

  const FileSystem& files_;
  std::mutex mutex_;
  std::unique_ptr<ProcessLeases> leases_;  // guarded by mutex_; made for the first one
};

}  // namespace neurofs
