// Node ids, interned nodes, the errno table.
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "fs/errno_table.h"
#include "fs/interned_nodes.h"
#include "fs/node_id.h"

namespace neurofs {
namespace {

TEST(NodeIds, RoundTripAndNeverMeet) {
  const NodeIds ids(3);
  std::set<uint64_t> seen;
  std::vector<Node> nodes = {{.kind = Node::Kind::kDirectory, .field = 0},
                             {.kind = Node::Kind::kDirectory, .field = 2},
                             {.kind = Node::Kind::kControl, .field = 0},
                             {.kind = Node::Kind::kRegions, .field = 1},
                             {.kind = Node::Kind::kWhole, .view = 2, .field = 1}};
  for (const uint64_t n :
       {uint64_t{0}, uint64_t{1}, uint64_t{85'999'999'999}, (uint64_t{1} << 49) - 1}) {
    nodes.push_back({.kind = Node::Kind::kNeuron, .view = 1, .field = 1, .number = n});
    nodes.push_back({.kind = Node::Kind::kBucket, .depth = 3, .field = 1, .number = n});
  }
  for (const Node& node : nodes) {
    const auto id = ids.encode(node);
    ASSERT_TRUE(id);
    EXPECT_TRUE(seen.insert(id->value()).second);
    EXPECT_EQ(ids.decode(*id), node);
    EXPECT_LT(id->value(), uint64_t{1} << 62);
  }
  EXPECT_EQ(ids.encode({.kind = Node::Kind::kDirectory}), kRootId);
}

TEST(NodeIds, NumbersPastTheBitsAreNotEncoded) {
  const NodeIds ids(100'000);
  EXPECT_EQ(ids.number_bits(), 40);
  const Node wide{.kind = Node::Kind::kNeuron, .number = uint64_t{1} << 40};
  EXPECT_FALSE(ids.encode(wide));
}

TEST(NodeIds, EveryNumberDecodesToSomething) {
  const NodeIds ids(1);
  for (const uint64_t id : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63, uint64_t{31} << 57}) {
    (void)ids.decode(NodeId(id));
  }
}

struct Named final : InternedNode {};

InternedNodes::Make maker(int* made) {
  return [made]() -> Result<InternedNodes::Ptr> {
    ++*made;
    return InternedNodes::Ptr(std::make_shared<Named>());
  };
}

TEST(InternedNodes, LivesUntilTheLastLookupIsForgotten) {
  InternedNodes nodes;
  int made = 0;
  const NodeId id = nodes.intern("a", maker(&made))->id;
  EXPECT_EQ(nodes.intern("a", maker(&made))->id, id);
  EXPECT_EQ(made, 1);
  nodes.forget(id, 1);
  EXPECT_NE(nodes.find(id), nullptr);
  nodes.forget(id, 1);
  EXPECT_EQ(nodes.find(id), nullptr);
  EXPECT_NE(nodes.intern("a", maker(&made))->id, id) << "ids are never used twice";
  nodes.forget(NodeId(12345), 7);  // unknown: nothing happens
}

TEST(InternedNodes, S3_AMillionForgottenLookupsLeaveNothing) {
  InternedNodes nodes;
  int made = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    nodes.forget(nodes.intern(std::to_string(i), maker(&made))->id, 1);
  }
  EXPECT_EQ(made, 1'000'000);
  EXPECT_EQ(nodes.size(), 0u);
}

TEST(InternedNodes, AFailedMakeLeavesNothing) {
  InternedNodes nodes;
  const auto fail = []() -> Result<InternedNodes::Ptr> { return overflow("too large"); };
  EXPECT_EQ(nodes.intern("a", fail).status().code(), Code::kOverflow);
  EXPECT_EQ(nodes.size(), 0u);
}

TEST(InternedNodes, InodesAreStableAndApartFromComputedIds) {
  EXPECT_EQ(interned_inode("r0/1"), interned_inode("r0/1"));
  EXPECT_NE(interned_inode("r0/1"), interned_inode("r0/2"));
  EXPECT_EQ(interned_inode("r0/1") >> 62, 1u);
}

TEST(ErrnoTable, IsTheDocumentedOne) {
  const std::vector<std::pair<Code, int>> table = {{Code::kOk, 0},
                                                   {Code::kNotFound, ENOENT},
                                                   {Code::kInvalidArgument, EINVAL},
                                                   {Code::kOverflow, EOVERFLOW},
                                                   {Code::kCorrupt, EIO},
                                                   {Code::kIoError, EIO},
                                                   {Code::kTimeout, ETIMEDOUT},
                                                   {Code::kPermission, EACCES},
                                                   {Code::kStale, ESTALE},
                                                   {Code::kReadOnly, EROFS},
                                                   {Code::kUnsupported, ENOTSUP},
                                                   {Code::kNoMemory, ENOMEM},
                                                   {Code::kInterrupted, EINTR},
                                                   {Code::kNameTooLong, ENAMETOOLONG},
                                                   {Code::kExists, EEXIST},
                                                   {Code::kInternal, EIO}};
  for (const auto& [code, number] : table) EXPECT_EQ(to_errno(code), number) << code_name(code);
}

}  // namespace
}  // namespace neurofs
