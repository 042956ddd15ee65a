// OrderedRows against the reader's own cursor and brute force: what it foresees is what is read.
#include "core/engine/ordered_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "core/engine/field_state.h"
#include "tests/engine/engine_fixture.h"
#include "tests/geometry/taken_order.h"

namespace neurofs {
namespace {

using Blocks = std::set<uint64_t>;

struct Case {
  Dims shape;
  Dims chunks;
  Dims shards;
  const char* codecs;
  const char* order;
  const char* region;  // of the ordered shape
};

constexpr const char* kTransposed = R"([{"name": "transpose", "configuration":
    {"order": [2, 0, 1]}}, {"name": "bytes", "configuration": {"endian": "little"}}])";
constexpr const char* kCompressed = R"([{"name": "bytes", "configuration": {"endian": "little"}},
    {"name": "zstd", "configuration": {"level": 1, "checksum": false}}])";

class OrderedRowsTest : public EngineFixture, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    const Case& c = GetParam();
    make(c.shape, c.chunks, c.shards, c.codecs);
    const OrderName name = parse_order_name(c.order).value();
    const Index neurons = field->spec().neuron_count();
    if (name.selection.empty()) {
      order = shuffled_order(name, neurons);
    } else {  // two thirds of the neurons, each once
      std::vector<Index> some(static_cast<size_t>(neurons));
      std::iota(some.begin(), some.end(), 0);
      std::shuffle(some.begin(), some.end(), std::mt19937_64(7));
      some.resize(some.size() * 2 / 3);
      order = test::taken_order(name, some, neurons).value();
    }
    shown = parse_region(c.region, ordered_shape(field->spec(), *order)).value();
    region = std::make_shared<const OrderedRegion>(field->spec(), shown, order);
    rows = OrderedRows::make(field->spec(), grid(), region);
    ASSERT_NE(rows, nullptr);
  }
  const BlockGrid& grid() const { return static_cast<FieldState&>(*field).grid(); }
  Blocks foreseen(Index first, Index last) const {
    std::vector<uint64_t> blocks;
    rows->add_blocks(first, last, &blocks);
    return {blocks.begin(), blocks.end()};
  }
  // Of each row, as a reader comes to them.
  std::vector<Blocks> read() const {
    const Box whole{.lo = Dims(shown.axes.size(), 0), .shape = shown.full_shape()};
    Index row_bytes = 4;
    for (size_t axis = region->shown_axes; axis < whole.shape.size(); ++axis) {
      row_bytes *= whole.shape[axis];
    }
    std::vector<Blocks> all(static_cast<size_t>(rows->size()));
    for (RowCursor at(grid(), *region, whole, 4); !at.done(); at.next()) {
      all[static_cast<size_t>(at.piece().dst_offset / row_bytes)].insert(at.piece().block);
    }
    return all;
  }

  std::shared_ptr<const NeuronOrder> order;
  Region shown;
  std::shared_ptr<const OrderedRegion> region;
  std::unique_ptr<const OrderedRows> rows;
};

TEST_P(OrderedRowsTest, BlocksAreThoseThatAreRead) {
  const std::vector<Blocks> want = read();
  for (Index row = 0; row < rows->size(); ++row) {
    EXPECT_EQ(foreseen(row, row + 1), want[static_cast<size_t>(row)]) << row;
  }
  for (Index first = 0; first < rows->size(); first += 5) {
    const Index last = std::min(first + 70, rows->size());
    Blocks together;
    for (Index row = first; row < last; ++row)
      together.merge(Blocks(want[static_cast<size_t>(row)]));
    EXPECT_EQ(foreseen(first, last), together) << first;
  }
}

TEST_P(OrderedRowsTest, NextUseIsThatOfWhoLooksAtAllRows) {
  const std::vector<Blocks> want = read();
  rows->prepare();
  for (uint64_t block = 0; block < grid().block_count(); ++block) {
    std::vector<Index> uses;
    for (Index row = 0; row < rows->size(); ++row) {
      if (want[static_cast<size_t>(row)].contains(block)) uses.push_back(row);
    }
    if (uses.empty()) continue;  // it is never asked for
    for (Index from = 0; from <= rows->size(); ++from) {
      const auto next = std::lower_bound(uses.begin(), uses.end(), from);
      const Index expected = next == uses.end() ? EpochSource::kNever : *next;
      // A block of one neuron is not asked for before that has been read.
      if (!rows->shares_blocks() && expected != EpochSource::kNever) continue;
      ASSERT_EQ(rows->next_use(block, from), expected) << block << " from " << from;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, OrderedRowsTest,
    testing::Values(
        Case{{90, 5}, {8, 5}, {}, kCompressed, "shuffle=1", ":"},
        Case{{90, 5}, {8, 5}, {16, 5}, nullptr, "shuffle=1,block=8,buffer=2", ":"},
        Case{{90, 7}, {8, 3}, {}, kCompressed, "shuffle=2,rank=1,world=3", "3:25"},
        Case{{90, 7}, {8, 3}, {}, kCompressed, "shuffle=2", "80:5:-3,1:6:2"},
        Case{{7, 5, 6}, {2, 3, 4}, {4, 3, 4}, kTransposed, "shuffle=3", ":"},
        Case{{7, 5, 6}, {2, 3, 4}, {4, 3, 4}, kTransposed, "shuffle=3", "5:0:-2,1:4,::2"},
        Case{{7, 5, 6}, {2, 3, 4}, {4, 3, 4}, kTransposed, "shuffle=3", "4,:,5"},
        Case{{7, 5, 6}, {2, 3, 4}, {}, kCompressed, "shuffle=3,rank=0,world=2", "::-1"},
        Case{{7, 5, 6}, {3, 2, 6}, {}, kCompressed, "take=some", "2:20:3"},
        Case{{60, 2048}, {20, 2048}, {}, nullptr, "shuffle=4", ":,100:1500"},
        Case{{500}, {64}, {}, kCompressed, "take=some", ":"}));

}  // namespace
}  // namespace neurofs
