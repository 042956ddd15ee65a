#include "tests/mount/mount_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <vector>

#include "fs/mount.h"

namespace neurofs::test {

void MountFixture::SetUp() {
  const int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (fuse < 0) GTEST_SKIP() << "/dev/fuse cannot be opened: " << std::strerror(errno);
  close(fuse);
  dir_ = std::make_unique<TempDir>();
  std::filesystem::create_directory(mnt());
  std::filesystem::create_directory(source());
}

void MountFixture::TearDown() {
  if (daemon_ > 0) end(SIGTERM);
  if (dir_) umount2(mnt().c_str(), MNT_DETACH);
}

void MountFixture::create(const std::string& name, const CreateOptions& options, bool filled) {
  StoreOptions store_options;
  store_options.writable = true;
  store_options.create = true;
  const auto store = open_store(source() + "/" + name, store_options);
  ASSERT_TRUE(store.ok()) << store.status().to_string();
  const Status created = create_field(**store, "", options);
  ASSERT_TRUE(created.ok()) << created.to_string();
  if (!filled) return;
  const auto field = open_stored_field(*store, "", {});
  ASSERT_TRUE(field.ok()) << field.status().to_string();
  auto writer = FieldWriter::open(*field);
  ASSERT_TRUE(writer.ok()) << writer.status().to_string();
  std::vector<float> data;
  for (Index n = 0; n < kNeurons; ++n) {
    for (Index f = 0; f < kFeatures; ++f) data.push_back(value(n, f));
  }
  const Status written =
      (*writer)->write(whole_region(options.shape), std::as_bytes(std::span(data)));
  ASSERT_TRUE(written.ok()) << written.to_string();
  ASSERT_TRUE((*writer)->flush().ok());
}

void MountFixture::create_default(const std::string& name) {
  CreateOptions options;
  options.shape = {kNeurons, kFeatures};
  options.chunk_shape = {100, kFeatures};
  options.shard_shape = {1000, kFeatures};
  options.attributes = {{"units", "mV"}};
  create(name, options, true);
}

bool MountFixture::mount(const std::string& name, MountOptions options) {
  // What a test did not choose.
  if (options.engine.ram_bytes == EngineOptions().ram_bytes) {
    options.engine.ram_bytes = uint64_t{64} << 20;
  }
  std::array<int, 2> ready;
  if (pipe2(ready.data(), O_CLOEXEC) != 0) return false;
  daemon_ = fork();
  if (daemon_ == 0) {
    close(ready[0]);
    const auto result = run_mount(source() + "/" + name, mnt(), options, [&](const Status& s) {
      const std::string text = s.ok() ? "+" : s.to_string();
      [[maybe_unused]] const ssize_t n = write(ready[1], text.data(), text.size());
      close(ready[1]);
    });
    _exit(result.ok() ? 0 : 1);
  }
  close(ready[1]);
  why_.clear();
  std::array<char, 4096> text;
  for (ssize_t n = 0; (n = read(ready[0], text.data(), text.size())) > 0;) {
    why_.append(text.data(), static_cast<size_t>(n));
  }
  close(ready[0]);
  if (why_ == "+") return true;
  end(0);
  return false;
}

int MountFixture::end(int signal) {
  if (signal != 0) kill(daemon_, signal);
  int state = 0;
  waitpid(daemon_, &state, 0);
  daemon_ = 0;
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

int MountFixture::shell(const std::string& command) const {
  const int state = std::system(("cd '" + mnt() + "' && " + command).c_str());
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128;
}

std::string MountFixture::output(const std::string& command) const {
  FILE* pipe = popen(("cd '" + mnt() + "' && " + command).c_str(), "r");
  if (pipe == nullptr) return {};
  std::string text;
  std::array<char, 4096> part;
  while (const size_t n = fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), n);
  pclose(pipe);
  return text;
}

std::string read_file(const std::string& path, size_t piece, int* error) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (error != nullptr) *error = fd < 0 ? errno : 0;
  if (fd < 0) return {};
  std::string all;
  std::string part(piece, '\0');
  ssize_t n = 0;
  while ((n = read(fd, part.data(), part.size())) > 0) all.append(part, 0, static_cast<size_t>(n));
  if (n < 0 && error != nullptr) *error = errno;
  close(fd);
  return all;
}

}  // namespace neurofs::test
