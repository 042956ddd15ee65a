#include "core/storage/coalesce.h"

#include <gtest/gtest.h>

#include "core/storage/memory_store.h"

namespace neurofs {
namespace {

BlockRead block(std::string_view key, uint64_t offset, uint64_t length) {
  return {key, {offset, length}, {}};
}

TEST(Coalesce, MergesWhatTouchesInAnyOrder) {
  const BlockRead reads[] = {block("a", 4096, 4096), block("b", 0, 10), block("a", 0, 4096)};
  const auto merged = plan_merged_reads(reads, 0, 1 << 20);
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].key, "a");
  EXPECT_EQ(merged[0].range, (ByteRange{0, 8192}));
  EXPECT_EQ(merged[0].parts, (std::vector<size_t>{2, 0}));
  EXPECT_EQ(merged[1].parts, std::vector<size_t>{1});
}

TEST(Coalesce, RespectsGapAndSize) {
  const BlockRead reads[] = {block("a", 0, 100), block("a", 150, 100), block("a", 301, 100)};
  EXPECT_EQ(plan_merged_reads(reads, 50, 1000).size(), 2U);
  EXPECT_EQ(plan_merged_reads(reads, 49, 1000).size(), 3U);
  EXPECT_EQ(plan_merged_reads(reads, 51, 400).size(), 2U);
  EXPECT_EQ(plan_merged_reads(reads, 51, 401).size(), 1U);
  EXPECT_EQ(plan_merged_reads(reads, 51, 1).size(), 3U);
}

TEST(Coalesce, OverlapAndOverflowStayApart) {
  const BlockRead reads[] = {block("a", 0, 100), block("a", 99, 10), block("a", 99, 10),
                             block("z", UINT64_MAX, 5), block("z", UINT64_MAX, 6)};
  EXPECT_EQ(plan_merged_reads(reads, UINT64_MAX, UINT64_MAX).size(), 5U);
  EXPECT_TRUE(plan_merged_reads({}, 1, 1).empty());
}

TEST(Coalesce, BytesArriveAcrossAGap) {
  MemoryStore store;
  store.plant("k", "0123456789");
  ByteVector a(2);
  ByteVector b(3);
  const MutableBytes to_a(a);
  const MutableBytes to_b(b);
  const BlockRead reads[] = {{"k", {6, 3}, {&to_b, 1}}, {"k", {1, 2}, {&to_a, 1}}};
  const auto merged = plan_merged_reads(reads, 3, 100);
  ASSERT_EQ(merged.size(), 1U);
  ReadOp op = merged[0].op();
  store.read({&op, 1});
  ASSERT_EQ(op.outcome, ReadOp::Outcome::kData) << op.status.to_string();
  EXPECT_EQ(a, (ByteVector{std::byte{'1'}, std::byte{'2'}}));
  EXPECT_EQ(b, (ByteVector{std::byte{'6'}, std::byte{'7'}, std::byte{'8'}}));
}

}  // namespace
}  // namespace neurofs
