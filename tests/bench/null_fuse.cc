// null_fuse: a FUSE daemon that does nothing, the yardstick of tests/bench/run.
//
// Purpose: what the kernel and libfuse alone cost on this machine. It shows `field.raw` of a given
// size and the files `neurons/N.raw`, all answered from one static buffer, with the session
// settings of `neurofs mount`. Whatever a real daemon adds shows as a ratio below 1.
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr fuse_ino_t kField = 2;
constexpr fuse_ino_t kNeurons = 3;
constexpr fuse_ino_t kFirstNeuron = 16;
constexpr double kTimeoutSeconds = 3600;
constexpr size_t kMaxRequest = size_t{1} << 20;

struct Settings {
  std::string mount_point;
  uint64_t size = uint64_t{4} << 30;
  uint64_t neuron_size = 4096;
  unsigned threads = 10;
  unsigned read_ahead_kb = 0;
  bool direct_io = false;
};

Settings settings;
std::vector<char> reply_bytes(kMaxRequest, 'n');

struct stat attributes(fuse_ino_t node) {
  struct stat st {};
  st.st_ino = node;
  const bool directory = node == FUSE_ROOT_ID || node == kNeurons;
  st.st_mode = directory ? S_IFDIR | 0555 : S_IFREG | 0444;
  st.st_nlink = directory ? 2 : 1;
  if (!directory) {
    st.st_size = static_cast<off_t>(node == kField ? settings.size : settings.neuron_size);
    st.st_blocks = (st.st_size + 511) / 512;
  }
  return st;
}

// 0 when there is no such file.
fuse_ino_t find(fuse_ino_t parent, const char* name) {
  if (parent == FUSE_ROOT_ID && std::strcmp(name, "field.raw") == 0) return kField;
  if (parent == FUSE_ROOT_ID && std::strcmp(name, "neurons") == 0) return kNeurons;
  if (parent != kNeurons) return 0;
  const char* end = name + std::strlen(name);
  fuse_ino_t number = 0;
  const auto [rest, error] = std::from_chars(name, end, number);
  if (error != std::errc{} || std::strcmp(rest, ".raw") != 0) return 0;
  return number < settings.size / settings.neuron_size ? kFirstNeuron + number : 0;
}

void on_init(void* /*user*/, fuse_conn_info* connection) {
  connection->max_write = kMaxRequest;
  connection->max_read = kMaxRequest;
  connection->max_readahead = kMaxRequest;
  connection->max_background = 64;
  connection->want |= connection->capable & (FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ);
}

void on_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  fuse_entry_param entry{};
  entry.ino = find(parent, name);
  if (entry.ino == 0) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  entry.attr = attributes(entry.ino);
  entry.attr_timeout = kTimeoutSeconds;
  entry.entry_timeout = kTimeoutSeconds;
  fuse_reply_entry(request, &entry);
}

void on_getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info* /*file*/) {
  const struct stat st = attributes(node);
  fuse_reply_attr(request, &st, kTimeoutSeconds);
}

// Without direct I/O the answer is "no open needed": the kernel never asks again.
void on_open(fuse_req_t request, fuse_ino_t /*node*/, fuse_file_info* file) {
  if (!settings.direct_io) {
    fuse_reply_err(request, ENOSYS);
    return;
  }
  file->direct_io = 1;
  fuse_reply_open(request, file);
}

void on_read(fuse_req_t request, fuse_ino_t node, size_t length, off_t offset, fuse_file_info*) {
  const uint64_t size = node == kField ? settings.size : settings.neuron_size;
  const uint64_t start = static_cast<uint64_t>(offset);
  const uint64_t left = start < size ? size - start : 0;
  fuse_reply_buf(request, reply_bytes.data(), std::min<uint64_t>({length, left, kMaxRequest}));
}

void on_opendir(fuse_req_t request, fuse_ino_t, fuse_file_info*) {
  fuse_reply_err(request, ENOSYS);
}

void on_readdir(fuse_req_t request, fuse_ino_t, size_t, off_t, fuse_file_info*) {
  fuse_reply_buf(request, nullptr, 0);
}

void raise_read_ahead() {
  struct stat st {};
  if (settings.read_ahead_kb == 0 || stat(settings.mount_point.c_str(), &st) != 0) return;
  std::ofstream("/sys/class/bdi/" + std::to_string(major(st.st_dev)) + ":" +
                std::to_string(minor(st.st_dev)) + "/read_ahead_kb")
      << settings.read_ahead_kb;
}

int serve() {
  fuse_lowlevel_ops operations{};
  operations.init = on_init;
  operations.lookup = on_lookup;
  operations.getattr = on_getattr;
  operations.open = on_open;
  operations.read = on_read;
  operations.opendir = on_opendir;
  operations.readdir = on_readdir;
  char program[] = "null_fuse";
  char option[] = "-oro,fsname=null_fuse,max_read=1048576";
  char* arguments[] = {program, option, nullptr};
  fuse_args args = FUSE_ARGS_INIT(2, arguments);
  fuse_session* session = fuse_session_new(&args, &operations, sizeof operations, nullptr);
  if (session == nullptr || fuse_set_signal_handlers(session) != 0 ||
      fuse_session_mount(session, settings.mount_point.c_str()) != 0) {
    std::cerr << "null_fuse: cannot mount on " << settings.mount_point << "\n";
    return 1;
  }
  fuse_loop_config* loop = fuse_loop_cfg_create();
  fuse_loop_cfg_set_clone_fd(loop, 1);
  fuse_loop_cfg_set_max_threads(loop, settings.threads);
  fuse_loop_cfg_set_idle_threads(loop, settings.threads);
  // The stat inside needs a running loop, hence its own thread.
  std::thread tuner(raise_read_ahead);
  const int result = fuse_session_loop_mt(session, loop);
  tuner.join();
  fuse_loop_cfg_destroy(loop);
  fuse_session_unmount(session);
  fuse_remove_signal_handlers(session);
  fuse_session_destroy(session);
  return result < 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"A FUSE daemon whose replies come from a static buffer"};
  app.add_option("dir", settings.mount_point, "where to mount")->required();
  app.add_option("--size", settings.size, "bytes of field.raw")->transform(CLI::AsSizeValue(false));
  app.add_option("--neuron-size", settings.neuron_size, "bytes of neurons/N.raw")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", settings.threads, "most threads of the session");
  app.add_option("--read-ahead-kb", settings.read_ahead_kb, "0: leave the kernel's default");
  app.add_flag("--direct-io", settings.direct_io, "answer every open with direct I/O");
  CLI11_PARSE(app, argc, argv);
  return serve();
}
