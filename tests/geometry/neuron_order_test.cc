// Orders of neurons: names, both directions against tables, shares, selections, and the README's own text.

#include "core/geometry/neuron_order.h"
#include "tests/geometry/taken_order.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

namespace neurofs {
namespace {

std::shared_ptr<const NeuronOrder> order_of(std::string_view name, Index neurons) {
  auto parsed = parse_order_name(name);
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return shuffled_order(*parsed, neurons);
}

std::vector<Index> table_of(const NeuronOrder& order) {
  std::vector<Index> table(static_cast<size_t>(order.size()));
  order.fill(0, table);
  return table;
}

TEST(OrderName, ParsesAndPrintsCanonically) {
  for (const std::string_view text :
       {"shuffle=0", "shuffle=18446744073709551615", "shuffle=42,block=4096",
        "shuffle=42,block=4096,buffer=64,rank=3,world=8", "take=train",
        "take=a-b.c,rank=0,world=2"}) {
    const auto name = parse_order_name(text);
    ASSERT_TRUE(name.ok()) << text << name.status().message();
    EXPECT_EQ(to_string(*name), text);
    EXPECT_TRUE(is_order_name(text));
  }
  EXPECT_EQ(to_string(*parse_order_name("shuffle=1,world=4,buffer=16,rank=2,block=8")),
            "shuffle=1,block=8,rank=2,world=4");
  EXPECT_EQ(to_string(*parse_order_name("shuffle=1,rank=0,world=1")), "shuffle=1");
  EXPECT_FALSE(is_order_name("relu,shuffle=1"));
  EXPECT_FALSE(is_order_name(""));
}

TEST(OrderName, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "is no order"},
      {"shuffle", "cannot be the shuffle"},
      {"shuffle=", "cannot be the shuffle"},
      {"shuffle=-1", "cannot be the shuffle"},
      {"shuffle=07", "cannot be the shuffle"},
      {"shuffle=+7", "cannot be the shuffle"},
      {"shuffle=1e3", "cannot be the shuffle"},
      {"shuffle=18446744073709551616", "cannot be the shuffle"},
      {"shuffle=1,", "has no \"\""},
      {"shuffle=1,relu", "has no \"relu\""},
      {"shuffle=1,block=0", "from 1 to"},
      {"shuffle=1,block=9223372036854775808", "cannot be the block"},
      {"shuffle=1,buffer=4", "needs block="},
      {"shuffle=1,block=2,block=2", "twice"},
      {"shuffle=1,rank=0", "go together"},
      {"shuffle=1,world=2", "go together"},
      {"shuffle=1,rank=2,world=2", "not below world=2"},
      {"shuffle=1,rank=0,world=0", "cannot be the world"},
      {"take=", "cannot name a selection"},
      {"take=../x", "cannot name a selection"},
      {"take=a,block=4", "goes with shuffle="},
      {"block=4,shuffle=1", "is no order"}};
  for (const auto& [text, why] : cases) {
    const auto name = parse_order_name(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(name.status().code(), Code::kNotFound);
    EXPECT_NE(name.status().message().find(why), std::string::npos)
        << text << ": " << name.status().message();
  }
}

TEST(NeuronOrder, IsABijectionWithAnExactInverse) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 400; ++round) {
    const auto neurons = static_cast<Index>(random() % 3000);
    std::string name = "shuffle=" + std::to_string(random());
    if (round % 4 != 0) name += ",block=" + std::to_string(random() % 200 + 1);
    if (round % 4 > 1) name += ",buffer=" + std::to_string(random() % 20 + 1);
    const auto order = order_of(name, neurons);
    const auto table = table_of(*order);
    ASSERT_EQ(order->size(), neurons);
    EXPECT_EQ(std::set<Index>(table.begin(), table.end()).size(), table.size()) << name;
    for (Index p = 0; p < neurons; ++p) {
      const Index neuron = table[static_cast<size_t>(p)];
      ASSERT_TRUE(neuron >= 0 && neuron < neurons);
      ASSERT_EQ(order->at(p), neuron);
      ASSERT_EQ(order->position_of(neuron), p) << name << " of " << neurons;
    }
  }
}

