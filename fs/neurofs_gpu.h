/* neurofs_gpu.h: map a mounted NeuroFS file in GPU memory, from another process and without a copy.
 *
 * Purpose: an open field.npy, region file or neuron file of a mount that has a GPU tier is asked for its
 * elements in GPU memory. The answer names memory that the caller maps itself: for CUDA with
 * cudaIpcOpenMemHandle(), and adds `offset` to what that returns. The elements are those of the file at that
 * moment, in C order, after the path's lens; a later change of the field does not reach them.
 *
 * Ownership: the memory stays until NEUROFS_IOC_GPU_RELEASE with the lease's number, until the process
 * that asked has ended, or until the file system is unmounted, whichever comes first. Unmap it before. A
 * child of fork() holds no lease of its own. Closing the file ends nothing.
 * Access: whoever may open the file for reading may ask.
 * Thread-safety: any thread. Language: C11 and later, C++.
 * Errors: -1 and errno, with the reason as text in `error`:
 *   ENOTTY     not a file of elements of a NeuroFS mount, or a NeuroFS that does not know the call
 *   ENODEV     the mount has no GPU, or it was lost: mount with --gpu-mem, see .neurofs/status.json
 *   ENOMEM     the GPU memory that is set aside for this (an eighth of --gpu-mem) is full or too small:
 *              release a lease, ask for fewer rows, or raise it
 *   EINVAL     a version, GPU or rows that there are not; no rows at all; a lease that is not this process's
 *   others     as read() of the same file
 */
#ifndef NEUROFS_GPU_H
#define NEUROFS_GPU_H

#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NEUROFS_GPU_VERSION 1u
#define NEUROFS_GPU_MAX_RANK 32

#define NEUROFS_GPU_KIND_CUDA 1u /* handle: cudaIpcMemHandle_t */
#define NEUROFS_GPU_KIND_SIM 2u  /* handle: the simulation's own, for tests */

struct neurofs_gpu_export {
  /* Set these before the call; all else 0. */
  uint32_t version;   /* NEUROFS_GPU_VERSION */
  int32_t gpu;        /* as nvidia-smi counts; -1 for any. After the call: where the memory is */
  uint64_t first_row; /* rows are along the first axis of the file's array */
  uint64_t row_count; /* 0: all rows from first_row on */

  /* Set by the call. */
  uint64_t lease;                      /* for NEUROFS_IOC_GPU_RELEASE; never 0 */
  uint64_t offset;                     /* bytes from what the handle maps to the first element */
  uint64_t size;                       /* bytes of all elements */
  int64_t shape[NEUROFS_GPU_MAX_RANK]; /* of what was asked for; `rank` of them */
  uint32_t rank;
  uint32_t kind;        /* NEUROFS_GPU_KIND_... */
  uint32_t handle_size; /* bytes of `handle` that count */
  unsigned char handle[64];
  char dtype[32];  /* Zarr's name, "float32", with a final 0 */
  char error[508]; /* why it failed, with a final 0; "" after success */
};

struct neurofs_gpu_release {
  uint64_t lease;
};

#define NEUROFS_IOC_GPU_EXPORT _IOWR('n', 1, struct neurofs_gpu_export)
#define NEUROFS_IOC_GPU_RELEASE _IOW('n', 2, struct neurofs_gpu_release)

/* Rows [first, first + count) along the first axis, on any GPU; `count` 0: all from `first` on.
 * 0, or -1 with errno and request->error. */
static inline int neurofs_gpu_map_rows(int fd, uint64_t first, uint64_t count,
                                       struct neurofs_gpu_export* request) {
  memset(request, 0, sizeof *request);
  request->version = NEUROFS_GPU_VERSION;
  request->gpu = -1;
  request->first_row = first;
  request->row_count = count;
  return ioctl(fd, NEUROFS_IOC_GPU_EXPORT, request);
}

/* The whole file. */
static inline int neurofs_gpu_map(int fd, struct neurofs_gpu_export* request) {
  return neurofs_gpu_map_rows(fd, 0, 0, request);
}

static inline int neurofs_gpu_unmap(int fd, uint64_t lease) {
  struct neurofs_gpu_release request;
  request.lease = lease;
  return ioctl(fd, NEUROFS_IOC_GPU_RELEASE, &request);
}

#ifdef __cplusplus
}
#endif

#endif
