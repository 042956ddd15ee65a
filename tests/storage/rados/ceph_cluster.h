// The cluster that tests/servers/with-servers started, for tests of RADOS.
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>

#include "core/storage/object_store.h"

namespace neurofs::test {

class CephCluster {
 public:
  // Why tests that need it cannot run; "" where they can.
  static std::string missing() {
    for (const char* name : {"NEUROFS_TEST_CEPH_CONF", "NEUROFS_TEST_CEPH_POOL",
                             "NEUROFS_TEST_CEPH_READER", "NEUROFS_TEST_CEPH_CTL"}) {
      if (std::getenv(name) == nullptr) {
        return std::string(name) + " is not set: run this under tests/servers/with-servers --ceph";
      }
    }
    return "";
  }
  static std::string conf() { return std::getenv("NEUROFS_TEST_CEPH_CONF"); }
  static std::string pool() { return std::getenv("NEUROFS_TEST_CEPH_POOL"); }
  static std::string reader() { return std::getenv("NEUROFS_TEST_CEPH_READER"); }

  // `signal osd STOP`, `resume`.
  static bool control(const std::string& what) {
    return shell(std::string(std::getenv("NEUROFS_TEST_CEPH_CTL")) + " " + what);
  }
  // `osd pool create x`
  static bool ceph(const std::string& command) {
    return shell("ceph -c " + conf() + " " + command);
  }
  static bool rados(const std::string& in_pool, const std::string& command) {
    return shell("rados -c " + conf() + " -p " + in_pool + " " + command);
  }

  static StoreOptions options() {
    StoreOptions options;
    options.writable = true;
    options.remote.ceph_conf = conf();
    options.remote.rados_user = "admin";
    return options;
  }
  // A prefix that nobody else uses.
  static std::string fresh_prefix() {
    static std::atomic<int> next{0};
    return "test-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
  }

 private:
  static bool shell(const std::string& command) {
    return std::system(("exec 2>&1 >/dev/null; timeout 100 " + command).c_str()) == 0;
  }
};

}  // namespace neurofs::test
