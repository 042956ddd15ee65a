// Field and RegionReader: reading any bytes of any region of an array through the tiers.
//
// Purpose: the hand-off between views (byte ranges of files) and the engine. A region's bytes are its
// elements in C order, little-endian, dropped axes left out; a reader serves any byte range of them. With
// a lens they are the lens's results, made while they are copied out and kept nowhere; without one, what
// is stored, whatever activation the field's attributes declare.
// Thread-safety: every method from any thread; a RegionReader is immutable and cheap to make (no I/O).
// Ownership: readers share the Field. Pinned spans are valid while their ReadPins lives; a live pin
// counts against the RAM budget, so hold it for a reply, not for a session.
// Units: bytes; shapes in elements. Errors: a read returns all the bytes asked for or a Status, never
// a part: kCorrupt, kIoError, kPermission, kTimeout from below; kNoMemory when one block passes the
// budget; kInvalidArgument for a range past the region's end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/field/field_spec.h"
#include "core/geometry/region.h"

namespace neurofs {

class Lens;
class NeuronOrder;
enum class PrefetchTo : uint8_t;

// Names one reader (an open file, a directory of neurons, an API object) to the predictor.
using StreamId = uint64_t;

// What keeps pinned spans alive: blocks held in the cache, or a private copy where the bytes were
// not contiguous in any block. Movable; releases on destruction.
class ReadPins {
 public:
  ReadPins() = default;
  ReadPins(ReadPins&&) noexcept;
  ReadPins& operator=(ReadPins&&) noexcept;
  ~ReadPins();
  // Concatenated they are the bytes that were asked for.
  const std::vector<Bytes>& spans() const { return spans_; }

 private:
  friend class RegionReader;
  struct Impl;
  std::vector<Bytes> spans_;
  std::unique_ptr<Impl> impl_;
};

// What RegionReader::bring() keeps in place. Movable; releases on destruction.
class Brought {
 public:
  Brought();
  Brought(Brought&&) noexcept;
  Brought& operator=(Brought&&) noexcept;
  ~Brought();

 private:
  friend class RegionReader;
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

class Field : public std::enable_shared_from_this<Field> {
 public:
  virtual ~Field() = default;
  virtual const FieldSpec& spec() const = 0;
  virtual StoredField& stored() const = 0;
  virtual Engine& engine() const = 0;
  // After the stored field was written by this process.
  virtual void invalidate() = 0;
  // Names of up to `most` objects that were read lately, other ones each time. See Revalidation.
  virtual std::vector<std::string> objects_to_check(size_t most) = 0;
  // What the store says now of one of them: when it has changed, all that is cached of the field goes.
  virtual void check_object(std::string_view key, const ObjectInfo& now) = 0;
  // `changed` is called, from any thread, after stored data turned out to be of another version than
  // what was read before, and by invalidate(). It must not wait. Null: no longer; waits for a call.
  virtual void on_change(std::function<void()> changed) = 0;

  // Which tier would serve this neuron now: "ram", "gpu" (its memory alone has it), "disk", or "fill" (its
  // chunk is missing, as far as the store says so within half a second).
  virtual std::string tier_of_neuron(Index neuron) const = 0;
};

// The region that is neuron `neuron` (C-order number along the neuron axes; 0 <= neuron < count):
// neuron axes dropped, feature axes whole.
Region neuron_region(const FieldSpec& spec, Index neuron);

class RegionReader {
 public:
  RegionReader(std::shared_ptr<Field> field, const Region& region);
  // `lens` must begin with the field's type and fit it (field_lens.h: check_lens()).
  // With an order, of as many neurons as the field has (neuron_order.h), `region` is of the field in that order: of
  // ordered_shape() in row_cursor.h. Null: none.
  RegionReader(std::shared_ptr<Field> field, const Region& region, const Lens& lens,
               std::shared_ptr<const NeuronOrder> order = nullptr);
  ~RegionReader();
  RegionReader(RegionReader&&) noexcept;
  RegionReader& operator=(RegionReader&&) noexcept;

  const Region& region() const;
  // Bytes of the whole region, in the lens's result type.
  uint64_t size() const;

  // Fills `out` with bytes [offset, offset + out.size()).
  Status read(uint64_t offset, MutableBytes out, StreamId stream) const;

  // As read(), but never waits: false when something has to be fetched first; `out` is then undefined.
  Result<bool> try_read(uint64_t offset, MutableBytes out, StreamId stream) const;

  // True where one small read costs about one small read of the store; false where each decodes a chunk.
  bool is_fine_grained() const;
  // Whether many small reads are worth bringing together: they are fine-grained, and the store is not far.
  bool gains_together() const;

  // Fetches what several ranges of one field lack, in one batch, and keeps it in place while the
  // result lives. Ranges of other fields than the first one's are passed over. While the result
  // lives, only `read_brought` may be called, which is try_read() of what was fetched for it and
  // knows which blocks are not stored or could not be read: a read() could wait for the memory that
  // the result holds.
  struct Range {
    const RegionReader* reader = nullptr;
    uint64_t offset = 0;
    uint64_t length = 0;
  };
  static Brought bring(std::span<const Range> ranges);
  Result<bool> read_brought(const Brought& brought, uint64_t offset, MutableBytes out,
                            StreamId stream) const;
  bool same_field(const RegionReader& other) const;

  // The same bytes without a copy where blocks hold them in order; otherwise, and with a lens, a private
  // copy.
  Result<ReadPins> read_pinned(uint64_t offset, uint64_t length, StreamId stream) const;
  // As read_pinned(), but never waits: nothing when something has to be fetched first.
  Result<std::optional<ReadPins>> try_read_pinned(uint64_t offset, uint64_t length,
                                                  StreamId stream) const;

 private:
  friend Status prefetch_range(const RegionReader& reader, const ByteRange& range, PrefetchTo to);
  struct Impl;
  // False, unless `wait`, when something has to be fetched first.
  Result<bool> pin_range(uint64_t offset, uint64_t length, StreamId stream, bool wait,
                         ReadPins* result) const;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace neurofs
