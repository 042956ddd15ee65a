#include "fs/gpu_exports.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/log.h"
#include "fs/errno_table.h"

namespace neurofs {
namespace {

static_assert(NEUROFS_GPU_MAX_RANK == kMaxRank);

int errno_of(const Status& status) {
  switch (status.code()) {
    case Code::kUnsupported:
      return ENODEV;
    case Code::kNotFound:
      return ENOTTY;
    default:
      return to_errno(status);
  }
}

template <size_t kSize>
void put_text(char (&to)[kSize], std::string_view text) {
  const size_t length = std::min(text.size(), kSize - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

// What was asked, in an answer that is otherwise empty: nothing of the caller's comes back by mistake.
neurofs_gpu_export answer_to(const neurofs_gpu_export& request) {
  neurofs_gpu_export answer{};
  answer.version = request.version;
  answer.gpu = request.gpu;
  answer.first_row = request.first_row;
  answer.row_count = request.row_count;
  return answer;
}

}  // namespace

Result<ProcessLeases*> GpuExports::leases() {
  const std::lock_guard lock(mutex_);
  if (!leases_) {
    NF_ASSIGN(leases_, ProcessLeases::make(kMostLeases));
  }
  return leases_.get();
}

Status GpuExports::fill(NodeId id, pid_t caller, neurofs_gpu_export* request) {
  if (request->version != NEUROFS_GPU_VERSION) {
    return invalid_argument("version " + std::to_string(request->version) +
                            " of neurofs_gpu.h; this is " + std::to_string(NEUROFS_GPU_VERSION));
  }
  NF_ASSIGN(ProcessLeases * held, leases());
  NF_ASSIGN(DeviceLease lease,
            files_.lease_on_gpu(id, {request->first_row, request->row_count}, request->gpu));
  const DeviceTensor& tensor = lease.tensor();
  if (tensor.handle.handle.size() > sizeof request->handle) {
    return unsupported("the device's handle does not fit the answer");
  }
  request->kind =
      files_.gpu_is_simulated(tensor.gpu) ? NEUROFS_GPU_KIND_SIM : NEUROFS_GPU_KIND_CUDA;
  request->gpu = tensor.gpu;
  request->offset = tensor.handle.offset;
  request->size = tensor.size;
  request->rank = static_cast<uint32_t>(tensor.shape.size());
  std::copy(tensor.shape.begin(), tensor.shape.end(), request->shape);
  request->handle_size = static_cast<uint32_t>(tensor.handle.handle.size());
  std::memcpy(request->handle, tensor.handle.handle.data(), tensor.handle.handle.size());
  put_text(request->dtype, zarr_name(tensor.dtype));
  NF_ASSIGN(request->lease, held->add(caller, std::make_shared<DeviceLease>(std::move(lease))));
  return {};
}

int GpuExports::export_file(NodeId id, pid_t caller, neurofs_gpu_export* request) {
  neurofs_gpu_export answer = answer_to(*request);
  const Status status = fill(id, caller, &answer);
  if (!status.ok()) {
    answer = answer_to(*request);
    put_text(answer.error, status.message());
    log_error("a file was asked for in GPU memory: " + status.message());
  }
  *request = answer;
  return status.ok() ? 0 : errno_of(status);
}

int GpuExports::release(pid_t caller, const neurofs_gpu_release& request) {
  const auto held = leases();
  if (!held.ok()) return errno_of(held.status());
  const Status status = (*held)->release(caller, request.lease);
  return status.ok() ? 0 : errno_of(status);
}

}  // namespace neurofs
