// bench_read: a load generator whose own cost is small beside a FUSE request.
//
// Purpose: the one client of tests/bench/run. `read` issues reads of one size at random or
// sequential offsets of one file; `ranges` reads at the offsets of a list; `open` opens, reads and
// closes files of a list; `stat` stats them. N workers (threads, or processes with --processes) run for some seconds; one JSON object on
// standard output gives rates and latencies. Files are opened before the clock starts (`read`, `ranges`).
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string path;
  std::string list;
  size_t block = 4096;
  unsigned workers = 1;
  double seconds = 2;
  uint64_t seed = 1;
  uint64_t span = 0;  // bytes of the file that are read; 0: all
  bool sequential = false;
  bool direct = false;
  bool processes = false;
  bool once = false;  // sequential: stop at the end; lists: each name once
};

// Latencies in a fixed table (1/16 of a power of two per bucket), so that a worker allocates
// nothing and results of processes travel through shared memory.
struct Histogram {
  static constexpr size_t kBuckets = 64 * 16;
  uint64_t counts[kBuckets] = {};

  static size_t bucket(uint64_t ns) {
    if (ns < 16) return ns;
    const unsigned top = 63U - static_cast<unsigned>(__builtin_clzll(ns));
    return (top - 3) * 16 + ((ns >> (top - 4)) & 15);
  }
  static double value(size_t bucket) {
    if (bucket < 16) return static_cast<double>(bucket);
    return static_cast<double>((16 + bucket % 16)) * static_cast<double>(1ULL << (bucket / 16 - 1));
  }
  double percentile(double part) const {
    uint64_t total = 0;
    for (const uint64_t c : counts) total += c;
    const double wanted = part * static_cast<double>(total);
    double seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += static_cast<double>(counts[i]);
      if (seen >= wanted && seen > 0) return value(i);
    }
    return 0;
  }
};

struct Tally {
  uint64_t operations = 0;
  uint64_t bytes = 0;
  int error = 0;  // errno of the first failure
  Histogram latency;
};

struct Shared {
  std::atomic<unsigned> ready{0};
  std::atomic<bool> go{false};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> next{0};  // sequential and list work is dealt from here
};

