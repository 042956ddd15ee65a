// The launchers of the CUDA kernels: what the host code of the plugin calls.
//
// Purpose: kernels.h's argument blocks after the host has prepared them: row addresses counted, their
// common alignment known, box axes merged. One launcher per kernel file; each queues on `stream` and
// returns the launch's error. Thread-safety: as the runtime's; the device is current.
// Ownership: row lists and box tables are memory that the GPU can read (pinned host memory for rows,
// device memory for boxes), alive until the stream has passed the launch. Units: bytes for addresses,
// strides and alignment, elements for counts.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <span>

#include "core/device/reduce_math.h"
#include "core/lens/lens_program.h"

namespace neurofs::cuda {

inline constexpr int kMaxAxes = 32;  // kMaxRank
inline constexpr int kQuad = 4;      // elements that a thread transforms at once
// Row addresses that travel as kernel parameters: about 8 KiB. CUDA before 12.1 passes 4 KiB at most.
#if CUDART_VERSION >= 12010
inline constexpr size_t kInlineRows = 1000;
#else
inline constexpr size_t kInlineRows = 480;
#endif

// The addresses of rows: a list, or base + i * stride when `list` is null.
struct RowList {
  const uint64_t* list = nullptr;
  uint64_t base = 0;
  uint64_t stride = 0;  // modulo 2^64: may stand for a negative one
};

struct RowsLaunch {
  RowList rows;
  uint64_t count = 0;
  uint64_t row_elements = 0;
  LensProgram lens;
  uint64_t out = 0;
  uint64_t address_bits = 0;  // all row addresses or-ed
  int multiprocessors = 1;
};

// The identity lens, rows as parameters; at most kInlineRows.
cudaError_t launch_copy_rows(const RowsLaunch& rows, std::span<const uint64_t> addresses,
                             cudaStream_t stream);
cudaError_t launch_copy_rows(const RowsLaunch& rows, cudaStream_t stream);
cudaError_t launch_lens_rows(const RowsLaunch& rows, cudaStream_t stream);

// A box after merging: runs of `run` elements each; the outer axes' sizes are in a table. A run of more
// than kRunPart elements counts as several rows.
inline constexpr uint64_t kRunPart = 1024;
struct BoxEntry {
  uint64_t from = 0;  // addresses
  uint64_t to = 0;
  uint64_t first_row = 0;  // rows of all boxes before
  uint64_t run = 0;
};
struct BoxesLaunch {
  const BoxEntry* boxes = nullptr;
  const int64_t* shapes = nullptr;  // `outer` for each box, the slowest axis first
  uint64_t count = 0;
  uint64_t rows = 0;     // of all boxes
  uint64_t max_run = 0;  // of any box
  int outer = 0;         // axes but the innermost
  int64_t from_strides[kMaxAxes] = {};
  int64_t to_strides[kMaxAxes] = {};
  int64_t from_step = 0;  // strides of the innermost axis
  int64_t to_step = 0;
  uint32_t item = 0;     // identity: bytes moved at once, 1, 2, 4, 8 or 16
  bool aligned = false;  // every address is a multiple of its item
  LensProgram lens;
  int multiprocessors = 1;
};
cudaError_t launch_gather_boxes(const BoxesLaunch& boxes, cudaStream_t stream);

struct ReduceLaunch {
  RowList rows;
  uint64_t count = 0;
  uint64_t row_elements = 0;
  uint64_t address_bits = 0;
  LensProgram lens;
  double* partial = nullptr;  // tiles * row_elements minima, then as many maxima, then sums
  uint64_t counts = 0;        // zeroed, or what the histogram goes on from
  uint32_t bins = 0;
  double lo = 0;
  double hi = 0;
};
cudaError_t launch_reduce_tiles(const ReduceLaunch& reduce, cudaStream_t stream);

struct CombineLaunch {
  const double* partial = nullptr;
  uint64_t tiles = 0;
  uint64_t row_elements = 0;
  uint64_t min = 0;
  uint64_t max = 0;
  uint64_t sum = 0;
  bool go_on = false;
};
cudaError_t launch_combine_tiles(const CombineLaunch& combine, cudaStream_t stream);

// As DecodeBlock.
struct DecodeLaunch {
  uint64_t from = 0;
  uint64_t to = 0;
  uint64_t elements = 0;
  uint32_t item = 0;
  bool unshuffle = false;
  uint32_t swap_unit = 1;
  int multiprocessors = 1;
};
cudaError_t launch_decode(const DecodeLaunch& block, cudaStream_t stream);

// An error where this build has no code for the current device.
cudaError_t check_kernel_image();

}  // namespace neurofs::cuda
