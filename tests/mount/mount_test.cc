// The mount as unmodified programs see it.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "tests/mount/mount_fixture.h"

namespace neurofs::test {
namespace {

class Mount : public MountFixture {
 protected:
  struct stat stat_of(const std::string& path) const {
    struct stat st {};
    EXPECT_EQ(::stat(at(path).c_str(), &st), 0) << path << ": " << std::strerror(errno);
    return st;
  }
  int open_error(const std::string& path) const {
    struct stat st {};
    return ::stat(at(path).c_str(), &st) == 0 ? 0 : errno;
  }
  long daemon_kib() const {
    std::ifstream status("/proc/" + std::to_string(daemon()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
    }
    return 0;
  }
  static std::string neuron_bytes(Index n) {
    std::vector<float> row;
    for (Index f = 0; f < kFeatures; ++f) row.push_back(value(n, f));
    return {reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float)};
  }
  std::string field_bytes() const {
    std::string all;
    for (Index n = 0; n < kNeurons; ++n) all += neuron_bytes(n);
    return all;
  }
};

TEST_F(Mount, ReadsFieldNeuronsAndRegions) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(read_file(at("field.raw")), field_bytes());
  EXPECT_EQ(read_file(at("field.raw"), 1000), field_bytes());
  EXPECT_EQ(read_file(at("neurons/1234.raw")), neuron_bytes(1234));
  EXPECT_EQ(read_file(at("neurons/1/1234.npy")).substr(128), neuron_bytes(1234));
  EXPECT_EQ(read_file(at("regions/7.raw")), neuron_bytes(7));
  EXPECT_EQ(read_file(at("regions/-1.raw")), neuron_bytes(kNeurons - 1));
  EXPECT_EQ(read_file(at("regions/5:7.raw")), neuron_bytes(5) + neuron_bytes(6));
  EXPECT_EQ(read_file(at("regions/6:4:-1.raw")), neuron_bytes(6) + neuron_bytes(5));
  EXPECT_EQ(output("head -n 2 regions/0:3,0:2.txt"),
            " 0.00000000e+00  1.25000000e-01\n 5.00000000e+00  5.12500000e+00\n");
}

TEST_F(Mount, ServesTheSameBytesWithDirectIo) {
  create_default("f");
  MountOptions options;
  options.direct_io = true;
  ASSERT_TRUE(mount("f", options)) << why();
  EXPECT_EQ(read_file(at("field.raw"), 777), field_bytes());
  EXPECT_EQ(read_file(at("field.raw"), 1 << 20), field_bytes());
}

TEST_F(Mount, StatIsExactAndInodesAreStable) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const auto direct = stat_of("neurons/1234.npy");
  const auto browsed = stat_of("neurons/1/1234.npy");
  EXPECT_EQ(direct.st_ino, browsed.st_ino);
  EXPECT_EQ(direct.st_size, 128 + kFeatures * 4);
  EXPECT_EQ(direct.st_blocks, 1);
  EXPECT_EQ(direct.st_mode, static_cast<mode_t>(S_IFREG | 0444));
  EXPECT_GT(direct.st_mtim.tv_sec, 1'600'000'000);
  EXPECT_EQ(stat_of("neurons").st_mode, static_cast<mode_t>(S_IFDIR | 0555));
  const auto region = stat_of("regions/0:3.npy").st_ino;
  EXPECT_EQ(region, stat_of("regions/0:3,:.npy").st_ino) << "one region, two spellings";
  EXPECT_EQ(end(SIGTERM), 0);
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(direct.st_ino, stat_of("neurons/1234.npy").st_ino);
  EXPECT_EQ(region, stat_of("regions/0:3.npy").st_ino);
}

TEST_F(Mount, ListsWhatItHas) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(output("LC_ALL=C ls -A"),
            ".neurofs\nfield.npy\nfield.raw\nfield.txt\nneurons\nregions\n");
  EXPECT_EQ(output("ls neurons"), "0\n1\n2\n");
  EXPECT_EQ(output("ls neurons/2 | wc -l"), "500\n");
  EXPECT_EQ(output("ls -l neurons/1 | grep -c npy"), "1000\n");
  EXPECT_EQ(output("find . -type f -name '*.npy' | wc -l"), "2501\n");
  EXPECT_EQ(output("find . -maxdepth 2 | wc -l"), "15\n");
}

