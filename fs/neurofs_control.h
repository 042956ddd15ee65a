/* neurofs_control.h: what a mount is asked to do, by ioctl on one of its files.
 *
 * Purpose: `neurofs prefetch` and `neurofs refresh`. No data passes through the caller.
 * PREFETCH, on an open field.npy, neuron or region file: reads ahead from `offset`, for about two seconds or
 *   `length` bytes, whichever ends first. `done` says how far it came; call again from there. 0: at the end.
 *   Whoever may read the file may ask.
 * REFRESH, on any file, such as .neurofs/status.json: reads the metadata of all fields again, forgets which versions of their
 *   objects were seen, and drops what RAM and the kernel have of them. For root and the user of the mount.
 * Thread-safety: any thread. A signal ends the call (EINTR). Language: C11 and later, C++.
 * Errors: -1 and errno, with the reason as text in `text`; ENOTTY where the file is none of those.
 */
#ifndef NEUROFS_CONTROL_H
#define NEUROFS_CONTROL_H

#include <stdint.h>
#include <sys/ioctl.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NEUROFS_PREFETCH_RAM 1u  /* into the mount's memory */
#define NEUROFS_PREFETCH_NVME 2u /* no farther than --cache-dir */

struct neurofs_prefetch {
  uint64_t offset; /* of the file */
  uint64_t length;
  uint32_t tier; /* NEUROFS_PREFETCH_... */
  uint32_t reserved;
  uint64_t done;  /* set by the call: bytes of the file, from offset on */
  char text[472]; /* why it failed, with a final 0; "" after success */
};

struct neurofs_refresh {
  uint32_t fields;  /* set by the call: fields that were read again */
  uint32_t changed; /* of those: whose metadata is another; the mount shows them as they were */
  char text[504];   /* why it failed, or the names of some of the changed ones */
};

#define NEUROFS_IOC_PREFETCH _IOWR('n', 3, struct neurofs_prefetch)
#define NEUROFS_IOC_REFRESH _IOR('n', 4, struct neurofs_refresh)

#ifdef __cplusplus
}
#endif

#endif
