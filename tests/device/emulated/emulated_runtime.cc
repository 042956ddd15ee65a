// The part of the CUDA runtime that the plugin uses, on the host's memory, done at once.
//
// Everything a stream is asked to do is done before the call returns, which is one of the orders that a
// GPU may choose. "Device" memory comes from the host's allocator.
#include <cuda_runtime_api.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace {

constexpr size_t kTotal = size_t{64} << 20;
std::mutex mutex;
std::map<void*, size_t> allocations;
std::map<void*, size_t> pinned;
size_t used = 0;
cudaError_t last_error = cudaSuccess;

cudaError_t fail(cudaError_t error) {
  last_error = error;
  return error;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int id) {
  return id == 0 ? cudaSuccess : fail(cudaErrorInvalidDevice);
}
cudaError_t cudaGetDevice(int* id) {
  *id = 0;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = cudaDeviceProp{};
  std::strcpy(properties->name, "emulated GPU");  // NOLINT: shorter than the array
  properties->major = 9;
  properties->totalGlobalMem = kTotal;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 1;  // one multiprocessor: few blocks, long loops
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t) {
  return "emulated error";
}
const char* cudaGetErrorName(cudaError_t) {
  return "emulated";
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = last_error;
  last_error = cudaSuccess;
  return error;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, const void*) {
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const std::lock_guard lock(mutex);
  *free = kTotal - used;
  *total = kTotal;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** data, size_t size) {
  const std::lock_guard lock(mutex);
  if (size > kTotal - used) return fail(cudaErrorMemoryAllocation);
  if (::posix_memalign(data, 256, size) != 0) return fail(cudaErrorMemoryAllocation);
  allocations[*data] = size;
  used += size;
  return cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  const std::lock_guard lock(mutex);
  const auto it = allocations.find(data);
  if (it == allocations.end()) return fail(cudaErrorInvalidValue);
  used -= it->second;
  allocations.erase(it);
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** data, size_t size, unsigned) {
  return ::posix_memalign(data, 4096, size) == 0 ? cudaSuccess : fail(cudaErrorMemoryAllocation);
}
cudaError_t cudaFreeHost(void* data) {
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaHostRegister(void* data, size_t size, unsigned) {
  const std::lock_guard lock(mutex);
  if (!pinned.emplace(data, size).second) return fail(cudaErrorHostMemoryAlreadyRegistered);
  return cudaSuccess;
}
cudaError_t cudaHostUnregister(void* data) {
  const std::lock_guard lock(mutex);
  return pinned.erase(data) == 1 ? cudaSuccess : fail(cudaErrorHostMemoryNotRegistered);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t size, cudaMemcpyKind, cudaStream_t) {
  std::memmove(to, from, size);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t size, cudaStream_t) {
  std::memset(to, value, size);
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(std::malloc(1));
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::free(stream);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) {
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(std::malloc(1));
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  std::free(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t) {
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) {
  return cudaSuccess;
}

cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t* handle, void* data) {
  std::memset(handle, 0, sizeof *handle);
  std::memcpy(handle, &data, sizeof data);
  return cudaSuccess;
}
// The base of an address: here every address that is asked for is one.
static int address_range(unsigned long long* base, size_t* size, unsigned long long address) {
  *base = address;
  *size = 0;
  return 0;
}
static int current_context(void** context) {
  static int one;
  *context = &one;
  return 0;
}
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned,
                                             unsigned long long, cudaDriverEntryPointQueryResult*) {
  const bool is_range = std::strcmp(name, "cuMemGetAddressRange") == 0;
  *function =
      is_range ? reinterpret_cast<void*>(address_range) : reinterpret_cast<void*>(current_context);
  return cudaSuccess;
}

}  // extern "C"
