#include "core/device/cuda/cuda_stream.h"

#include <algorithm>
#include <cstring>

#include "core/device/kernel_check.h"

namespace neurofs::cuda {
namespace {

// The addresses of one launch fill at most one slot of the ring.
constexpr size_t kPieceRows = UploadRing::kSlotBytes / sizeof(DevicePointer);
static_assert(kPieceRows % kReduceTile == 0, "pieces of a reduction are whole tiles");

void* pointer(DevicePointer address) {
  return reinterpret_cast<void*>(address);
}

}  // namespace

Result<bool> CudaEvent::done() {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  const cudaError_t error = cudaEventQuery(event_);
  if (error == cudaErrorNotReady) return false;
  NF_TRY(shared_->health.check("cudaEventQuery", error));
  return true;
}

Status CudaEvent::wait() {
  // Also when the device is lost, as in CudaStream::wait().
  const CudaEntry entry(shared_->health);
  NF_TRY(shared_->health.check("cudaEventSynchronize", cudaEventSynchronize(event_)));
  return entry.status();
}

CudaStream::~CudaStream() {
  const CudaEntry entry(shared_->health);
  (void)cudaStreamSynchronize(stream_);
  (void)cudaStreamDestroy(stream_);
  (void)cudaGetLastError();
}

Status CudaStream::copy(void* to, const void* from, uint64_t size, cudaMemcpyKind kind) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  if (size == 0) return {};
  return check("cudaMemcpyAsync", cudaMemcpyAsync(to, from, size, kind, stream_));
}

Status CudaStream::copy_to_device(DevicePointer to, const std::byte* host, uint64_t size) {
  return copy(pointer(to), host, size, cudaMemcpyHostToDevice);
}

Status CudaStream::copy_to_host(std::byte* host, DevicePointer from, uint64_t size) {
  return copy(host, pointer(from), size, cudaMemcpyDeviceToHost);
}

Status CudaStream::copy_within(DevicePointer to, DevicePointer from, uint64_t size) {
  return copy(pointer(to), pointer(from), size, cudaMemcpyDeviceToDevice);
}

// Rows at equal distances need no list: most scans and slices are such.
Result<CudaStream::Piece> CudaStream::upload(std::span<const DevicePointer> rows) {
  Piece piece;
  piece.rows.base = rows[0];
  piece.rows.stride = rows.size() > 1 ? rows[1] - rows[0] : 0;
  size_t regular = 0;
  for (; regular < rows.size(); ++regular) {
    if (rows[regular] != rows[0] + regular * piece.rows.stride) break;
  }
  piece.bits = rows[0] | piece.rows.stride;
  if (regular == rows.size()) return piece;
  NF_ASSIGN(std::byte * slot, ring_.take(rows.size_bytes(), shared_->health));
  auto* list = reinterpret_cast<uint64_t*>(slot);
  for (size_t i = 0; i < rows.size(); ++i) {
    list[i] = rows[i];
    piece.bits |= rows[i];
  }
  piece.rows.list = list;
  piece.listed = true;
  return piece;
}

Status CudaStream::gather_piece(const GatherRows& rows, std::span<const DevicePointer> piece,
                                uint64_t out) {
  RowsLaunch launch;
  launch.count = piece.size();
  launch.row_elements = rows.row_elements;
  launch.lens = rows.lens;
  launch.out = out;
  launch.multiprocessors = shared_->multiprocessors;
  if (rows.lens.count == 0 && piece.size() <= kInlineRows) {
    for (const DevicePointer row : piece) launch.address_bits |= row;
    return check("gather rows", launch_copy_rows(launch, piece, stream_));
  }
  NF_ASSIGN(const Piece uploaded, upload(piece));
  launch.rows = uploaded.rows;
  launch.address_bits = uploaded.bits;
  const cudaError_t error =
      rows.lens.count == 0 ? launch_copy_rows(launch, stream_) : launch_lens_rows(launch, stream_);
  NF_TRY(check("gather rows", error));
  return uploaded.listed ? ring_.release(stream_, shared_->health) : Status();
}

Status CudaStream::gather(const GatherRows& rows) {
  NF_TRY(check_kernel(rows));
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  if (rows.row_elements == 0) return {};
  const uint64_t to_bytes = rows.row_elements * item_size(rows.lens.result);
  for (size_t i = 0; i < rows.rows.size(); i += kPieceRows) {
    const auto piece = rows.rows.subspan(i, std::min(kPieceRows, rows.rows.size() - i));
    NF_TRY(gather_piece(rows, piece, rows.out + i * to_bytes));
  }
  return {};
}

Status CudaStream::gather_table(const BoxTable& table) {
  const uint64_t entries = table.entries.size() * sizeof(BoxEntry);
  const uint64_t shapes = table.shapes.size() * sizeof(int64_t);
  NF_TRY(need_scratch(entries + shapes));
  NF_ASSIGN(std::byte * slot, ring_.take(entries + shapes, shared_->health));
  std::memcpy(slot, table.entries.data(), entries);
  if (shapes > 0) std::memcpy(slot + entries, table.shapes.data(), shapes);
  // Searched by every row: too often to be left behind the bus.
  NF_TRY(copy(pointer(scratch_.address()), slot, entries + shapes, cudaMemcpyHostToDevice));
  BoxesLaunch launch = table.launch;
  launch.boxes = static_cast<const BoxEntry*>(pointer(scratch_.address()));
  launch.shapes = static_cast<const int64_t*>(pointer(scratch_.address() + entries));
  launch.multiprocessors = shared_->multiprocessors;
  NF_TRY(check("gather boxes", launch_gather_boxes(launch, stream_)));
  return ring_.release(stream_, shared_->health);
}

