// fuse_handlers: libfuse's low-level operations, each a thin call of FileSystem. Private to the adapter.
//
// Purpose: what fuse_adapter.cc puts into its table; fuse_names.cc, fuse_reads.cc and fuse_controls.cc define them.
// Thread-safety: handlers run on any of libfuse's workers. Ownership: a request is replied to once, by its handler or
// by what the handler has handed it to. Errors: replied as to_errno() says.
#pragma once

#define FUSE_USE_VERSION FUSE_MAKE_VERSION(3, 12)
#include <fuse_lowlevel.h>

#include "fs/cold_reads.h"
#include "fs/errno_table.h"
#include "fs/fuse_adapter.h"

namespace neurofs::fuse {

inline FuseAdapter& adapter_of(fuse_req_t req) {
  return *static_cast<FuseAdapter*>(fuse_req_userdata(req));
}

inline NodeId node_id(fuse_ino_t ino) {
  return NodeId(ino);
}

inline void reply_status(fuse_req_t req, const Status& status) {
  fuse_reply_err(req, to_errno(status));
}

// fuse_names.cc: names, attributes, listings.
void lookup(fuse_req_t req, fuse_ino_t parent, const char* name);
void forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups);
void forget_multi(fuse_req_t req, size_t count, fuse_forget_data* forgets);
void getattr(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info);
void readlink(fuse_req_t req, fuse_ino_t ino);
void readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* info);
void readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* info);
void getxattr(fuse_req_t req, fuse_ino_t ino, const char* name, size_t size);
void listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void statfs(fuse_req_t req, fuse_ino_t ino);

// fuse_reads.cc: opening and reading.
void open(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info);
void flush(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info);
void opendir(fuse_req_t req, fuse_ino_t ino, fuse_file_info* info);
void read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, fuse_file_info* info);
void reply_cold(fuse_req_t req, const Status& status, const ColdReads::Data& data);

// fuse_controls.cc: neurofs_gpu.h and neurofs_control.h.
void ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void* argument, fuse_file_info* info,
           unsigned flags, const void* in, size_t in_size, size_t out_size);

}  // namespace neurofs::fuse