TEST_F(Mount, R16_SparseAwareProgramsCopyEveryByte) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const std::string out = source() + "/out";
  ASSERT_EQ(shell("mkdir '" + out + "' && tar -S -cf - neurons/0 | tar -xf - -C '" + out + "'"), 0);
  EXPECT_EQ(shell("diff -r neurons/0 '" + out + "/neurons/0'"), 0);
  EXPECT_EQ(shell("cp -r --sparse=always neurons/2 '" + out + "/copy' && diff -r neurons/2 '" +
                  out + "/copy'"),
            0);
  EXPECT_EQ(shell("cp -r .neurofs '" + out + "/control'"), 0);
  if (std::system("command -v rsync >/dev/null") == 0) {
    EXPECT_EQ(
        shell("rsync -aS neurons/1/ '" + out + "/rsync/' && diff -r neurons/1 '" + out + "/rsync'"),
        0);
  }
}

TEST_F(Mount, WritesAreRefused) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(::open(at("field.raw").c_str(), O_WRONLY), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::open(at("new").c_str(), O_WRONLY | O_CREAT, 0644), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::unlink(at("field.raw").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::mkdir(at("d").c_str(), 0755), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::rename(at("field.raw").c_str(), at("x").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::truncate(at("field.raw").c_str(), 0), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::chmod(at("field.raw").c_str(), 0777), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::setxattr(at("field.raw").c_str(), "user.x", "1", 1, 0), -1);
  EXPECT_EQ(errno, EROFS);
  EXPECT_EQ(::symlink("a", at("b").c_str()), -1);
  EXPECT_EQ(errno, EROFS);
}

TEST_F(Mount, S1_NamesThatAreNoneOfOurs) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(open_error("neurons/2500.npy"), ENOENT);
  EXPECT_EQ(open_error("neurons/-1.npy"), ENOENT);
  EXPECT_EQ(open_error("neurons/007.npy"), ENOENT);
  EXPECT_EQ(open_error("regions/%2e%2e"), ENOENT);
  EXPECT_EQ(open_error("regions/a:b:c:d:e.npy"), ENOENT);
  EXPECT_EQ(open_error("regions/\xff\xfe.npy"), ENOENT);
  EXPECT_EQ(open_error("regions/2500.npy"), EINVAL);
  EXPECT_EQ(open_error("regions/::0.npy"), EINVAL);
  EXPECT_EQ(open_error("regions/" + std::string(300, '1')), ENAMETOOLONG);
  EXPECT_EQ(open_error("regions/" + std::string(10240, '1')), ENAMETOOLONG);
  EXPECT_EQ(open_error("regions/../field.raw"), 0);
}

TEST_F(Mount, ExtendedAttributesDescribeNodes) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const auto get = [&](const std::string& path, const char* name) {
    std::string text(4096, '\0');
    const ssize_t n = ::getxattr(at(path).c_str(), name, text.data(), text.size());
    return n < 0 ? std::string("errno ") + std::to_string(errno)
                 : text.substr(0, static_cast<size_t>(n));
  };
  EXPECT_EQ(get("field.npy", "user.neurofs.shape"), "2500,40");
  EXPECT_EQ(get("neurons/7.npy", "user.neurofs.shape"), "40");
  EXPECT_EQ(get("neurons/7.npy", "user.neurofs.neuron"), "7");
  EXPECT_EQ(get("regions/0:3.npy", "user.neurofs.region"), ":3");
  EXPECT_EQ(get(".", "user.neurofs.attr.units"), "mV");
  EXPECT_EQ(get("field.npy", "user.neurofs.nothing"), "errno " + std::to_string(ENODATA));
  std::string list(65536, '\0');
  const ssize_t n = ::listxattr(at("field.npy").c_str(), list.data(), list.size());
  ASSERT_GT(n, 0);
  EXPECT_NE(list.find("user.neurofs.dtype"), std::string::npos);
  EXPECT_EQ(::listxattr(at("field.npy").c_str(), list.data(), 3), -1);
  EXPECT_EQ(errno, ERANGE);
}