Status CudaStream::gather(const GatherBoxes& boxes) {
  NF_TRY(check_kernel(boxes));
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  const size_t one = sizeof(BoxEntry) + boxes.from_strides.size() * sizeof(int64_t);
  const size_t most = UploadRing::kSlotBytes / one;
  for (size_t i = 0; i < boxes.boxes.size(); i += most) {
    GatherBoxes piece = boxes;
    piece.boxes = boxes.boxes.subspan(i, std::min(most, boxes.boxes.size() - i));
    const BoxTable table = make_box_table(piece);
    if (!table.entries.empty()) NF_TRY(gather_table(table));
  }
  return {};
}

Status CudaStream::need_scratch(uint64_t bytes) {
  if (scratch_.size() >= bytes) return {};
  if (scratch_) NF_TRY(check("cudaStreamSynchronize", cudaStreamSynchronize(stream_)));
  scratch_ = DeviceMemory();
  NF_ASSIGN(scratch_, device_->allocate(std::max<uint64_t>(bytes, 1u << 20)));
  return {};
}

Status CudaStream::begin_counts(const ReduceRows& rows) {
  if (rows.bins == 0 || rows.go_on) return {};
  return check("cudaMemsetAsync",
               cudaMemsetAsync(pointer(rows.counts), 0, rows.bins * sizeof(uint64_t), stream_));
}

Status CudaStream::reduce_piece(const ReduceRows& rows, std::span<const DevicePointer> piece,
                                bool go_on) {
  CombineLaunch combine;
  combine.partial = static_cast<double*>(pointer(scratch_.address()));
  combine.tiles = (piece.size() + kReduceTile - 1) / kReduceTile;
  combine.row_elements = rows.row_elements;
  combine.min = rows.min;
  combine.max = rows.max;
  combine.sum = rows.sum;
  combine.go_on = go_on;
  if (!piece.empty()) {
    NF_ASSIGN(const Piece uploaded, upload(piece));
    ReduceLaunch launch;
    launch.rows = uploaded.rows;
    launch.count = piece.size();
    launch.row_elements = rows.row_elements;
    launch.address_bits = uploaded.bits;
    launch.lens = rows.lens;
    launch.partial = static_cast<double*>(pointer(scratch_.address()));
    launch.counts = rows.counts;
    launch.bins = rows.bins;
    launch.lo = rows.lo;
    launch.hi = rows.hi;
    NF_TRY(check("reduce", launch_reduce_tiles(launch, stream_)));
    if (uploaded.listed) NF_TRY(ring_.release(stream_, shared_->health));
  }
  return check("reduce", launch_combine_tiles(combine, stream_));
}

Status CudaStream::reduce(const ReduceRows& rows) {
  constexpr uint64_t kScratch = 16u << 20;
  NF_TRY(check_kernel(rows));
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  NF_TRY(begin_counts(rows));
  if (rows.row_elements == 0) return {};
  const uint64_t tile_bytes = rows.row_elements * sizeof(ReduceCell);
  const uint64_t tiles = std::clamp<uint64_t>(kScratch / tile_bytes, 1, kPieceRows / kReduceTile);
  const uint64_t wanted = (rows.rows.size() + kReduceTile - 1) / kReduceTile;
  NF_TRY(need_scratch(std::max<uint64_t>(std::min(tiles, wanted), 1) * tile_bytes));
  bool go_on = rows.go_on;
  uint64_t at = 0;
  do {
    const uint64_t count = std::min<uint64_t>(tiles * kReduceTile, rows.rows.size() - at);
    NF_TRY(reduce_piece(rows, rows.rows.subspan(at, count), go_on));
    go_on = true;
    at += count;
  } while (at < rows.rows.size());
  return {};
}

Status CudaStream::decode(const DecodeBlock& block) {
  NF_TRY(check_kernel(block));
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  if (block.elements == 0) return {};
  DecodeLaunch launch{block.from,      block.to,        block.elements,          block.item,
                      block.unshuffle, block.swap_unit, shared_->multiprocessors};
  return check("decode", launch_decode(launch, stream_));
}

Status CudaStream::record(DeviceEvent& event) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  return check("cudaEventRecord", cudaEventRecord(static_cast<CudaEvent&>(event).get(), stream_));
}

Status CudaStream::wait_for(DeviceEvent& event) {
  const CudaEntry entry(shared_->health);
  NF_TRY(entry.status());
  return check("cudaStreamWaitEvent",
               cudaStreamWaitEvent(stream_, static_cast<CudaEvent&>(event).get(), 0));
}

Status CudaStream::wait() {
  // Also when the device is lost: after an error that is not the context's, what was queued before goes
  // on, and the caller frees what it uses. On a dead context this just fails.
  const CudaEntry entry(shared_->health);
  NF_TRY(check("cudaStreamSynchronize", cudaStreamSynchronize(stream_)));
  return entry.status();
}

}  // namespace neurofs::cuda
