// Device: memory and kernels of one GPU, or of its simulation. The seam below the GPU tier.
//
// Purpose: what the tier needs of a GPU and nothing more: memory, pinned host memory, streams that copy
// and compute in order, events, and the kernels of kernels.h. Two plugins: "cuda" (in builds with CUDA)
// and "sim", which does the same arithmetic on ordinary memory, with latency, capacity and faults that a
// test chooses. Everything above is written and tested against this interface alone.
// Thread-safety: Device: every method from any thread. DeviceStream, DeviceEvent: one thread at a time.
// Ownership: DeviceMemory, streams, events and host registrations keep their device alive. What a queued
// operation touches (device or pinned memory) must live until the stream has passed it.
// Units: bytes; seconds nowhere. A DevicePointer is an address in device memory: never dereferenced by
// the host (the simulation gives addresses that look like any other).
// Errors: kNoMemory when device memory is full, which leaves the device usable. Anything else (lost,
// driver reset, fault in a kernel: kIoError) is for good: the device is_lost() and every later call
// fails at once. Queued operations report through DeviceStream::wait() and DeviceEvent, never earlier.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/base/result.h"
#include "core/device/direct_file.h"
#include "core/device/kernels.h"

namespace neurofs {

class Device;

struct DeviceInfo {
  int id = 0;              // among those of its kind, as nvidia-smi counts
  std::string name;        // "NVIDIA H200"
  std::string capability;  // "9.0"; "sim"
  uint64_t total_bytes = 0;
};

// A range of device memory. Movable; freed on destruction.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  DeviceMemory(std::shared_ptr<Device> device, DevicePointer address, uint64_t size)
      : device_(std::move(device)), address_(address), size_(size) {}
  DeviceMemory(DeviceMemory&& other) noexcept { *this = std::move(other); }
  DeviceMemory& operator=(DeviceMemory&& other) noexcept;
  ~DeviceMemory();
  explicit operator bool() const { return device_ != nullptr; }
  DevicePointer address() const { return address_; }
  uint64_t size() const { return size_; }

 private:
  std::shared_ptr<Device> device_;
  DevicePointer address_ = 0;
  uint64_t size_ = 0;
};

// A point in a stream. Reusable: record() again moves it.
class DeviceEvent {
 public:
  virtual ~DeviceEvent() = default;
  // True once everything that was queued before it is done; a Status when that failed.
  virtual Result<bool> done() = 0;
  virtual Status wait() = 0;
};

// Operations in order, run beside the host and other streams.
class DeviceStream {
 public:
  virtual ~DeviceStream() = default;
  // `host` should be pinned; else the copy may wait. All return before the work is done.
  virtual Status copy_to_device(DevicePointer to, const std::byte* host, uint64_t size) = 0;
  virtual Status copy_to_host(std::byte* host, DevicePointer from, uint64_t size) = 0;
  virtual Status copy_within(DevicePointer to, DevicePointer from, uint64_t size) = 0;
  virtual Status gather(const GatherRows& rows) = 0;
  virtual Status gather(const GatherBoxes& boxes) = 0;
  virtual Status reduce(const ReduceRows& rows) = 0;
  virtual Status decode(const DecodeBlock& block) = 0;

  virtual Status record(DeviceEvent& event) = 0;
  // What is queued from here on waits for the event.
  virtual Status wait_for(DeviceEvent& event) = 0;
  // Blocks the caller until all is done.
  virtual Status wait() = 0;
};

// What another process needs to map device memory.
struct DeviceExport {
  std::vector<std::byte> handle;  // cudaIpcMemHandle_t; the simulation's own
  uint64_t offset = 0;            // of the memory within what the handle maps
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  virtual ~Device() = default;
  virtual const DeviceInfo& info() const = 0;
  virtual Result<uint64_t> free_bytes() = 0;
  virtual bool is_lost() const = 0;

  virtual Result<DeviceMemory> allocate(uint64_t bytes) = 0;  // 256-byte aligned at least
  virtual Result<std::unique_ptr<DeviceStream>> make_stream() = 0;
  virtual Result<std::unique_ptr<DeviceEvent>> make_event() = 0;
  // Makes host memory that exists already fit for asynchronous copies. unpin before it is freed.
  virtual Status pin_host(std::byte* host, uint64_t size) = 0;
  virtual void unpin_host(std::byte* host) noexcept = 0;
  // kUnsupported where processes cannot share device memory.
  virtual Result<DeviceExport> export_memory(const DeviceMemory& memory) = 0;

  // How files are read straight into this device's memory, in words; kUnsupported, with the reason, where
  // they cannot be. The first call may load a library that starts threads.
  virtual Result<std::string> direct_way() = 0;
  // `fd`: a regular file open for reading, with O_DIRECT where its file system takes it. kUnsupported
  // where this one cannot be read so.
  virtual Result<std::unique_ptr<DirectFile>> open_direct(int fd) = 0;

 protected:
  friend class DeviceMemory;
  virtual void free(DevicePointer address) noexcept = 0;
};

// The devices of one kind on this machine. Empty, with the reason in `why`, when there are none: no
// driver, no GPU, too old. Never fails.
struct DeviceList {
  std::vector<DeviceInfo> devices;
  std::string why;
};
struct DeviceKind {
  DeviceList (*list)();
  Result<std::shared_ptr<Device>> (*open)(int id);
};
using DeviceRegistry = Registry<DeviceKind>;

}  // namespace neurofs