class Worker {
 public:
  Worker(const Settings& settings, const std::vector<std::string>& names, Shared& shared,
         Tally& tally, unsigned number)
      : settings_(settings),
        names_(names),
        shared_(shared),
        tally_(tally),
        random_(settings.seed * 1000 + number) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 4096, std::max<size_t>(settings.block, 4096)) != 0) std::abort();
    std::memset(memory, 0, settings.block);
    buffer_ = static_cast<char*>(memory);
  }
  ~Worker() { std::free(buffer_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  template <typename Step>
  void run(Step step) {
    shared_.ready.fetch_add(1);
    while (!shared_.go.load(std::memory_order_acquire)) std::this_thread::yield();
    auto before = Clock::now();
    while (!shared_.stop.load(std::memory_order_relaxed) && step()) {
      const auto after = Clock::now();
      const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(after - before).count();
      ++tally_.latency.counts[Histogram::bucket(static_cast<uint64_t>(ns))];
      ++tally_.operations;
      before = after;
    }
  }

  void read_file() {
    const int fd = open(settings_.path.c_str(), O_RDONLY | (settings_.direct ? O_DIRECT : 0));
    struct stat st {};
    if (fd < 0 || fstat(fd, &st) != 0) return fail();
    const uint64_t size = settings_.span != 0 ? settings_.span : static_cast<uint64_t>(st.st_size);
    const uint64_t blocks = size / settings_.block;
    if (blocks == 0) throw std::runtime_error("the file is smaller than one block");
    std::uniform_int_distribution<uint64_t> pick(0, blocks - 1);
    run([&] {
      uint64_t block;
      if (settings_.sequential) {
        block = shared_.next.fetch_add(1, std::memory_order_relaxed);
        if (settings_.once && block >= blocks) return false;
        block %= blocks;
      } else {
        block = pick(random_);
      }
      return read_at(fd, block * settings_.block);
    });
    close(fd);
  }

  // Lines of an offset and a path; each worker has descriptors of its own.
  void read_ranges() {
    std::map<std::string, int> files;
    std::vector<std::pair<int, uint64_t>> ranges;
    for (const std::string& line : names_) {
      std::istringstream words(line);
      uint64_t offset = 0;
      std::string path;
      if (!(words >> offset) || !std::getline(words >> std::ws, path)) {
        throw std::runtime_error("not an offset and a path: " + line);
      }
      const auto [file, fresh] = files.try_emplace(path, -1);
      if (fresh) file->second = open(path.c_str(), O_RDONLY | (settings_.direct ? O_DIRECT : 0));
      if (file->second < 0) return fail();
      ranges.emplace_back(file->second, offset);
    }
    run([&] {
      const uint64_t turn = shared_.next.fetch_add(1, std::memory_order_relaxed);
      if (settings_.once && turn >= ranges.size()) return false;
      const auto& [fd, offset] = ranges[turn % ranges.size()];
      return read_at(fd, offset);
    });
    for (const auto& [path, fd] : files) close(fd);
  }

  void open_files() {
    const int flags = O_RDONLY | (settings_.direct ? O_DIRECT : 0);
    run([&] {
      const std::string* name = next_name();
      if (name == nullptr) return false;
      const int fd = open(name->c_str(), flags);
      if (fd < 0) return failed();
      const bool more = read_at(fd, 0);
      close(fd);
      return more;
    });
  }

  void stat_files() {
    run([&] {
      const std::string* name = next_name();
      if (name == nullptr) return false;
      struct stat st {};
      return stat(name->c_str(), &st) == 0 || failed();
    });
  }

 private:
  const std::string* next_name() {
    const uint64_t turn = shared_.next.fetch_add(1, std::memory_order_relaxed);
    if (settings_.once && turn >= names_.size()) return nullptr;
    return &names_[turn % names_.size()];
  }
  bool read_at(int fd, uint64_t offset) {
    const ssize_t got = pread(fd, buffer_, settings_.block, static_cast<off_t>(offset));
    if (got < 0) return failed();
    tally_.bytes += static_cast<uint64_t>(got);
    return true;
  }
  bool failed() {
    tally_.error = errno;
    return false;
  }
  void fail() {
    failed();
    shared_.ready.fetch_add(1);
  }

  const Settings& settings_;
  const std::vector<std::string>& names_;
  Shared& shared_;
  Tally& tally_;
  std::mt19937_64 random_;
  char* buffer_ = nullptr;
};

using Job = void (Worker::*)();

// Runs the workers and returns the seconds between start and the last one's end.
double run_workers(const Settings& settings, const std::vector<std::string>& names, Job job,
                   Shared& shared, Tally* tallies) {
  std::vector<std::thread> threads;
  std::vector<pid_t> children;
  for (unsigned i = 0; i < settings.workers; ++i) {
    const auto body = [&, i] {
      Worker worker(settings, names, shared, tallies[i], i);
      (worker.*job)();
    };
    if (!settings.processes) {
      threads.emplace_back(body);
      continue;
    }
    const pid_t child = fork();
    if (child == 0) {
      body();
      _exit(0);
    }
    children.push_back(child);
  }
  while (shared.ready.load() < settings.workers) std::this_thread::yield();
  const auto start = Clock::now();
  shared.go.store(true, std::memory_order_release);
  std::thread timer([&] {
    const auto end = start + std::chrono::duration<double>(settings.seconds);
    while (Clock::now() < end && !shared.stop.load()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    shared.stop.store(true);
  });
  for (auto& thread : threads) thread.join();
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  shared.stop.store(true);
  timer.join();
  return seconds;
}

void* shared_memory(size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
  return memory;
}

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  if (path.empty()) return lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (lines.empty()) throw std::runtime_error("no names in " + path);
  return lines;
}

int measure(const Settings& settings, Job job) {
  const std::vector<std::string> names = read_lines(settings.list);
  auto* shared = new (shared_memory(sizeof(Shared))) Shared;
  auto* tallies = static_cast<Tally*>(shared_memory(sizeof(Tally) * settings.workers));
  const double seconds = run_workers(settings, names, job, *shared, tallies);

  Tally sum;
  for (unsigned i = 0; i < settings.workers; ++i) {
    sum.operations += tallies[i].operations;
    sum.bytes += tallies[i].bytes;
    sum.error = sum.error != 0 ? sum.error : tallies[i].error;
    for (size_t b = 0; b < Histogram::kBuckets; ++b) {
      sum.latency.counts[b] += tallies[i].latency.counts[b];
    }
  }
  if (sum.error != 0) {
    std::cerr << "bench_read: " << std::strerror(sum.error) << "\n";
    return 1;
  }
  std::cout << nlohmann::json{{"operations", sum.operations},
                              {"bytes", sum.bytes},
                              {"seconds", seconds},
                              {"ops_per_s", static_cast<double>(sum.operations) / seconds},
                              {"mb_per_s", static_cast<double>(sum.bytes) / seconds / 1e6},
                              {"p50_us", sum.latency.percentile(0.50) / 1e3},
                              {"p99_us", sum.latency.percentile(0.99) / 1e3}}
            << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Reads, opens or stats files as fast as it can and prints rates as JSON"};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--workers", settings.workers, "threads, or processes")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", settings.seconds, "how long");
  app.add_option("--block", settings.block, "bytes a read")->transform(CLI::AsSizeValue(false));
  app.add_option("--seed", settings.seed, "of the random offsets");
  app.add_flag("--direct", settings.direct, "O_DIRECT");
  app.add_flag("--processes", settings.processes, "processes in place of threads");
  app.add_flag("--once", settings.once, "stop at the end of the file or list");
  auto* read = app.add_subcommand("read", "reads of one file");
  read->add_option("file", settings.path)->required();
  read->add_option("--span", settings.span, "read only the first so many bytes")
      ->transform(CLI::AsSizeValue(false));
  read->add_flag("--sequential", settings.sequential, "else at random offsets");
  auto* ranges = app.add_subcommand("ranges", "reads at the offsets of a list");
  ranges->add_option("list", settings.list, "a file with an offset and a path a line")->required();
  auto* open = app.add_subcommand("open", "open, read one block, close");
  open->add_option("list", settings.list, "a file with a path a line")->required();
  auto* stat = app.add_subcommand("stat", "stat");
  stat->add_option("list", settings.list, "a file with a path a line")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    if (*read) return measure(settings, &Worker::read_file);
    if (*ranges) return measure(settings, &Worker::read_ranges);
    return measure(settings, *open ? &Worker::open_files : &Worker::stat_files);
  } catch (const std::exception& error) {
    std::cerr << "bench_read: " << error.what() << "\n";
    return 1;
  }
}
