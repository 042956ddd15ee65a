// bench_rados: ranges of RADOS objects by librados alone, some in flight: what a store over it can reach.
//
// Purpose: the yardstick of tests/bench/run for rados://. A read that ends starts the next one from its
// callback, so that always as many are in flight as asked for. The list has an offset and an object a line.
// One JSON object on standard output gives the rate.
#include <rados/librados.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Range {
  uint64_t offset = 0;
  std::string object;
};

struct Settings {
  std::string conf;
  std::string pool;
  std::string user = "client.admin";
  std::string list;
  unsigned in_flight = 32;
  size_t block = 4096;
};

void check(int error, const char* what) {
  if (error < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(-error));
}

class Reader {
 public:
  Reader(rados_ioctx_t io, const std::vector<Range>& ranges, const Settings& settings)
      : io_(io), ranges_(ranges), block_(settings.block), lanes_(settings.in_flight) {
    for (Lane& lane : lanes_) lane = {this, std::vector<char>(block_)};
  }

  // Seconds for all ranges.
  double run() {
    const auto begin = Clock::now();
    for (Lane& lane : lanes_) start(lane);
    for (size_t i = 0; i < lanes_.size(); ++i) ended_.acquire();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    check(error_, "a read failed");
    return seconds;
  }

 private:
  struct Lane {
    Reader* reader = nullptr;
    std::vector<char> bytes;
  };

  void start(Lane& lane) {
    const size_t turn = next_.fetch_add(1, std::memory_order_relaxed);
    if (turn >= ranges_.size() || error_ != 0) return ended_.release();
    const Range& range = ranges_[turn];
    rados_completion_t completion = nullptr;
    rados_aio_create_completion2(&lane, on_done, &completion);
    const int error = rados_aio_read(io_, range.object.c_str(), completion, lane.bytes.data(),
                                     block_, range.offset);
    if (error == 0) return;
    error_ = error;
    rados_aio_release(completion);
    ended_.release();
  }

  static void on_done(rados_completion_t completion, void* argument) {
    Lane& lane = *static_cast<Lane*>(argument);
    const int got = rados_aio_get_return_value(completion);
    if (got < 0) lane.reader->error_ = got;
    if (got >= 0 && static_cast<size_t>(got) != lane.reader->block_) lane.reader->error_ = -EIO;
    rados_aio_release(completion);
    lane.reader->start(lane);
  }

  rados_ioctx_t io_;
  const std::vector<Range>& ranges_;
  const size_t block_;
  std::vector<Lane> lanes_;
  std::atomic<size_t> next_{0};
  std::atomic<int> error_{0};
  std::counting_semaphore<> ended_{0};
};

std::vector<Range> read_list(const std::string& path) {
  std::ifstream in(path);
  std::vector<Range> ranges;
  for (Range range; in >> range.offset >> range.object;) ranges.push_back(range);
  if (ranges.empty()) throw std::runtime_error("no ranges in " + path);
  return ranges;
}

void measure(const Settings& settings) {
  const std::vector<Range> ranges = read_list(settings.list);
  rados_t cluster = nullptr;
  rados_ioctx_t io = nullptr;
  check(rados_create2(&cluster, "ceph", settings.user.c_str(), 0), "rados_create2");
  check(rados_conf_read_file(cluster, settings.conf.c_str()), "rados_conf_read_file");
  check(rados_conf_set(cluster, "rados_osd_op_timeout", "30"), "rados_conf_set");
  check(rados_connect(cluster), "rados_connect");
  check(rados_ioctx_create(cluster, settings.pool.c_str(), &io), "rados_ioctx_create");
  const double seconds = Reader(io, ranges, settings).run();
  rados_ioctx_destroy(io);
  rados_shutdown(cluster);
  std::cout << nlohmann::json{{"operations", ranges.size()},
                              {"seconds", seconds},
                              {"ops_per_s", static_cast<double>(ranges.size()) / seconds}}
            << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Reads ranges of RADOS objects by librados alone and prints the rate as JSON"};
  app.add_option("--conf", settings.conf, "ceph.conf")->required();
  app.add_option("--pool", settings.pool)->required();
  app.add_option("--user", settings.user)->capture_default_str();
  app.add_option("--in-flight", settings.in_flight)->check(CLI::PositiveNumber);
  app.add_option("--block", settings.block, "bytes a read");
  app.add_option("list", settings.list, "a file with an offset and an object a line")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    measure(settings);
  } catch (const std::exception& error) {
    std::cerr << "bench_rados: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
