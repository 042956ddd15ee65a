// The contract suite on every store of this build.

#include <unistd.h>

#include "core/storage/file_store.h"
#include "core/storage/memory_store.h"
#include "tests/contract/store_contract.h"
#include "tests/storage/temp_dir.h"

namespace neurofs::test {
namespace {

// A store that takes its directory with it.
std::shared_ptr<ObjectStore> make_file_store(const std::string& parent, StoreOptions options,
                                             FileStore::Tuning tuning = {}) {
  auto dir = std::make_shared<TempDir>(parent);
  options.writable = true;
  auto store = FileStore::open(dir->path(), options, tuning);
  EXPECT_TRUE(store.ok()) << store.status().to_string();
  if (!store.ok()) return nullptr;
  auto raw = std::move(store).value();
  return {raw.get(), [raw, dir](ObjectStore*) mutable { raw.reset(); }};
}

StoreMaker file_maker(const char* name, bool uring, bool direct, uint32_t alignment = 0) {
  return {name, [=] {
            StoreOptions options;
            options.use_io_uring = uring;
            options.direct_io = direct;
            FileStore::Tuning tuning;
            tuning.direct_alignment = alignment;
            return make_file_store(std::filesystem::temp_directory_path(), options, tuning);
          }};
}

std::shared_ptr<ObjectStore> make_tmpfs_store() {
  const bool there = ::access("/dev/shm", W_OK) == 0;
  return make_file_store(there ? "/dev/shm" : std::filesystem::temp_directory_path().string(), {});
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(file_maker("uring", true, true), file_maker("pread", false, true),
                    file_maker("buffered_uring", true, false),
                    file_maker("buffered_pread", false, false),
                    // Told a wrong alignment, reads are refused with EINVAL and go on buffered.
                    file_maker("direct_refused", true, true, 1),
                    file_maker("direct_4096", true, true, 4096),
                    StoreMaker{"tmpfs", make_tmpfs_store},
                    StoreMaker{"memory", [] { return std::make_shared<MemoryStore>(); }}),
    [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace neurofs::test
