// OrderedRows: the rows of a region in another order, as an EpochSource.
//
// Purpose: which blocks each row needs, and at which row a block is needed again, by arithmetic alone. Position r
// is row r of the region, in C order along the axes that count positions of the order.
// Thread-safety: immutable. Ownership: borrows the grid; shares the region. Units: rows, blocks in the order on
// disk. Cost: of a row, that of NeuronOrder::at(); of next_use(), that of position_of() for each neuron of the
// block, kMostAsked of them at most: past that a sample, which may miss an earlier use.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/epoch_schedule.h"
#include "core/engine/row_cursor.h"

namespace neurofs {

class OrderedRows final : public EpochSource {
 public:
  static constexpr Index kMostAsked = 4096;
  static constexpr size_t kMostParts = 4096;

  // Null where a row has more than kMostParts blocks, which are fetched deep enough without being foreseen, or none.
  static std::unique_ptr<const OrderedRows> make(const FieldSpec& spec, const BlockGrid& grid,
                                                 std::shared_ptr<const OrderedRegion> region);

  void prepare() const override;
  Index size() const override { return size_; }
  void add_blocks(Index first, Index last, std::vector<uint64_t>* blocks) const override;
  Index next_use(uint64_t block, Index from) const override;
  Index group_end(Index position) const override;
  bool shares_blocks() const override { return is_shared_; }

 private:
  OrderedRows(const FieldSpec& spec, const BlockGrid& grid,
              std::shared_ptr<const OrderedRegion> shared_region);

  Index position_of_row(Index row) const;
  // kNever where the region leaves the position out.
  Index row_of_position(Index position) const;
  uint64_t share_of_neuron(Index neuron) const;
  void find_parts();

  const BlockGrid& grid_;
  const std::shared_ptr<const OrderedRegion> shared_region_;
  const OrderedRegion& region_;
  const bool in_line_;  // rows follow one another in the order
  Index size_ = 1;
  std::vector<uint64_t> parts_;  // what a row's blocks add to the share of its neuron
  bool is_shared_ = false;       // blocks may hold more than one neuron
};

}  // namespace neurofs