TEST_F(Mount, R15_APetabyteFieldEndToEnd) {
  CreateOptions options;
  options.shape = {86'000'000'000, 1000};
  create("huge", options);
  ASSERT_TRUE(mount("huge")) << why();
  const off_t size = 86'000'000'000 * 4000;
  EXPECT_EQ(stat_of("field.raw").st_size, size);
  EXPECT_EQ(stat_of("field.raw").st_blocks, (size + 511) / 512);
  EXPECT_EQ(stat_of("neurons/85999999999.npy").st_size, 128 + 4000);
  EXPECT_EQ(read_file(at("neurons/42000000000.raw")), std::string(4000, '\0'));
  const int fd = ::open(at("field.raw").c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 1;
  EXPECT_EQ(::pread(fd, &byte, 1, size - 1), 1);
  EXPECT_EQ(byte, 0);
  EXPECT_EQ(::pread(fd, &byte, 1, size), 0);
  ::close(fd);
  EXPECT_EQ(output("ls neurons | wc -l"), "86\n");
  EXPECT_EQ(output("ls neurons/85/999/999 | tail -n 1"), "85999999999.npy\n");
}

TEST_F(Mount, R17_SizesPastTheLimitAreRefusedNotWrapped) {
  CreateOptions options;
  options.shape = {Index{1} << 31, Index{1} << 30};
  options.dtype = DataType::kInt16;
  create("wide", options);
  ASSERT_TRUE(mount("wide")) << why();
  EXPECT_EQ(open_error("field.txt"), EOVERFLOW);
  const auto json = nlohmann::json::parse(read_file(at(".neurofs/field.json")));
  EXPECT_TRUE(json["files"]["field"]["txt"].contains("absent"));
}

TEST_F(Mount, ControlFilesAreWholeAndFresh) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const auto status = nlohmann::json::parse(read_file(at(".neurofs/status.json")));
  EXPECT_EQ(status["pid"], daemon());
  const auto before = nlohmann::json::parse(read_file(at(".neurofs/stats.json")));
  read_file(at("field.raw"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto after = nlohmann::json::parse(read_file(at(".neurofs/stats.json")));
  EXPECT_GT(after["counters"]["fs_read_bytes_total"], before["counters"]["fs_read_bytes_total"]);
  EXPECT_NE(read_file(at(".neurofs/metrics")).find("neurofs_fs_reads_total"), std::string::npos);
  EXPECT_EQ(read_file(at(".neurofs/errors")), "");
}

TEST_F(Mount, ACachedNeuronIsReadWithoutARequest) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const auto requests = [&] {
    const auto stats = nlohmann::json::parse(read_file(at(".neurofs/stats.json")));
    std::map<std::string, double> counts;
    for (const char* kind : {"lookups", "getattrs", "opens", "flushes", "reads"}) {
      const std::string name = std::string("fs_") + kind + "_total";
      counts[kind] = stats.at("counters").at(name).get<double>();
    }
    return counts;
  };
  const auto use = [&] {
    EXPECT_EQ(read_file(at("neurons/3.raw")), neuron_bytes(3));
    EXPECT_EQ(static_cast<size_t>(stat_of("neurons/3.raw").st_size), neuron_bytes(3).size());
  };
  use();
  // The kernel may drop its caches at any time, for reasons of its own: not five times in a row.
  for (int attempt = 1;; ++attempt) {
    requests();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // a snapshot lives for 250 ms
    auto before = requests();
    for (int i = 0; i < 200; ++i) use();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    auto after = requests();
    // The control file itself is looked up and read anew.
    const bool silent =
        after["getattrs"] == before["getattrs"] && after["opens"] == before["opens"] &&
        after["flushes"] == before["flushes"] && after["lookups"] - before["lookups"] <= 3 &&
        after["reads"] - before["reads"] <= 3;
    if (silent) break;
    ASSERT_LT(attempt, 5) << testing::PrintToString(before) << " became "
                          << testing::PrintToString(after);
  }
}

// All of it is in RAM and in the kernel's cache when the field is written: soon all of it is new, also
// what was not stored before.
TEST_F(Mount, R26_AFieldThatIsWrittenWhileItIsMounted) {
  create_default("f");
  MountOptions options;
  options.revalidate_s = 1;
  ASSERT_TRUE(mount("f", options)) << why();
  std::filesystem::remove(source() + "/f/c/2/0");
  EXPECT_EQ(read_file(at("neurons/7.raw")), neuron_bytes(7));
  EXPECT_EQ(read_file(at("neurons/2499.raw")), std::string(kFeatures * sizeof(float), '\0'));
  EXPECT_EQ(read_file(at("regions/5:7.raw")), neuron_bytes(5) + neuron_bytes(6));
  EXPECT_EQ(read_file(at("field.raw")).substr(0, 4096), field_bytes().substr(0, 4096));
  const int open_file = ::open(at("field.raw").c_str(), O_RDONLY);
  ASSERT_GE(open_file, 0);

  const auto store = open_store(source() + "/f", {.writable = true}).value();
  auto writer = std::move(FieldWriter::open(open_stored_field(store, "", {}).value()).value());
  const std::vector<float> fresh(size_t{kNeurons} * kFeatures, 3.5f);
  const auto bytes = std::as_bytes(std::span(fresh));
  ASSERT_TRUE(writer->write(whole_region({kNeurons, kFeatures}), bytes).ok());

  const std::string expected(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::string row = expected.substr(0, kFeatures * sizeof(float));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (read_file(at("neurons/7.raw")) != row || read_file(at("field.raw")) != expected ||
         read_file(at("neurons/2499.raw")) != row ||
         read_file(at("regions/5:7.raw")) != row + row) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "still the old data";
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::string again(expected.size(), ' ');
  EXPECT_EQ(::pread(open_file, again.data(), again.size(), 0),
            static_cast<ssize_t>(expected.size()));
  EXPECT_EQ(again, expected) << "through a file that was open all the time";
  ::close(open_file);
}

TEST_F(Mount, NamedRegionsAppearWithinTheirTtl) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(open_error("regions/v1.npy"), ENOENT);
  EXPECT_EQ(output("ls regions"), "");
  std::ofstream(source() + "/f/.neurofs-regions.json") << R"({"v1": "5:7.npy", "bad/x": "1.npy"})";
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_EQ(output("ls regions"), "v1.npy\n");
  EXPECT_EQ(output("readlink regions/v1.npy"), "5:7.npy\n");
  EXPECT_EQ(read_file(at("regions/v1.raw")), neuron_bytes(5) + neuron_bytes(6));
}

TEST_F(Mount, GroupsShowTheirArraysAndWhyOthersAreMissing) {
  std::ofstream(source() + "/zarr.json") << R"({"zarr_format": 3, "node_type": "group"})";
  create_default("a");
  std::filesystem::create_directory(source() + "/bad");
  std::ofstream(source() + "/bad/zarr.json") << "{";
  ASSERT_TRUE(mount("")) << why();
  EXPECT_EQ(output("ls"), "a\n");
  EXPECT_EQ(read_file(at("a/neurons/3.raw")), neuron_bytes(3));
  EXPECT_NE(read_file(at(".neurofs/errors")).find("bad"), std::string::npos);
}

TEST_F(Mount, R6_ATruncatedShardIsAnErrorNotZeros) {
  create_default("f");
  std::filesystem::resize_file(source() + "/f/c/0/0", 1000);
  ASSERT_TRUE(mount("f")) << why();
  int error = 0;
  EXPECT_EQ(read_file(at("neurons/500.raw"), 4096, &error), "");
  EXPECT_EQ(error, EIO);
  EXPECT_EQ(read_file(at("neurons/1500.raw")), neuron_bytes(1500));
  EXPECT_NE(read_file(at(".neurofs/errors")).find("neurons/500.raw"), std::string::npos);
}

TEST_F(Mount, R42_SigtermUnderLoadEndsCleanly) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&, i] {
      for (Index n = i; !stop; n = (n + 13) % kNeurons) {
        int error = 0;
        const std::string bytes =
            read_file(at("neurons/" + std::to_string(n) + ".raw"), 65536, &error);
        if (error != 0) continue;
        EXPECT_EQ(bytes, neuron_bytes(n));
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  kill(daemon(), SIGHUP);  // ignored
  kill(daemon(), SIGPIPE);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(end(SIGTERM), 0);
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(open_error("field.raw"), ENOENT) << "the mount is gone";
}

TEST_F(Mount, R43_UnmountWhileBusyAndLazily) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const int fd = ::open(at("field.raw").c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(::umount2(mnt().c_str(), 0), -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(::umount2(mnt().c_str(), MNT_DETACH), 0);
  std::string bytes(160, '\0');
  EXPECT_EQ(::pread(fd, bytes.data(), bytes.size(), 160 * 9), 160);
  EXPECT_EQ(bytes, neuron_bytes(9));
  ::close(fd);
  EXPECT_EQ(end(0), 0);
}

TEST_F(Mount, R43_LazyUnmountUnderReadersEndsTheDaemon) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  std::vector<std::thread> readers;
  for (int i = 0; i < 16; ++i) {
    readers.emplace_back([&, i] {
      for (Index n = i; open_error("field.raw") == 0; n = (n + 17) % kNeurons) {
        int error = 0;
        const std::string path = at("neurons/" + std::to_string(n) + ".raw");
        const std::string bytes = read_file(path, 65536, &error);
        if (error != 0) continue;
        EXPECT_EQ(bytes, neuron_bytes(n));
      }
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(::umount2(mnt().c_str(), MNT_DETACH), 0);
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(end(0), 0);
}

TEST_F(Mount, R2_EmptyAndScalarFieldsAreValid) {
  CreateOptions empty;
  empty.shape = {0, 5};
  create("empty", empty);
  ASSERT_TRUE(mount("empty")) << why();
  EXPECT_EQ(stat_of("field.raw").st_size, 0);
  EXPECT_EQ(read_file(at("field.npy")).size(), 128u);
  EXPECT_EQ(read_file(at("field.txt")), "");
  EXPECT_EQ(output("ls neurons"), "");
  EXPECT_EQ(open_error("neurons/0.npy"), ENOENT);
  EXPECT_EQ(end(SIGTERM), 0);
  create("scalar", {});
  ASSERT_TRUE(mount("scalar")) << why();
  EXPECT_EQ(read_file(at("field.raw")), std::string(4, '\0'));
  EXPECT_EQ(read_file(at("regions/....raw")), std::string(4, '\0'));
  EXPECT_EQ(open_error("neurons"), ENOENT);
}

// Without anybody's help: the kernel has memory enough to remember them all.
TEST_F(Mount, S3_AFloodOfRegionsIsTakenBack) {
  create_default("f");
  MountOptions options;
  options.max_regions = 500;
  ASSERT_TRUE(mount("f", options)) << why();
  const std::string kept = read_file(at("regions/1:9.raw"));
  const int open_file = ::open(at("regions/1:9.raw").c_str(), O_RDONLY);
  ASSERT_GE(open_file, 0);
  const auto flood = [&](int step) {
    for (int i = 0; i < 2400; ++i) {
      ASSERT_EQ(open_error("regions/" + std::to_string(i) + "::" + std::to_string(step) + ".raw"),
                0);
    }
  };
  for (int step = 1; step < 8; ++step) flood(step);
  double remembered = 0;
  for (int wait = 0; wait < 100; ++wait) {
    remembered = nlohmann::json::parse(read_file(at(".neurofs/stats.json")))
                     .at("gauges")
                     .at("fs_remembered_nodes")
                     .get<double>();
    if (remembered < 600) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_LT(remembered, 600) << "of 16800 regions";
  // One that was taken back is there again, and an open one was never gone.
  EXPECT_EQ(read_file(at("regions/1:9.raw")), kept);
  std::string again(kept.size(), ' ');
  EXPECT_EQ(::pread(open_file, again.data(), again.size(), 0), static_cast<ssize_t>(kept.size()));
  EXPECT_EQ(again, kept);
  ::close(open_file);
}

TEST_F(Mount, S3_ForgottenRegionsLeaveNoNodes) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  const auto flood = [&](int step) {
    for (int i = 0; i < 2400; ++i) {
      open_error("regions/" + std::to_string(i) + "::" + std::to_string(step) + ".raw");
    }
    std::ofstream("/proc/sys/vm/drop_caches") << "2";  // the kernel forgets its inodes
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  if (::access("/proc/sys/vm/drop_caches", W_OK) != 0) GTEST_SKIP() << "cannot drop kernel caches";
  flood(1);
  const long before = daemon_kib();
  for (int step = 2; step < 8; ++step) flood(step);
  // A node is above 1 KiB.
  EXPECT_LT(daemon_kib(), before + 8192) << "14400 more regions";
}

TEST_F(Mount, R41_ASecondMountRecoversADeadMountPoint) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  struct stat st {};
  EXPECT_EQ(::stat(mnt().c_str(), &st),
            0);  // the kernel keeps the answer beyond the daemon's death
  EXPECT_EQ(end(SIGKILL), 128 + SIGKILL);
  EXPECT_EQ(open_error("field.raw"), ENOTCONN);
  MountOptions options;
  options.recover = false;
  EXPECT_FALSE(mount("f", options));
  EXPECT_NE(why().find("neurofs umount"), std::string::npos) << why();
  ASSERT_TRUE(mount("f")) << why();
  EXPECT_EQ(read_file(at("neurons/3.raw")), neuron_bytes(3));
}

TEST_F(Mount, R46_RefusesAMountPointInsideItsSource) {
  create_default("f");
  EXPECT_FALSE(mount("../mnt/.."));
  EXPECT_NE(why().find("inside each other"), std::string::npos) << why();
}

TEST_F(Mount, R47_DescriptorsAreCloseOnExec) {
  create_default("f");
  ASSERT_TRUE(mount("f")) << why();
  read_file(at("field.raw"));
  const std::string base = "/proc/" + std::to_string(daemon());
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(base + "/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (gone || target.find("fuse") == std::string::npos) continue;
    ++seen;
    std::ifstream info(base + "/fdinfo/" + entry.path().filename().string());
    std::string word, flags;
    while (info >> word) {
      if (word == "flags:") info >> flags;
    }
    EXPECT_NE(std::stoul(flags, nullptr, 8) & O_CLOEXEC, 0u) << target;
  }
  EXPECT_GT(seen, 0);
}

TEST_F(Mount, S11_OthersAreCheckedByTheKernel) {
  create_default("f");
  MountOptions options;
  options.allow_other = true;
  ASSERT_TRUE(mount("f", options)) << why();
  const std::string line = output("grep ' " + mnt() + " ' /proc/self/mounts");
  for (const char* word :
       {"ro", "nosuid", "nodev", "allow_other", "default_permissions", "fuse.neurofs"}) {
    EXPECT_NE(line.find(word), std::string::npos) << word << " in " << line;
  }
}

}  // namespace
}  // namespace neurofs::test
