// RegionReader::read: a byte range of a region, through the cache, into the caller's buffer.
//
//   cut partial elements off both ends; the rest is a run of elements
//   run -> boxes -> pieces; per piece: if its block is in RAM, copy it through the lens (no lock, no pin);
//   else remember it; when enough are missing, fetch their blocks in one batch and copy

#include <algorithm>
#include <cstring>
#include <new>

#include "core/base/checked.h"
#include "core/cache/epoch.h"
#include "core/engine/ordered_rows.h"
#include "core/engine/region_reader_impl.h"

namespace neurofs {
namespace {

constexpr size_t kMostPending = 1024;                // pieces waiting for one fetch
constexpr Index kLeastForeseen = 64;                 // rows
constexpr uint64_t kMostGroup = uint64_t{16} << 20;  // bytes of blocks fetched at once

std::shared_ptr<const OrderedRegion> in_order(const FieldSpec& spec, const Region& region,
                                              std::shared_ptr<const NeuronOrder> order) {
  if (order == nullptr) return nullptr;
  return std::make_shared<const OrderedRegion>(spec, region, std::move(order));
}

}  // namespace

RegionReader::Impl::Impl(std::shared_ptr<Field> f, const Region& r, const Lens& l,
                         std::shared_ptr<const NeuronOrder> order)
    : field(std::static_pointer_cast<FieldState>(std::move(f))),
      region(r),
      ordered(in_order(field->spec(), region, std::move(order))),
      lens(l),
      plain(l.is_identity()),
      full_shape(r.full_shape()),
      src_strides(source_strides(field->grid(), ordered ? ordered->stored : region)),
      item(item_size(l.result())),
      fill(item) {
  elements = element_count(full_shape).value();  // a region is never larger than its field
  lens.apply(fill.data(), field->spec().fill.data(), 1);
}

RegionReader::Impl::~Impl() {
  if (epoch) epoch->stop();
}

void RegionReader::Impl::foresee() const {
  auto rows = OrderedRows::make(field->spec(), field->grid(), ordered);
  if (!rows || rows->size() < kLeastForeseen) return;
  row_bytes = static_cast<uint64_t>(elements / rows->size()) * item;
  epoch = std::make_shared<EpochAhead>(field, std::move(rows));
}

void RegionReader::Impl::tell(Touched* touched, uint64_t offset, uint64_t length,
                              StreamId stream) const {
  if (touched->would_wait) return;
  touched->count(*field);
  // In another order, one block tells a predictor nothing of the next.
  if (!ordered) return touched->report(*field, stream);
  try {
    std::call_once(foreseen, [this] { foresee(); });
  } catch (const std::bad_alloc&) {
    return;  // the read itself went well: nothing is fetched ahead then
  }
  // A row has been read when its end has.
  if (epoch) {
    epoch->read(static_cast<Index>(offset / row_bytes),
                static_cast<Index>((offset + length) / row_bytes));
  }
}

RegionReader::RegionReader(std::shared_ptr<Field> field, const Region& region) {
  const Lens none(field->spec().dtype);
  impl_ = std::make_shared<const Impl>(std::move(field), region, none, nullptr);
}
RegionReader::RegionReader(std::shared_ptr<Field> field, const Region& region, const Lens& lens,
                           std::shared_ptr<const NeuronOrder> order)
    : impl_(std::make_shared<const Impl>(std::move(field), region, lens, std::move(order))) {}
RegionReader::~RegionReader() = default;
RegionReader::RegionReader(RegionReader&&) noexcept = default;
RegionReader& RegionReader::operator=(RegionReader&&) noexcept = default;

const Region& RegionReader::region() const {
  return impl_->region;
}
uint64_t RegionReader::size() const {
  return static_cast<uint64_t>(impl_->elements) * impl_->item;
}

Status RegionReader::Impl::check_range(uint64_t offset, uint64_t length) const {
  uint64_t end = 0;
  if (!checked_add(offset, length, &end) || end > static_cast<uint64_t>(elements) * item) {
    return invalid_argument("bytes [" + std::to_string(offset) + ", +" + std::to_string(length) +
                            ") pass the region's end at " +
                            std::to_string(static_cast<uint64_t>(elements) * item));
  }
  return {};
}

Status RegionReader::read(uint64_t offset, MutableBytes out, StreamId stream) const {
  NF_TRY(impl_->check_range(offset, out.size()));
  return impl_->field->read_steadily([&]() -> Status {
    Touched touched;
    NF_TRY(impl_->read_bytes(offset, out, &touched));
    impl_->tell(&touched, offset, out.size(), stream);
    return {};
  });
}

Result<bool> RegionReader::try_read(uint64_t offset, MutableBytes out, StreamId stream) const {
  NF_TRY(impl_->check_range(offset, out.size()));
  Touched touched;
  touched.wait = false;
  return impl_->read_at_once(offset, out, stream, &touched);
}

Result<bool> RegionReader::Impl::read_at_once(uint64_t offset, MutableBytes out, StreamId stream,
                                              Touched* touched) const {
  const FieldState::Generation* before = &field->generation();
  const Status status = read_bytes(offset, out, touched);
  // What has changed meanwhile is for read() to look at again.
  if (&field->generation() != before || status.code() == Code::kStale) return false;
  NF_TRY(status);
  tell(touched, offset, out.size(), stream);
  return !touched->would_wait;
}

bool RegionReader::is_fine_grained() const {
  return impl_->field->spec().codecs.is_raw();
}

bool RegionReader::gains_together() const {
  return is_fine_grained() && !impl_->field->stored().store().is_far();
}

Status RegionReader::Impl::read_bytes(uint64_t offset, MutableBytes out, Touched* touched) const {
  // A partial element at either end goes through a buffer of one element.
  const uint64_t skip = offset % item;
  if (skip != 0 || out.size() < item) {
    if (out.empty()) return {};
    std::byte one[16];
    const auto at = static_cast<Index>(offset / item);
    NF_TRY(read_elements(at, 1, one, touched));
    if (touched->would_wait) return {};
    const uint64_t n = std::min<uint64_t>(item - skip, out.size());
    std::memcpy(out.data(), one + skip, n);
    return read_bytes(offset + n, out.subspan(n), touched);
  }
  const uint64_t whole = out.size() / item;
  NF_TRY(read_elements(static_cast<Index>(offset / item), static_cast<Index>(whole), out.data(),
                       touched));
  const uint64_t done = whole * item;
  if (done == out.size() || touched->would_wait) return {};
  return read_bytes(offset + done, out.subspan(done), touched);
}

// A lens works on one piece while the first lines of the next, which is another block, come from memory.
// Without a lens there is nothing to do meanwhile.
class RegionReader::Impl::CopyAhead {
 public:
  CopyAhead(const Impl& reader, const Dims& dst_strides)
      : reader_(reader), dst_strides_(dst_strides) {}

