// RadosLibrary: the functions of librados' C interface that are used, from the library as it is installed.
//
// Loaded on first use, so that a program that opens no rados:// store does not pay for librados (9 ms at every
// start) and runs where it is not installed. Thread-safety: immutable once loaded. It stays loaded.
// Source: rados/librados.h of Ceph 16 (pacific); the interface is stable since.
#pragma once

#include <rados/librados.h>

#include "core/base/result.h"

namespace neurofs {

struct RadosLibrary {
#define NEUROFS_RADOS_FUNCTIONS(X)  \
  X(create2)                        \
  X(conf_read_file)                 \
  X(conf_parse_env)                 \
  X(conf_set)                       \
  X(connect)                        \
  X(cluster_fsid)                   \
  X(shutdown)                       \
  X(ioctx_create)                   \
  X(ioctx_destroy)                  \
  X(ioctx_set_namespace)            \
  X(ioctx_get_id)                   \
  X(ioctx_pool_requires_alignment2) \
  X(aio_create_completion2)         \
  X(aio_release)                    \
  X(aio_get_return_value)           \
  X(aio_get_version)                \
  X(aio_cancel)                     \
  X(create_read_op)                 \
  X(release_read_op)                \
  X(read_op_assert_version)         \
  X(read_op_stat)                   \
  X(read_op_read)                   \
  X(aio_read_op_operate)            \
  X(aio_write_full)                 \
  X(aio_remove)                     \
  X(nobjects_list_open)             \
  X(nobjects_list_next2)            \
  X(nobjects_list_close)
// Names of members cannot stand in parentheses. NOLINTNEXTLINE(bugprone-macro-parentheses)
#define NEUROFS_RADOS_MEMBER(name) decltype(&::rados_##name) name = nullptr;
  NEUROFS_RADOS_FUNCTIONS(NEUROFS_RADOS_MEMBER)
#undef NEUROFS_RADOS_MEMBER

  // kUnsupported, with what to install, where it is not there.
  static Result<const RadosLibrary*> load();
};

}  // namespace neurofs
