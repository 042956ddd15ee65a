#include "fs/control_calls.h"

#include <new>
#include <string>

#include "core/base/cancellation.h"

namespace neurofs {
namespace {

constexpr int kKernelSeconds = 30;

template <size_t N>
void set_text(char (&text)[N], const std::string& value) {
  text[value.copy(text, N - 1)] = '\0';
}

// The outcome of a call, told in its text.
template <size_t N, typename Call>
Status tell(char (&text)[N], const Call& call) {
  text[0] = '\0';
  Status status;
  try {
    status = call();
  } catch (const std::bad_alloc&) {
    status = no_memory("the system has no memory left; lower --ram");
  }
  if (!status.ok()) set_text(text, status.message());
  return status;
}

std::string joined(const std::vector<std::string>& names, size_t room) {
  std::string text;
  for (const std::string& name : names) {
    if (text.size() + name.size() + 2 >= room) break;
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

// Until the kernel has dropped what changed: its thread may have to wait for requests that wait for us, which
// this one does not hold up.
Status wait_for_kernel(KernelCache& kernel) {
  for (int left = kKernelSeconds; left > 0; --left) {
    if (kernel.wait(std::chrono::seconds(1))) return {};
    const ReadScope* scope = ReadScope::current();
    if (scope != nullptr && scope->cancelled()) {
      return {Code::kInterrupted, "the refresh was ended"};
    }
  }
  return {Code::kTimeout, "the kernel still drops what it had; read again in a while"};
}

}  // namespace

Status serve_prefetch(const FileSystem& fs, NodeId id, neurofs_prefetch* request) {
  request->done = 0;
  return tell(request->text, [&]() -> Status {
    const bool ram = request->tier == NEUROFS_PREFETCH_RAM;
    if (!ram && request->tier != NEUROFS_PREFETCH_NVME) return invalid_argument("no such tier");
    const auto to = ram ? PrefetchTo::kRam : PrefetchTo::kStore;
    NF_ASSIGN(request->done, fs.prefetch(id, {request->offset, request->length}, to));
    return {};
  });
}

Status serve_refresh(FileSystem& fs, KernelCache& kernel, neurofs_refresh* answer) {
  FileSystem::Refreshed refreshed;
  const Status status = tell(answer->text, [&]() -> Status {
    NF_ASSIGN(refreshed, fs.refresh());
    return wait_for_kernel(kernel);
  });
  if (!status.ok()) return status;
  answer->fields = refreshed.fields;
  answer->changed = static_cast<uint32_t>(refreshed.changed.size());
  set_text(answer->text, joined(refreshed.changed, sizeof answer->text));
  return {};
}

}  // namespace neurofs
