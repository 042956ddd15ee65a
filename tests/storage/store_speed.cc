// store_speed FILE [SECONDS]: what a file store reads per second, to compare with fio. Not a test.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "core/storage/aligned_buffer.h"
#include "core/storage/file_store.h"

namespace neurofs {
namespace {

struct Load {
  const char* name;
  unsigned threads;
  unsigned batch;
  uint64_t bytes;
  uint64_t shift;  // of every offset, to force bounce buffers
  bool random;
};

void run(FileStore& store, const std::string& key, uint64_t size, const Load& load, int seconds) {
  std::atomic<uint64_t> ops{0};
  std::atomic<uint64_t> next{0};
  std::atomic<bool> stop{false};
  const auto work = [&](unsigned seed) {
    std::mt19937_64 random(seed);
    const auto memory = make_aligned_buffer(load.batch * load.bytes);
    std::vector<MutableBytes> dests(load.batch);
    std::vector<ReadOp> batch(load.batch);
    const uint64_t places = size / load.bytes - 1;
    for (unsigned i = 0; i < load.batch; ++i) {
      dests[i] = {memory.get() + i * load.bytes, load.bytes};
      batch[i].key = key;
      batch[i].dests = {&dests[i], 1};
    }
    while (!stop) {
      for (ReadOp& op : batch) {
        const uint64_t place = (load.random ? random() : next++) % places;
        op.range = {place * load.bytes + load.shift, load.bytes};
      }
      store.read(batch);
      for (const ReadOp& op : batch) {
        if (op.outcome == ReadOp::Outcome::kData) continue;
        std::fprintf(stderr, "%s\n", op.status.to_string().c_str());
        std::exit(1);
      }
      ops += batch.size();
    }
  };
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < load.threads; ++t) threads.emplace_back(work, t);
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  stop = true;
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const double rate = static_cast<double>(ops) / elapsed.count();
  std::printf("%-36s %10.0f reads/s %8.1f MB/s\n", load.name, rate,
              rate * static_cast<double>(load.bytes) / 1e6);
}

int main_of(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: store_speed FILE [SECONDS]\n");
    return 2;
  }
  const std::filesystem::path file = std::filesystem::absolute(argv[1]);
  const int seconds = argc > 2 ? std::atoi(argv[2]) : 3;
  const uint64_t size = std::filesystem::file_size(file);
  for (const bool uring : {true, false}) {
    StoreOptions options;
    options.use_io_uring = uring;
    auto store = FileStore::open(file.parent_path().string(), options, {});
    if (!store.ok()) {
      std::fprintf(stderr, "%s\n", store.status().to_string().c_str());
      return 1;
    }
    for (const auto& [name, value] : (*store)->describe()) {
      std::printf("%s=%s ", name.c_str(), value.c_str());
    }
    std::printf("\n");
    const Load loads[] = {{"4 KiB, 1 thread", 1, 1, 4096, 0, true},
                          {"4 KiB, 32 threads", 32, 1, 4096, 0, true},
                          {"4 KiB, 1 thread, batches of 32", 1, 32, 4096, 0, true},
                          {"4 KB unaligned, batches of 32", 1, 32, 4000, 48, true},
                          {"1 MiB in order", 1, 1, 1 << 20, 0, false},
                          {"1 MiB unaligned in order", 1, 1, 1 << 20, 48, false},
                          {"8 MiB in order", 1, 1, 8 << 20, 0, false}};
    for (const Load& load : loads) run(**store, file.filename().string(), size, load, seconds);
  }
  return 0;
}

}  // namespace
}  // namespace neurofs

int main(int argc, char** argv) {
  return neurofs::main_of(argc, argv);
}
