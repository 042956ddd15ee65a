// The calls of neurofs_gpu.h and neurofs_control.h: their structs to and from the kernel.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "fs/control_calls.h"
#include "fs/fuse_handlers.h"

namespace neurofs::fuse {
namespace {

// On a thread of its own; `work` fills the struct in and says how it ended.
template <typename Struct>
void control_ioctl(fuse_req_t req, const Struct& request,
                   const std::function<Status(Struct*)>& work) {
  ControlRequests& control = adapter_of(req).control_requests;
  const auto answer = std::make_shared<Struct>(request);
  control.expect(req);
  fuse_req_interrupt_func(
      req,
      [](fuse_req_t interrupted, void* requests) {
        static_cast<ControlRequests*>(requests)->interrupt(interrupted);
      },
      &control);
  const bool begun = control.submit(
      req, [answer, work] { return work(answer.get()); },
      [req, answer](const Status& outcome) {
        fuse_reply_ioctl(req, -to_errno(outcome), answer.get(), sizeof(Struct));
      });
  if (!begun) fuse_reply_err(req, EAGAIN);
}

}  // namespace

// The kernel copies the structs whose sizes the calls' numbers carry (restricted ioctls), and an answer
// also beside an error.
void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void*, fuse_file_info*, unsigned,
           const void* in, size_t in_size, size_t out_size) {
  GpuExports& exports = adapter_of(req).gpu_exports;
  const pid_t caller = fuse_req_ctx(req)->pid;
  if (command == NEUROFS_IOC_GPU_EXPORT && in_size == sizeof(neurofs_gpu_export) &&
      out_size == in_size) {
    neurofs_gpu_export request;
    std::memcpy(&request, in, sizeof request);
    const int error = exports.export_file(node_id(ino), caller, &request);
    fuse_reply_ioctl(req, -error, &request, sizeof request);
    return;
  }
  if (command == NEUROFS_IOC_GPU_RELEASE && in_size == sizeof(neurofs_gpu_release)) {
    neurofs_gpu_release request;
    std::memcpy(&request, in, sizeof request);
    fuse_reply_ioctl(req, -exports.release(caller, request), nullptr, 0);
    return;
  }
  if (command == NEUROFS_IOC_PREFETCH && in_size == sizeof(neurofs_prefetch) &&
      out_size == in_size) {
    neurofs_prefetch request;
    std::memcpy(&request, in, sizeof request);
    FileSystem& fs = adapter_of(req).fs;
    return control_ioctl<neurofs_prefetch>(req, request, [&fs, ino](neurofs_prefetch* r) {
      return serve_prefetch(fs, node_id(ino), r);
    });
  }
  if (command == NEUROFS_IOC_REFRESH && out_size == sizeof(neurofs_refresh)) {
    const uid_t user = fuse_req_ctx(req)->uid;
    if (user != 0 && user != getuid()) return void(fuse_reply_err(req, EPERM));
    FuseAdapter& adapter = adapter_of(req);
    return control_ioctl<neurofs_refresh>(req, {}, [&adapter](neurofs_refresh* r) {
      return serve_refresh(adapter.fs, adapter.kernel_cache, r);
    });
  }
  fuse_reply_err(req, ENOTTY);
}

}  // namespace neurofs::fuse
