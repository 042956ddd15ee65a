// Random fields read through a real mount, compared with a dense array byte by byte.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include "tests/model/model_case.h"
#include "tests/model/mounted_field.h"
#include "tests/model/random_lens.h"
#include "tests/model/random_order.h"
#include "tests/model/random_region.h"

namespace neurofs::model {
namespace {

constexpr int kFieldsAtOnce = 8;
constexpr int kThreads = 8;
constexpr int kReadsPerThread = 80;
constexpr int kLensesPerField = 3;
constexpr int kOrdersPerField = 3;

// A field's directory, or that of a lens or an order in it.
struct Shown {
  std::string directory;  // "" or "@relu,f16" or "@relu/@f16" or "@shuffle=3/@f16"
  DenseField dense;
};

struct Subject {
  ModelCase model;
  std::filesystem::path directory;  // in the mount
  std::vector<Shown> shown;
};

size_t neuron_axes(const Dims& shape) {
  return shape.size() > 1 ? shape.size() - 1 : shape.size();
}

std::vector<Shown> show(Random& random, const DenseField& dense) {
  std::vector<Shown> shown = {{"", dense}, {"@raw", dense}};
  for (int i = 0; i < kLensesPerField; ++i) {
    const Lens lens = random_lens(random, dense.dtype());
    std::string directory = "@" + lens.name();
    const size_t comma = directory.find(',');
    if (comma != std::string::npos && random.chance(0.3)) directory.replace(comma, 1, "/@");
    shown.push_back({directory, through(dense, lens)});
  }
  for (int i = 0; i < kOrdersPerField && neuron_axes(dense.shape()) > 0; ++i) {
    const Shown& base = random.pick(shown);
    if (base.directory.find("shuffle") != std::string::npos) continue;  // one order a path
    const std::string name = random_shuffle(random);
    Index neurons = 1;
    for (size_t axis = 0; axis < neuron_axes(dense.shape()); ++axis) neurons *= dense.shape()[axis];
    const auto order = shuffled_order(parse_order_name(name).value(), neurons);
    // "@raw" comes first.
    const bool order_first = !base.directory.starts_with("@raw") && random.chance(0.5);
    std::string directory =
        order_first ? "@" + name + "/" + base.directory : base.directory + "/@" + name;
    Shown ordered{directory, in_order(base.dense, neuron_axes(dense.shape()), *order)};
    shown.push_back(std::move(ordered));
  }
  return shown;
}

// What one file must hold.
struct ExpectedFile {
  std::string name;
  ByteVector elements;
  Dims shape;
};

bool has_neurons(const Dims& shape) {
  if (shape.empty()) return false;
  return std::all_of(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(neuron_axes(shape)),
                     [](Index n) { return n > 0; });
}

ExpectedFile random_neuron(Random& random, const DenseField& dense) {
  Region region;
  std::string name;
  for (size_t axis = 0; axis < dense.shape().size(); ++axis) {
    const Index n = dense.shape()[axis];
    if (axis >= neuron_axes(dense.shape())) {
      region.axes.push_back({.start = 0, .count = n, .step = 1, .drop = false});
      continue;
    }
    const Index i = random.between(0, n - 1);
    region.axes.push_back({.start = i, .count = 1, .step = 1, .drop = true});
    name += (axis > 0 ? "," : "") + std::to_string(i);
  }
  return {"neurons/" + name, dense.take(region), region.result_shape()};
}

ExpectedFile random_file(Random& random, const DenseField& dense) {
  if (random.chance(0.3)) return {"field", dense.bytes(), dense.shape()};
  if (has_neurons(dense.shape()) && random.chance(0.4)) return random_neuron(random, dense);
  const NamedRegion wanted = random_region(random, dense.shape());
  return {"regions/" + wanted.text, dense.take(wanted.region), wanted.region.result_shape()};
}

std::string numpy_header(const ExpectedFile& file, DataType dtype) {
  return fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", numpy_descr(dtype),
                     to_string(file.shape));
}

// The header that NumPy itself would write, up to its padding, then the elements.
bool check_npy(const std::filesystem::path& path, const ExpectedFile& file, DataType dtype,
               uint64_t* header_size) {
  const ByteVector start = pread_file(path, 0, 10);
  if (start.size() != 10 || std::memcmp(start.data(), "\x93NUMPY\x01\x00", 8) != 0) return false;
  *header_size =
      10 + std::to_integer<uint64_t>(start[8]) + 256 * std::to_integer<uint64_t>(start[9]);
  const ByteVector text = pread_file(path, 10, *header_size - 10);
  const std::string wanted = numpy_header(file, dtype);
  return *header_size % 64 == 0 && text.size() == *header_size - 10 &&
         std::memcmp(text.data(), wanted.data(), wanted.size()) == 0 &&
         text.back() == std::byte{'\n'};
}

template <typename T>
bool number_equals(const std::string& word, const std::byte* element) {
  T want;
  std::memcpy(&want, element, sizeof want);
  if constexpr (std::is_floating_point_v<T>) {
    const T got = sizeof(T) == 4 ? static_cast<T>(std::strtof(word.c_str(), nullptr))
                                 : static_cast<T>(std::strtod(word.c_str(), nullptr));
    return got == want || (got != got && want != want);
  } else if constexpr (std::is_signed_v<T>) {
    return std::strtoll(word.c_str(), nullptr, 10) == static_cast<long long>(want);
  } else {
    return std::strtoull(word.c_str(), nullptr, 10) == static_cast<unsigned long long>(want);
  }
}

using NumberEquals = bool (*)(const std::string&, const std::byte*);

// Types whose text reads back with the C library; others are compared in the view's own tests.
NumberEquals number_equals_of(DataType dtype) {
  switch (dtype) {
    case DataType::kInt8:
      return number_equals<int8_t>;
    case DataType::kInt16:
      return number_equals<int16_t>;
    case DataType::kInt32:
      return number_equals<int32_t>;
    case DataType::kInt64:
      return number_equals<int64_t>;
    case DataType::kUint8:
      return number_equals<uint8_t>;
    case DataType::kUint16:
      return number_equals<uint16_t>;
    case DataType::kUint32:
      return number_equals<uint32_t>;
    case DataType::kUint64:
      return number_equals<uint64_t>;
    case DataType::kFloat32:
      return number_equals<float>;
    case DataType::kFloat64:
      return number_equals<double>;
    default:
      return nullptr;
  }
}

bool check_text(const std::filesystem::path& path, const ExpectedFile& file, DataType dtype) {
  const NumberEquals equals = number_equals_of(dtype);
  if (equals == nullptr) return true;
  std::ifstream in(path);
  std::string word;
  const size_t item = item_size(dtype);
  for (size_t at = 0; at < file.elements.size(); at += item) {
    if (!(in >> word) || !equals(word, file.elements.data() + at)) return false;
  }
  return !(in >> word);
}

// A random range of the file's elements, by pread or through a mapping.
bool check_range(const std::filesystem::path& path, uint64_t header, const ExpectedFile& file,
                 Random& random) {
  const auto size = static_cast<int64_t>(file.elements.size());
  if (std::filesystem::file_size(path) != header + file.elements.size()) return false;
  const int64_t offset = random.chance(0.4) ? 0 : random.between(0, size);
  // A pread may reach past the end and is cut there.
  const int64_t length = random.chance(0.4) ? size - offset : random.between(0, size - offset);
  const uint64_t place = header + static_cast<uint64_t>(offset);
  const bool map = random.chance(0.4);
  const auto beyond = static_cast<uint64_t>(!map && offset + length == size ? 100 : 0);
  const ByteVector got = map ? map_file(path, place, static_cast<uint64_t>(length))
                             : pread_file(path, place, static_cast<uint64_t>(length) + beyond);
  const auto begin = file.elements.begin() + offset;
  return got.size() == static_cast<size_t>(length) && std::equal(got.begin(), got.end(), begin);
}

bool check_one_read(const Subject& subject, Random& random) {
  const Shown& shown = random.pick(subject.shown);
  const DataType dtype = shown.dense.dtype();
  const ExpectedFile file = random_file(random, shown.dense);
  const std::string extension = random.chance(0.1) ? ".txt" : random.chance(0.5) ? ".npy" : ".raw";
  const std::filesystem::path path = subject.directory /
                                     std::filesystem::path(shown.directory).relative_path() /
                                     (file.name + extension);
  try {
    uint64_t header = 0;
    const bool right = extension == ".txt"   ? check_text(path, file, dtype)
                       : extension == ".npy" ? check_npy(path, file, dtype, &header) &&
                                                   check_range(path, header, file, random)
                                             : check_range(path, 0, file, random);
    if (right) return true;
    ADD_FAILURE() << path << " differs: " << subject.model.describe();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what() << ": " << subject.model.describe();
  }
  return false;
}

uint64_t read_from_many_threads(const std::vector<Subject>& subjects, uint64_t seed) {
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> reads{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(seed * 64 + static_cast<uint64_t>(t));
      for (int i = 0; i < kReadsPerThread && !stop; ++i) {
        if (!check_one_read(random.pick(subjects), random)) stop = true;
        ++reads;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return reads;
}

TEST(MountModel, RandomFieldsOfAGroup) {
  if (const std::string reason = why_no_mounts(); !reason.empty()) GTEST_SKIP() << reason;
  const uint64_t seed = seed_of_run();
  const Clock clock(15);
  uint64_t reads = 0;
  uint64_t fields = 0;
  while (clock.running() && !HasFailure()) {
    const TemporaryDirectory temporary;
    const auto group = temporary.path() / "group";
    std::filesystem::create_directories(group);
    std::ofstream(group / "zarr.json") << R"({"zarr_format": 3, "node_type": "group"})";
    std::ofstream(group / ".zgroup") << R"({"zarr_format": 2})";
    const uint64_t first = seed + fields;
    std::vector<Subject> subjects;
    while (static_cast<int>(subjects.size()) < kFieldsAtOnce) {
      const std::string name = fmt::format("f{}", subjects.size());
      subjects.push_back(
          {make_case(seed + fields++, group / name), temporary.path() / "mnt" / name, {}});
    }
    Random random(first);
    for (Subject& subject : subjects) subject.shown = show(random, subject.model.dense);
    const std::string options =
        fmt::format("--ram {}MiB --threads {}{}", random.between(2, 8), random.between(1, 16),
                    random.chance(0.2) ? " --direct-io" : "");
    const MountedDirectory mounted(group, temporary.path() / "mnt", options);
    reads += read_from_many_threads(subjects, first);
  }
  fmt::print("seed {}: {} reads of {} random fields\n", seed, reads, fields);
  EXPECT_GT(reads, 0U);
}

}  // namespace
}  // namespace neurofs::model
