// MountFixture: a small field on disk, and daemons that mount it, for tests with a real kernel.
//
// A daemon is a forked child that calls run_mount, as `neurofs mount -f` does. Tests skip where
// /dev/fuse cannot be opened.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <string>

#include "core/engine/field_writer.h"
#include "fs/mount_options.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {

class MountFixture : public ::testing::Test {
 protected:
  static constexpr Index kNeurons = 2500;
  static constexpr Index kFeatures = 40;

  void SetUp() override;
  void TearDown() override;

  // Element (n, f) of the field.
  static float value(Index n, Index f) { return static_cast<float>(n * kFeatures + f) / 8; }

  // Creates source()/NAME; kNeurons x kFeatures float32 with values when `filled`.
  void create(const std::string& name, const CreateOptions& options, bool filled = false);
  void create_default(const std::string& name);

  // Mounts source() + "/" + name; false (with why()) when the daemon said no.
  bool mount(const std::string& name, MountOptions options = {});
  // Sends the signal (0: none) and waits; the exit status, or 128 + the signal that killed it.
  int end(int signal);

  std::string source() const { return dir_->path() + "/source"; }
  std::string mnt() const { return dir_->path() + "/mnt"; }
  std::string at(const std::string& path) const { return mnt() + "/" + path; }
  const std::string& why() const { return why_; }
  pid_t daemon() const { return daemon_; }

  // Runs a shell command in the mount; its exit status.
  int shell(const std::string& command) const;
  std::string output(const std::string& command) const;

 private:
  std::unique_ptr<TempDir> dir_;
  pid_t daemon_ = 0;
  std::string why_;
};

// A file's bytes by read(2) in pieces of `piece`; errno in `error`.
std::string read_file(const std::string& path, size_t piece = 1 << 17, int* error = nullptr);

}  // namespace neurofs::test
