// cache_replay DIR: miss ratios of the disk cache's policy beside LRU and FIFO. Not a test.
//
// Replays each DIR/trace.*.txt (a block id a line) at 5, 10 and 20 % of its distinct blocks, in caches of 64 segments
// that remember four times their entries, and prints a row of a Markdown table each; at last the worst and the
// geometric mean of the ratios to LRU.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <list>
#include <unordered_set>

#include "tests/storage/disk_cache/log_cache_model.h"

namespace neurofs {
namespace {

// LRU, or FIFO when hits do not count.
class ListCache {
 public:
  ListCache(size_t capacity, bool touch) : capacity_(capacity), touch_(touch) {}
  bool get(uint64_t block) {
    if (const auto it = places_.find(block); it != places_.end()) {
      if (touch_) order_.splice(order_.begin(), order_, it->second);
      return true;
    }
    if (places_.size() == capacity_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(block);
    places_[block] = order_.begin();
    return false;
  }

 private:
  const size_t capacity_;
  const bool touch_;
  std::list<uint64_t> order_;
  std::unordered_map<uint64_t, std::list<uint64_t>::iterator> places_;
};

template <typename Cache>
double misses(const std::vector<uint64_t>& trace, Cache cache) {
  size_t count = 0;
  for (const uint64_t block : trace) count += cache.get(block) ? 0 : 1;
  return static_cast<double>(count) / static_cast<double>(trace.size());
}

int main_of(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: cache_replay DIR\n");
    return 2;
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  double worst = 0;
  double logs = 0;
  int cells = 0;
  std::printf("| trace | LRU 5, 10, 20 %% | FIFO | log |\n|---|---|---|---|\n");
  for (const auto& path : files) {
    std::ifstream file(path);
    std::vector<uint64_t> trace;
    for (uint64_t block; file >> block;) trace.push_back(block);
    const size_t distinct = std::unordered_set<uint64_t>(trace.begin(), trace.end()).size();
    std::string columns[3];
    for (const unsigned percent : {5, 10, 20}) {
      const size_t capacity = distinct * percent / 100;
      const size_t segment = std::max<size_t>(capacity / 64, 1);
      const double ratios[] = {misses(trace, ListCache(capacity, true)),
                               misses(trace, ListCache(capacity, false)),
                               misses(trace, test::LogCacheModel(capacity, segment, 4 * capacity))};
      for (int i = 0; i < 3; ++i) {
        char text[16];
        std::snprintf(text, sizeof text, "%s%.3f", columns[i].empty() ? "" : ", ", ratios[i]);
        columns[i] += text;
      }
      worst = std::max(worst, ratios[2] / ratios[0]);
      logs += std::log(ratios[2] / ratios[0]);
      ++cells;
    }
    std::printf("| %s | %s | %s | %s |\n", path.stem().extension().c_str() + 1, columns[0].c_str(),
                columns[1].c_str(), columns[2].c_str());
  }
  std::printf("\nlog / LRU: worst %.2f, geometric mean %.3f\n", worst, std::exp(logs / cells));
  return 0;
}

}  // namespace
}  // namespace neurofs

int main(int argc, char** argv) {
  return neurofs::main_of(argc, argv);
}
