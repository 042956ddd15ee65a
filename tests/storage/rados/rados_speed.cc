// rados_speed [SECONDS]: random reads of 4 KiB, 32 in flight, by librados alone and by the store, in turns.
//
// Under tests/servers/with-servers --ceph. The bare reader is a ring of rados_aio_read calls; the store gets
// batches of 1024 from one thread, and single reads from 32 threads.

#include <rados/librados.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <random>
#include <thread>
#include <vector>

#include "tests/contract/store_contract.h"
#include "tests/storage/rados/ceph_cluster.h"

namespace neurofs::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kObjects = 8;
constexpr size_t kObjectBytes = 32 << 20;
constexpr size_t kPage = 4096;
constexpr size_t kInFlight = 32;
constexpr size_t kBatch = 1024;  // of which the store keeps 32 in flight

std::string key_of(size_t i) {
  return "c/" + std::to_string(i);
}
uint64_t random_offset(std::mt19937_64& random) {
  return random() % (kObjectBytes / kPage) * kPage;
}

double by_librados(rados_ioctx_t io, const std::string& prefix, double seconds) {
  std::mt19937_64 random(1);
  std::vector<std::vector<char>> pages(kInFlight, std::vector<char>(kPage));
  std::vector<rados_completion_t> flying(kInFlight);
  const auto start = [&](size_t i) {
    rados_aio_create_completion2(nullptr, nullptr, &flying[i]);
    const std::string name = prefix + "/" + key_of(random() % kObjects);
    rados_aio_read(io, name.c_str(), flying[i], pages[i].data(), kPage, random_offset(random));
  };
  const auto begin = Clock::now();
  const auto until = begin + std::chrono::duration<double>(seconds);
  for (size_t i = 0; i < kInFlight; ++i) start(i);
  size_t done = 0;
  for (; Clock::now() < until; ++done) {
    rados_aio_wait_for_complete(flying[done % kInFlight]);
    rados_aio_release(flying[done % kInFlight]);
    start(done % kInFlight);
  }
  for (const auto completion : flying) {
    rados_aio_wait_for_complete(completion);
    rados_aio_release(completion);
  }
  return static_cast<double>(done + kInFlight) /
         std::chrono::duration<double>(Clock::now() - begin).count();
}

size_t read_some(ObjectStore& store, size_t batch, unsigned seed, Clock::time_point until) {
  std::mt19937_64 random(seed);
  std::vector<ByteVector> pages(batch, ByteVector(kPage));
  std::vector<MutableBytes> dests(pages.begin(), pages.end());
  std::vector<std::string> keys(batch);
  size_t done = 0;
  for (; Clock::now() < until; done += batch) {
    std::vector<ReadOp> ops(batch);
    for (size_t i = 0; i < batch; ++i) {
      keys[i] = key_of(random() % kObjects);
      ops[i].key = keys[i];
      ops[i].range = {random_offset(random), kPage};
      ops[i].dests = {&dests[i], 1};
    }
    store.read(ops);
    for (const ReadOp& op : ops) {
      if (op.outcome != ReadOp::Outcome::kData) std::puts(op.status.to_string().c_str());
    }
  }
  return done;
}

double by_store(ObjectStore& store, size_t threads, size_t batch, double seconds) {
  const auto begin = Clock::now();
  const auto until =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  std::atomic<size_t> done{0};
  std::vector<std::thread> readers;
  for (unsigned t = 0; t < threads; ++t) {
    readers.emplace_back([&, t] { done += read_some(store, batch, t + 1, until); });
  }
  for (auto& reader : readers) reader.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Figure {
  double rate;
  double cpu_us;
};

template <typename Work>
Figure measure(const Work& work) {
  const auto cpu = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
  const double cpu_before = cpu();
  const auto begin = Clock::now();
  const double rate = work();
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  return {rate, (cpu() - cpu_before) * 1e6 / (rate * wall)};
}

int run(double seconds) {
  if (const std::string why = CephCluster::missing(); !why.empty()) {
    std::fprintf(stderr, "rados_speed: %s\n", why.c_str());
    return 1;
  }
  const std::string prefix = CephCluster::fresh_prefix();
  auto store = open_store("rados://" + CephCluster::pool() + "/" + prefix, CephCluster::options());
  rados_t cluster = nullptr;
  rados_ioctx_t io = nullptr;
  if (!store.ok() || rados_create2(&cluster, "ceph", "client.admin", 0) < 0 ||
      rados_conf_read_file(cluster, CephCluster::conf().c_str()) < 0 ||
      rados_connect(cluster) < 0 ||
      rados_ioctx_create(cluster, CephCluster::pool().c_str(), &io) < 0) {
    std::fprintf(stderr, "rados_speed: cannot connect: %s\n", store.status().to_string().c_str());
    return 1;
  }
  for (size_t i = 0; i < kObjects; ++i) {
    if (!(*store)->put(key_of(i), pattern(kObjectBytes, static_cast<unsigned>(i))).ok()) return 1;
  }
  std::puts("4 KiB reads a second, 32 in flight, and the client's CPU time for each in us");
  std::puts("     librados     store, one batch     store, 32 threads");
  double sums[3] = {};
  for (int round = 1; round <= 8; ++round) {
    const Figure figures[] = {
        measure([&] { return by_librados(io, prefix, seconds); }),
        measure([&] { return by_store(**store, 1, kBatch, seconds); }),
        measure([&] { return by_store(**store, kInFlight, 1, seconds); }),
    };
    for (int i = 0; i < 3; ++i) {
      sums[i] += figures[i].rate;
      std::printf("%9.0f %5.1f us  ", figures[i].rate, figures[i].cpu_us);
    }
    std::printf("ratios so far %.2f %.2f\n", sums[1] / sums[0], sums[2] / sums[0]);
  }
  rados_ioctx_destroy(io);
  rados_shutdown(cluster);
  return 0;
}

}  // namespace
}  // namespace neurofs::test

int main(int argc, char** argv) {
  return neurofs::test::run(argc > 1 ? std::atof(argv[1]) : 3);
}