TEST(NeuronOrder, AWindowHoldsWholeRuns) {
  // 10 full runs of 7 neurons and one of 3, number 10; windows of 4 slots: 28 neurons, or 24 with that one.
  const auto table = table_of(*order_of("shuffle=5,block=7,buffer=4", 73));
  std::set<Index> seen;
  for (size_t begin = 0; begin < table.size();) {
    std::set<Index> runs;
    size_t end = begin;
    for (; end < std::min(begin + 24, table.size()); ++end) runs.insert(table[end] / 7);
    if (!runs.contains(10)) {
      for (; end < std::min(begin + 28, table.size()); ++end) runs.insert(table[end] / 7);
    }
    EXPECT_EQ(runs.size(), end < table.size() ? 4u : 3u);
    for (const Index run : runs) EXPECT_TRUE(seen.insert(run).second) << "in two windows";
    begin = end;
  }
  EXPECT_EQ(seen.size(), 11u);
}

TEST(NeuronOrder, HugeFieldsGoBothWays) {
  for (const char* name : {"shuffle=1", "shuffle=1,block=1", "shuffle=1,block=9223372036854775807",
                           "shuffle=1,block=4611686018427387904,buffer=9223372036854775807",
                           "shuffle=1,block=4096,rank=6,world=7"}) {
    for (const Index neurons : {Index{86'000'000'000}, INT64_MAX, INT64_MAX - 1}) {
      const auto order = order_of(name, neurons);
      for (uint64_t i = 0; i < 50; ++i) {
        const auto position =
            static_cast<Index>(i * 0x9E3779B97F4A7C15u % static_cast<uint64_t>(order->size()));
        const Index neuron = order->at(position);
        ASSERT_TRUE(neuron >= 0 && neuron < neurons) << name;
        ASSERT_EQ(order->position_of(neuron), position) << name;
      }
    }
  }
}

TEST(NeuronOrder, SharesAreDisjointAndCoverAll) {
  for (const Index neurons : {0, 1, 5, 8, 1000}) {
    const auto whole = table_of(*order_of("shuffle=9,block=16", neurons));
    for (const Index world : {1, 3, 8, 1001}) {
      std::vector<Index> joined;
      for (Index rank = 0; rank<world; rank += world> 100 ? 250 : 1) {
        const auto order = order_of(
            "shuffle=9,block=16,rank=" + std::to_string(rank) + ",world=" + std::to_string(world),
            neurons);
        EXPECT_EQ(order->keeps_shape(), world == 1);
        EXPECT_LE(order->size(), neurons / world + 1);
        const auto part = table_of(*order);
        joined.insert(joined.end(), part.begin(), part.end());
        for (const Index neuron : whole) {
          const bool here = std::find(part.begin(), part.end(), neuron) != part.end();
          ASSERT_EQ(order->position_of(neuron).has_value(), here);
        }
      }
      if (world < 100) {
        EXPECT_EQ(joined, whole);
      }
    }
  }
}

TEST(TakenOrder, IsItsTable) {
  const auto name = *parse_order_name("take=train");
  const auto order = *test::taken_order(name, {7, 0, 7, 3}, 8);
  EXPECT_EQ(table_of(*order), (std::vector<Index>{7, 0, 7, 3}));
  EXPECT_EQ(order->position_of(7), 0);
  EXPECT_EQ(order->position_of(3), 3);
  EXPECT_EQ(order->position_of(1), std::nullopt);
  EXPECT_FALSE(order->keeps_shape());
  const auto half =
      *test::taken_order(*parse_order_name("take=train,rank=1,world=2"), {7, 0, 7, 3}, 8);
  EXPECT_EQ(table_of(*half), (std::vector<Index>{7, 3}));
  EXPECT_EQ(half->position_of(0), std::nullopt);
  EXPECT_NE((*test::taken_order(name, {7, 0, 3, 7}, 8))->key(), order->key());
  EXPECT_EQ((*test::taken_order(name, {7, 0, 7, 3}, 8))->key(), order->key());
  EXPECT_EQ((*test::taken_order(name, std::vector<Index>{}, 8))->size(), 0);
}

TEST(TakenOrder, RefusesNeuronsThatAreNotThere) {
  const auto name = *parse_order_name("take=train");
  for (const Index bad : {Index{-1}, Index{8}, INT64_MIN, INT64_MAX}) {
    const auto order = test::taken_order(name, {1, bad}, 8);
    ASSERT_FALSE(order.ok());
    EXPECT_EQ(order.status().code(), Code::kInvalidArgument);
    EXPECT_NE(order.status().message().find("row 1 of"), std::string::npos);
  }
}

// The Python of the README, run on the same positions as this build's classes.
class Readme : public testing::Test {
 protected:
  void SetUp() override {
    const char* python = std::getenv("NEUROFS_TEST_SYSTEM_PYTHON");
    python_ = python != nullptr ? python : "/usr/bin/python3";
    if (::access(python_.c_str(), X_OK) != 0) GTEST_SKIP() << "no " << python_;
    std::stringstream text;
    text << std::ifstream(NEUROFS_README).rdbuf();
    const std::string all = text.str();
    const size_t inside = all.find("def permute(");
    ASSERT_NE(inside, std::string::npos);
    const size_t begin = all.rfind("```python\n", inside) + 10;
    code_ = all.substr(begin, all.find("```", begin) - begin);
  }
  std::string run(const std::string& lines) const {
    const auto script = std::filesystem::path(testing::TempDir()) /
                        ("readme_order_" + std::to_string(::getpid()) + ".py");
    std::ofstream(script) << code_ << lines;
    FILE* pipe = ::popen(("'" + python_ + "' -B '" + script.string() + "'").c_str(), "r");
    std::string out;
    for (char buffer[4096]; size_t n = std::fread(buffer, 1, sizeof buffer, pipe);)
      out.append(buffer, n);
    EXPECT_EQ(::pclose(pipe), 0);
    std::filesystem::remove(script);
    return out;
  }

  std::string python_;
  std::string code_;
};

TEST_F(Readme, ItsPythonGivesTheSameOrders) {
  std::mt19937_64 random(11);
  std::string lines;
  std::string expected;
  for (int round = 0; round < 1500; ++round) {
    OrderName name;
    name.seed = round % 3 == 0 ? random() : random() % 100;
    const auto neurons = static_cast<Index>((random() >> (random() % 62 + 1)) | 1);
    if (round % 4 != 0) name.block = static_cast<Index>((random() >> (random() % 62 + 1)) | 1);
    if (round % 4 > 1) name.buffer = static_cast<Index>((random() >> (random() % 62 + 1)) | 1);
    if (round % 5 == 0) {
      name.world = static_cast<Index>(random() % 9 + 1);
      name.rank = static_cast<Index>(random() % static_cast<uint64_t>(name.world));
    }
    const auto order = shuffled_order(name, neurons);
    if (order->size() == 0) continue;
    const auto position = static_cast<Index>(random() % static_cast<uint64_t>(order->size()));
    std::ostringstream line;
    line << "print(shuffled(" << position << ", " << neurons << ", " << name.seed
         << ", block=" << name.block << ", buffer=" << name.buffer << ", rank=" << name.rank
         << ", world=" << name.world << "))\n";
    lines += line.str();
    expected += std::to_string(order->at(position)) + "\n";
  }
  EXPECT_EQ(run(lines), expected);
}

}  // namespace
}  // namespace neurofs
