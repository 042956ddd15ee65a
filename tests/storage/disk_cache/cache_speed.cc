// cache_speed DIR [ROUNDS] [SECONDS]: hits of the disk cache beside reads of the same blocks from a local file.
// Not a test.
//
// Makes 1 GiB in DIR/speed-*, reads it into a cache there, then measures in turns, each round all three: plain
// preadv with O_DIRECT (what fio's psync does), a FileStore (a local field), and a cached store that holds
// everything. Prints the median of the rounds' ratios.

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <thread>

#include "core/storage/aligned_buffer.h"
#include "core/storage/disk_cache/cached_store.h"
#include "core/storage/file_store.h"
#include "tests/storage/temp_dir.h"

namespace neurofs {
namespace {

constexpr uint64_t kBytes = uint64_t{1} << 30;
constexpr uint64_t kMostSpread = uint64_t{16} << 20;  // written before it is waited for

struct Load {
  const char* name;
  unsigned threads;
  uint64_t block;
  unsigned batch;
};

struct Reader {
  const char* name;
  // Reads the blocks at these offsets into memory; false when that failed.
  std::function<bool(std::span<const uint64_t> offsets, uint64_t block, std::byte* memory)> read;
};

double rate(const Reader& reader, const Load& load, double seconds) {
  std::atomic<uint64_t> blocks{0};
  std::atomic<bool> stop{false};
  const auto work = [&](unsigned seed) {
    std::mt19937_64 random(seed);
    const auto memory = make_aligned_buffer(load.batch * load.block);
    std::vector<uint64_t> offsets(load.batch);
    while (!stop) {
      for (uint64_t& offset : offsets) offset = random() % (kBytes / load.block) * load.block;
      if (!reader.read(offsets, load.block, memory.get())) {
        std::fprintf(stderr, "%s: a read failed\n", reader.name);
        std::exit(1);
      }
      blocks += load.batch;
    }
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < load.threads; ++t) threads.emplace_back(work, t);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(blocks) / elapsed.count();
}

bool read_store(ObjectStore& store, const std::string& version, std::span<const uint64_t> offsets,
                uint64_t block, std::byte* memory) {
  std::vector<MutableBytes> dests(offsets.size());
  std::vector<ReadOp> ops(offsets.size());
  for (size_t i = 0; i < offsets.size(); ++i) {
    dests[i] = {memory + i * block, block};
    ops[i].key = "blocks";
    ops[i].range = {offsets[i], block};
    ops[i].dests = {&dests[i], 1};
    ops[i].if_version = version;
  }
  store.read(ops);
  return std::ranges::all_of(ops,
                             [](const ReadOp& op) { return op.outcome == ReadOp::Outcome::kData; });
}

void make_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  std::mt19937_64 random(1);
  std::vector<uint64_t> words(kMostSpread / sizeof(uint64_t));
  for (uint64_t done = 0; done < kBytes; done += kMostSpread) {
    for (uint64_t& word : words) word = random();
    if (::write(fd, words.data(), kMostSpread) != static_cast<ssize_t>(kMostSpread)) std::exit(1);
  }
  ::fsync(fd);
  ::close(fd);
}

// Every block is read until the cache has it.
void fill(ObjectStore& store, DiskCache& cache, const std::string& version, uint64_t block) {
  const auto memory = make_aligned_buffer(block);
  for (uint64_t at = 0; at < kBytes; at += block) {
    if (!read_store(store, version, {&at, 1}, block, memory.get())) std::exit(1);
    if ((at + block) % kMostSpread == 0) cache.drain();
  }
  cache.drain();
}

void measure(const std::string& dir, const Load& load, int rounds, double seconds) {
  Metrics metrics;
  StoreOptions store_options;
  auto file = FileStore::open(dir, store_options, {}).value();
  DiskCacheOptions options;
  options.directory = dir + "/cache-" + std::to_string(load.block);
  options.bytes = kBytes * 2;
  options.metrics = &metrics;
  auto cache = DiskCache::open(options).value();
  auto cached = cached_store(file, cache, {}).value();
  const std::string version = file->stat("blocks")->version;
  fill(*cached, *cache, version, load.block);
  const uint64_t misses_before = metrics.counter("nvme_misses_total", "").value();
  const int fd = ::open((dir + "/blocks").c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  const Reader readers[] = {
      {"preadv",
       [&](auto offsets, uint64_t block, std::byte* memory) {
         for (size_t i = 0; i < offsets.size(); ++i) {
           const auto want = static_cast<ssize_t>(block);
           if (::pread(fd, memory + i * block, block, static_cast<off_t>(offsets[i])) != want)
             return false;
         }
         return true;
       }},
      {"file store", [&](auto... args) { return read_store(*file, version, args...); }},
      {"disk cache", [&](auto... args) { return read_store(*cached, version, args...); }}};
  std::vector<double> to_pread, to_file;
  for (int round = 0; round < rounds; ++round) {
    double rates[3];
    for (int i = 0; i < 3; ++i) rates[i] = rate(readers[(i + round) % 3], load, seconds);
    std::rotate(rates, rates + (3 - round % 3) % 3, rates + 3);
    to_pread.push_back(rates[2] / rates[0]);
    to_file.push_back(rates[2] / rates[1]);
    std::printf("%-24s preadv %9.0f/s  file store %9.0f/s  disk cache %9.0f/s\n", load.name,
                rates[0], rates[1], rates[2]);
  }
  const auto median = [](std::vector<double>& values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  };
  const uint64_t missed = metrics.counter("nvme_misses_total", "").value() - misses_before;
  std::printf("%-24s disk cache / preadv %.2f  / file store %.2f  (%llu misses)\n", load.name,
              median(to_pread), median(to_file), static_cast<unsigned long long>(missed));
  std::fflush(stdout);
  ::close(fd);
}

int main_of(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: cache_speed DIR [ROUNDS] [SECONDS]\n");
    return 2;
  }
  const test::TempDir dir(argv[1]);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const double seconds = argc > 3 ? std::atof(argv[3]) : 2;
  make_file(dir.path() + "/blocks");
  const Load loads[] = {{"4 KiB, 32 threads", 32, 4096, 1},
                        {"4 KiB, 1 thread by 32", 1, 4096, 32},
                        {"1 MiB, 4 threads", 4, 1 << 20, 1}};
  for (const Load& load : loads) measure(dir.path(), load, rounds, seconds);
  return 0;
}

}  // namespace
}  // namespace neurofs

int main(int argc, char** argv) {
  return neurofs::main_of(argc, argv);
}
