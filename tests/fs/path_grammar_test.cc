// Names inside a field: total over any bytes, canonical, and bucket arithmetic.
#include "fs/path_grammar.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "fs/view.h"

namespace neurofs {
namespace {

constexpr Index kPetabyteNeurons = 86'000'000'000;

TEST(PathGrammar, SplitsTheExtensionOfARegisteredView) {
  const auto file = parse_file_name("0:100,5,::2.npy");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->stem, "0:100,5,::2");
  EXPECT_EQ(file->view, find_view("npy"));
  EXPECT_EQ(parse_file_name("....npy")->stem, "...");
  EXPECT_FALSE(parse_file_name("42"));
  EXPECT_FALSE(parse_file_name("42.png"));
  EXPECT_FALSE(parse_file_name(".npy"));
  EXPECT_FALSE(parse_file_name("42.NPY"));
  EXPECT_FALSE(parse_file_name(""));
}

TEST(PathGrammar, S1_OnlyCanonicalDecimalsNameNeurons) {
  const Dims shape{kPetabyteNeurons};
  EXPECT_EQ(parse_neuron("42000000000", shape), 42'000'000'000);
  EXPECT_EQ(parse_neuron("0", shape), 0);
  EXPECT_EQ(parse_neuron("85999999999", shape), kPetabyteNeurons - 1);
  const std::string long_digits(1'000'000, '1');
  for (const std::string& name :
       {std::string("86000000000"), std::string("007"), std::string("-1"), std::string("+1"),
        std::string("0x10"), std::string("１"), std::string(""), std::string(" 1"),
        std::string("1 "), std::string("1\n"), std::string("1\0", 2), std::string("%31"),
        std::string("1,2"), std::string("1,"), std::string(",1"), std::string(".."),
        std::string("9223372036854775808"), std::string("99999999999999999999"), long_digits}) {
    EXPECT_FALSE(parse_neuron(name, shape)) << name.substr(0, 40);
  }
}

TEST(PathGrammar, SeveralNeuronAxesAreNumberedInCOrder) {
  const Dims shape{100, 50};
  EXPECT_EQ(parse_neuron("12,7", shape), 607);
  EXPECT_EQ(format_neuron(607, shape), "12,7");
  EXPECT_EQ(format_neuron(4999, shape), "99,49");
  EXPECT_FALSE(parse_neuron("12", shape));
  EXPECT_FALSE(parse_neuron("12,50", shape));
  EXPECT_FALSE(parse_neuron("12,7,0", shape));
  EXPECT_FALSE(parse_neuron("", {}));
}

TEST(PathGrammar, S1_RandomBytesNeverNameANeuronUnlessTheyRoundTrip) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const Dims shape{1000, 3};
  constexpr std::string_view kAlphabet = "0123456789,.-+:x \n";
  for (int i = 0; i < 20000; ++i) {
    std::string name(random() % 8, ' ');
    for (char& c : name) c = kAlphabet[random() % kAlphabet.size()];
    const auto neuron = parse_neuron(name, shape);
    if (neuron) {
      EXPECT_EQ(format_neuron(*neuron, shape), name);
    }
  }
}

TEST(PathGrammar, AliasesNeverLookLikeRegions) {
  for (const char* name : {"v1", "V-2.x", "_a", "train_split"}) EXPECT_TRUE(is_region_alias(name));
  for (const char* name : {"", "0:5", "-1", "...", "1a", ":", "a b", "a/b", "a,b", "é"}) {
    EXPECT_FALSE(is_region_alias(name)) << name;
  }
}

TEST(BucketTree, PlacesThePetabyteExample) {
  const BucketTree tree(kPetabyteNeurons);
  ASSERT_EQ(tree.levels(), 3);
  EXPECT_EQ(tree.count_at(1), 86);
  const auto top = tree.find_child(0, 0, "42");
  const auto middle = tree.find_child(1, *top, "000");
  const auto leaf = tree.find_child(2, *middle, "000");
  ASSERT_TRUE(leaf);
  const auto neurons = tree.children(3, *leaf);
  EXPECT_EQ(neurons.first, 42'000'000'000);
  EXPECT_EQ(neurons.end, 42'000'001'000);
  EXPECT_FALSE(tree.find_child(0, 0, "86"));
  EXPECT_FALSE(tree.find_child(0, 0, "042"));
  EXPECT_FALSE(tree.find_child(1, *top, "0"));
  EXPECT_FALSE(tree.find_child(3, *leaf, "000"));
}

TEST(BucketTree, EveryNeuronIsInExactlyOneBucketOfAtMostAThousand) {
  for (const Index neurons : {Index{0}, Index{1}, Index{999}, Index{1000}, Index{1001},
                              Index{12345}, Index{1'000'000}, Index{1'000'001}}) {
    const BucketTree tree(neurons);
    Index expected = 0;
    const std::function<void(int, Index)> walk = [&](int depth, Index number) {
      const auto range = tree.children(depth, number);
      EXPECT_LE(range.end - range.first, BucketTree::kFanOut);
      for (Index child = range.first; child < range.end; ++child) {
        if (depth == tree.levels()) {
          ASSERT_EQ(child, expected++);
        } else {
          ASSERT_EQ(tree.find_child(depth, number, tree.name(depth + 1, child)), child);
          walk(depth + 1, child);
        }
      }
    };
    walk(0, 0);
    EXPECT_EQ(expected, neurons);
  }
}

TEST(BucketTree, HoldsTheLargestCountThereIs) {
  const BucketTree tree(std::numeric_limits<Index>::max());
  EXPECT_EQ(tree.levels(), 6);
  const Index last = tree.count_at(6) - 1;
  EXPECT_EQ(tree.children(6, last).end, std::numeric_limits<Index>::max());
}

}  // namespace
}  // namespace neurofs
