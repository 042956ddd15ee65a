// cache_restart DIR [GIB] [BLOCK]: how long a mount waits for a full disk cache. Not a test.
//
// Fills DIR, which is kept, unless it is full already; then opens it, five times, each after the kernel's page cache
// was dropped (root), with O_DIRECT as always. Blocks are of BLOCK bytes; without it of 4 KiB to 1 MiB, as many of
// each power of two. Prints what fits, too.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "core/storage/disk_cache/disk_cache.h"

namespace neurofs {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Until entries leave again.
void fill(DiskCache& cache, Metrics& metrics, uint64_t block) {
  std::mt19937_64 random(1);
  ByteVector bytes(kMiB + 4096);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  uint64_t most = 0;
  uint64_t waiting = 0;
  for (uint64_t n = 0; cache.entries() >= most; ++n) {
    const uint64_t length = block != 0 ? block : uint64_t{4096} << random() % 9;
    const Bytes content = Bytes(bytes).subspan(n % 4096, length);
    const ObjectHash object{n, 7};
    cache.write(cache_key(object, kWholeObject, 1), content);
    waiting += length;
    if (waiting < 32 * kMiB) continue;
    most = std::max(most, cache.entries());
    cache.drain();
    waiting = 0;
  }
  std::printf(
      "written %.2f GiB, dropped %llu\n",
      static_cast<double>(metrics.counter("nvme_write_bytes_total", "").value()) / (1 << 30),
      static_cast<unsigned long long>(metrics.counter("nvme_dropped_total", "").value()));
}

int main_of(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: cache_restart DIR [GIB] [BLOCK]\n");
    return 2;
  }
  Metrics metrics;
  DiskCacheOptions options;
  options.directory = argv[1];
  options.bytes = (argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 20) << 30;
  options.metrics = &metrics;
  const uint64_t block = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 0;
  {
    const auto cache = DiskCache::open(options).value();
    if (cache->used_bytes() + 1024 * kMiB < options.bytes) fill(*cache, metrics, block);
  }
  for (int round = 0; round < 5; ++round) {
    std::ofstream("/proc/sys/vm/drop_caches") << "3" << std::endl;
    const auto start = std::chrono::steady_clock::now();
    const auto cache = DiskCache::open(options).value();
    std::printf("ready after %.2f s: %llu entries, %.2f GiB on disk %s\n", seconds_since(start),
                static_cast<unsigned long long>(cache->entries()),
                static_cast<double>(cache->used_bytes()) / (1 << 30), cache->state().c_str());
  }
  return 0;
}

}  // namespace
}  // namespace neurofs

int main(int argc, char** argv) {
  return neurofs::main_of(argc, argv);
}