  void copy(std::byte* dst, const std::byte* src, const Dims& shape) {
    if (reader_.plain) return reader_.copy_out(dst, dst_strides_, src, shape);
    size_t bytes = item_size(reader_.lens.source());
    for (const Index extent : shape) bytes *= static_cast<size_t>(extent);
    const size_t lines = std::min(kLines, (bytes + kLineBytes - 1) / kLineBytes);
    for (size_t line = 0; line < lines; ++line) __builtin_prefetch(src + line * kLineBytes, 0, 2);
    finish();
    dst_ = dst;
    src_ = src;
    shape_ = shape;
  }
  void finish() {
    if (src_ == nullptr) return;
    reader_.copy_out(dst_, dst_strides_, src_, shape_);
    src_ = nullptr;
  }

 private:
  static constexpr size_t kLineBytes = 64;
  static constexpr size_t kLines = 64;

  const Impl& reader_;
  const Dims& dst_strides_;
  std::byte* dst_ = nullptr;  // what is held back
  const std::byte* src_ = nullptr;
  Dims shape_;
};

template <typename Cursor>
Status RegionReader::Impl::read_pieces(Cursor& cursor, const Box& box, std::byte* out,
                                       Touched* touched, std::vector<Pending>* pending) const {
  const FieldState::Generation& generation = field->generation();
  CopyAhead ahead(*this, cursor.dst_strides());
  while (!cursor.done()) {
    {
      const EpochGuard guard;
      // The guard is renewed now and then: memory that it holds back could be needed by others.
      for (int left = 64; left > 0 && !cursor.done() && pending->size() < kMostPending; --left) {
        const Piece& piece = cursor.piece();
        touched->add(piece.block);
        const std::byte* data =
            field->cache().peek(generation.key(piece.block), generation.slot(piece.block));
        if (data != nullptr) {
          ++touched->hits;
          ahead.copy(out + piece.dst_offset, data + piece.src_offset, piece.shape);
        } else if (const BlockRequest* known = touched->known(generation.key(piece.block))) {
          ++touched->hits;
          NF_TRY(copy_piece(*known, piece.src_offset, out + piece.dst_offset, cursor.dst_strides(),
                            piece.shape));
        } else if (!touched->wait) {
          touched->would_wait = true;
          return {};
        } else {
          pending->push_back(
              {piece.block, piece.src_offset, out + piece.dst_offset, &box, piece.shape});
        }
        cursor.next();
      }
      ahead.finish();
    }
    if (pending->size() >= kMostPending) NF_TRY(fetch_and_copy(*pending, touched));
  }
  return {};
}

Status RegionReader::Impl::read_elements(Index first, Index count, std::byte* out,
                                         Touched* touched) const {
  BoxList boxes;
  decompose_linear_range(full_shape, first, count, &boxes);
  std::vector<Pending> pending;
  for (const Box& box : boxes) {
    NF_TRY(with_cursor(
        box, [&](auto& cursor) { return read_pieces(cursor, box, out, touched, &pending); }));
    if (touched->would_wait) return {};
    // The rows of an order have nothing in common, so that all are fetched together.
    const bool wait_for_more = ordered && &box != &boxes.back();
    if (!wait_for_more) NF_TRY(fetch_and_copy(pending, touched));
    Index n = static_cast<Index>(item);
    for (const Index extent : box.shape) n *= extent;
    out += n;
  }
  return {};
}

Status RegionReader::Impl::fetch_and_copy(std::vector<Pending>& pending, Touched* touched) const {
  if (pending.empty()) return {};
  touched->misses += pending.size();
  const FieldState::Generation& generation = field->generation();
  std::stable_sort(pending.begin(), pending.end(),
                   [](const Pending& a, const Pending& b) { return a.block < b.block; });
  const uint64_t slot = slot_size_for(field->block_size());
  const uint64_t group =
      std::max<uint64_t>(std::min(kMostGroup, field->cache().max_group_bytes() / 4) / slot, 1);
  std::vector<BlockRequest> requests;
  for (size_t i = 0; i < pending.size();) {
    requests.clear();
    size_t end = i;
    for (; end < pending.size(); ++end) {
      if (!requests.empty() && requests.back().key.block == pending[end].block) continue;
      if (requests.size() == group) break;
      requests.push_back(generation.request(pending[end].block, field->block_size()));
    }
    auto reservation = field->fetch(requests);
    NF_TRY(reservation);
    touched->add_fetched(requests);
    const Status copied = copy_group(requests, std::span(pending).subspan(i, end - i));
    requests.clear();  // pins go before the reservation that covers them
    NF_TRY(copied);
    i = end;
  }
  pending.clear();
  return {};
}

Status RegionReader::Impl::copy_piece(const BlockRequest& request, Index src_offset, std::byte* dst,
                                      const Dims& dst_strides, const Dims& shape) const {
  if (request.outcome == BlockRequest::Outcome::kError) return request.status;
  if (request.outcome == BlockRequest::Outcome::kData) {
    copy_out(dst, dst_strides, request.pin.data() + src_offset, shape);
    return {};
  }
  const Dims broadcast(shape.size(), 0);
  strided_copy(dst, dst_strides, fill.data(), broadcast, shape, item);
  field->engine_state().fills.add();
  return {};
}

Status RegionReader::Impl::copy_group(std::span<const BlockRequest> requests,
                                      std::span<const Pending> pieces) const {
  size_t r = 0;
  const Box* box = nullptr;
  Dims dst_strides;
  for (const Pending& p : pieces) {
    while (requests[r].key.block != p.block) ++r;
    if (p.box != box) dst_strides = strides_of(*p.box);
    box = p.box;
    NF_TRY(copy_piece(requests[r], p.src_offset, p.dst, dst_strides, p.shape));
  }
  return {};
}

}  // namespace neurofs
