// Reductions of every kind of device, bit for bit against plain loops over doubles.
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/device/widen.h"
#include "core/lens/lens.h"
#include "core/lens/lens_run.h"
#include "tests/device/device_contract.h"

namespace neurofs::test {
namespace {

using Bytes = std::vector<std::byte>;

struct Reduced {
  std::vector<double> min, max, sum;
  std::vector<uint64_t> counts;
};

// As kernels.h states it, written down once more and simply.
class Reference {
 public:
  Reference(size_t columns, uint32_t bins, double lo, double hi)
      : lo_(lo),
        hi_(hi),
        total_{std::vector<double>(columns, INFINITY), std::vector<double>(columns, -INFINITY),
               std::vector<double>(columns), std::vector<uint64_t>(bins)} {}

  void add(const std::vector<std::vector<double>>& rows) {
    for (size_t begin = 0; begin < rows.size(); begin += kReduceTile) {
      std::vector<double> sum(total_.sum.size());
      for (size_t r = begin; r < std::min<size_t>(rows.size(), begin + kReduceTile); ++r) {
        for (size_t c = 0; c < sum.size(); ++c) {
          const double x = rows[r][c];
          sum[c] += x;
          double& min = total_.min[c];
          double& max = total_.max[c];
          min = std::isnan(min) || std::isnan(x) ? NAN : x < min ? x : min;
          max = std::isnan(max) || std::isnan(x) ? NAN : x > max ? x : max;
          count(x);
        }
      }
      for (size_t c = 0; c < sum.size(); ++c) total_.sum[c] += sum[c];
    }
    for (double& sum : total_.sum) sum = std::isnan(sum) ? NAN : sum;
  }
  const Reduced& result() const { return total_; }

 private:
  // By the edges of numpy.linspace alone.
  void count(double x) {
    const size_t bins = total_.counts.size();
    if (bins == 0 || !(x >= lo_) || !(x <= hi_)) return;
    const double step = (hi_ - lo_) / static_cast<double>(bins);
    size_t i = bins - 1;
    while (i > 0 && x < edge(i, step)) --i;
    ++total_.counts[i];
  }
  double edge(size_t i, double step) const {
    volatile double offset = static_cast<double>(i) * step;
    return offset + lo_;
  }

  double lo_, hi_;
  Reduced total_;
};

std::vector<uint64_t> bits(const std::vector<double>& values) {
  std::vector<uint64_t> result;
  for (const double v : values) result.push_back(std::bit_cast<uint64_t>(v));
  return result;
}

void expect_same(const Reduced& got, const Reduced& expected, const std::string& what) {
  EXPECT_EQ(bits(got.min), bits(expected.min)) << what;
  EXPECT_EQ(bits(got.max), bits(expected.max)) << what;
  EXPECT_EQ(bits(got.sum), bits(expected.sum)) << what;
  EXPECT_EQ(got.counts, expected.counts) << what;
}

class Reducing : public DeviceContract {
 protected:
  struct Case {
    DataType type = DataType::kFloat32;
    const char* lens = "";
    size_t rows = 0;
    size_t columns = 0;
    uint32_t bins = 0;
    double lo = 0;
    double hi = 1;
    size_t odd = 0;         // bytes before the first row
    bool shuffled = false;  // rows in no order
    size_t first_call = 0;  // rows of a first call, a multiple of the tile
  };

  LensProgram program_of(const Case& c) {
    const auto parsed = Lens::parse(c.lens, c.type, nlohmann::json::object());
    return *c.lens == '\0' ? Lens(c.type).program() : parsed->program();
  }

  void check(const Case& c, Bytes host) {
    const size_t row_bytes = c.columns * item_size(c.type);
    host.resize(c.odd + c.rows * row_bytes);
    const DeviceMemory memory = upload(host);
    std::vector<size_t> order(c.rows);
    for (size_t i = 0; i < c.rows; ++i) order[i] = c.shuffled ? random_() % c.rows : i;
    const LensProgram program = program_of(c);
    std::vector<std::vector<double>> values;
    std::vector<DevicePointer> rows;
    for (const size_t i : order) {
      const std::byte* row = host.data() + c.odd + i * row_bytes;
      rows.push_back(memory.address() + c.odd + i * row_bytes);
      Bytes transformed(c.columns * item_size(program.result));
      run_lens(program, transformed.data(), row, c.columns);
      values.emplace_back(c.columns);
      widen_to_double(program.result, values.back().data(), transformed.data(), c.columns);
    }
    Reference reference(c.columns, c.bins, c.lo, c.hi);
    reference.add(values);
    expect_same(reduce(c, program, rows), reference.result(),
                std::string(zarr_name(c.type)) + " " + c.lens + ", " + std::to_string(c.rows) +
                    " rows of " + std::to_string(c.columns));
  }

  Reduced reduce(const Case& c, const LensProgram& program,
                 const std::vector<DevicePointer>& rows) {
    const DeviceMemory cells = upload(random_bytes(3 * c.columns * sizeof(double)));
    const DeviceMemory counts = upload(random_bytes(std::max(1u, c.bins) * sizeof(uint64_t)));
    ReduceRows args{rows, c.columns, program};
    args.min = cells.address();
    args.max = args.min + c.columns * sizeof(double);
    args.sum = args.max + c.columns * sizeof(double);
    args.counts = counts.address();
    args.bins = c.bins;
    args.lo = c.lo;
    args.hi = c.hi;
    if (c.first_call > 0) {
      args.rows = std::span(rows).first(c.first_call);
      EXPECT_TRUE(stream_->reduce(args).ok());
      args.rows = std::span(rows).subspan(c.first_call);
      args.go_on = true;
    }
    EXPECT_TRUE(stream_->reduce(args).ok());
    const auto all = values_of<double>(download(cells));
    const auto n = static_cast<std::ptrdiff_t>(c.columns);
    Reduced result{{all.begin(), all.begin() + n},
                   {all.begin() + n, all.begin() + 2 * n},
                   {all.begin() + 2 * n, all.end()},
                   values_of<uint64_t>(download(counts))};
    result.counts.resize(c.bins);
    return result;
  }

  template <typename T>
  Bytes floats(size_t count) {
    std::vector<T> values(count);
    std::normal_distribution<T> normal(0, 3);
    for (T& v : values) v = normal(random_);
    const auto bytes = bytes_of(values);
    return {bytes.begin(), bytes.end()};
  }
};

TEST_P(Reducing, GivesTheStatedBits) {
  for (const size_t rows : {1, 2, 255, 256, 257, 1000}) {
    for (const size_t columns : {1, 3, 4, 8, 100}) {
      check({.rows = rows, .columns = columns}, floats<float>(rows * columns));
    }
  }
  check({.rows = 300, .columns = 1100}, floats<float>(300 * 1100));
  check({.rows = 10'000, .columns = 2}, floats<float>(20'000));
}

TEST_P(Reducing, TakesRowsInAnyOrderAndAlignment) {
  check({.rows = 700, .columns = 16, .shuffled = true}, floats<float>(700 * 16));
  check({.rows = 700, .columns = 5, .shuffled = true}, floats<float>(700 * 5));
  check({.rows = 300, .columns = 8, .odd = 1}, random_bytes(300 * 8 * 4 + 1));
  check({.rows = 300, .columns = 8, .odd = 4}, random_bytes(300 * 8 * 4 + 4));
}

TEST_P(Reducing, GoesOnFromEarlierRows) {
  check({.rows = 1000, .columns = 12, .bins = 10, .lo = -3, .hi = 3, .first_call = 512},
        floats<float>(12'000));
  check({.rows = 512, .columns = 12, .bins = 10, .lo = -3, .hi = 3, .first_call = 512},
        floats<float>(512 * 12));
}

TEST_P(Reducing, TakesEveryRealType) {
  for (int t = 0; t < kDataTypeCount; ++t) {
    const auto type = static_cast<DataType>(t);
    if (type == DataType::kComplex64 || type == DataType::kComplex128) continue;
    for (const size_t columns : {7, 8}) {  // random bytes: NaN, infinities, all integers
      check({.type = type, .rows = 520, .columns = columns, .bins = 16, .lo = -100, .hi = 100},
            random_bytes(520 * columns * item_size(type)));
    }
  }
}

TEST_P(Reducing, FusesALens) {
  for (const char* lens : {"relu", "f16", "scale=0.5,offset=1", "f64,scale=3", "f16,relu"}) {
    check({.lens = lens, .rows = 600, .columns = 20, .bins = 7, .lo = -2, .hi = 5},
          floats<float>(600 * 20));
  }
  check({.type = DataType::kInt8, .lens = "f32,scale=0.25", .rows = 300, .columns = 8},
        random_bytes(300 * 8));
  check({.type = DataType::kInt32, .lens = "abs", .rows = 300, .columns = 8},
        random_bytes(300 * 8 * 4));
}

TEST_P(Reducing, NanStaysAndSignsOfZeroAreTheFirsts) {
  std::vector<float> values(600 * 4, 1.0f);
  values[4 * 10 + 1] = std::numeric_limits<float>::quiet_NaN();
  for (size_t r = 0; r < 600; ++r) {
    values[r * 4 + 2] = r % 2 == 0 ? -0.0f : 0.0f;
    values[r * 4 + 3] = r == 300 ? INFINITY : r == 301 ? -INFINITY : 0.0f;
  }
  const auto bytes = bytes_of(values);
  check({.rows = 600, .columns = 4}, {bytes.begin(), bytes.end()});
}

TEST_P(Reducing, CountsAsNumpyDoes) {
  // Edges that no binary fraction hits: the guess by division is off by one for some of them.
  std::vector<double> values;
  for (int i = 0; i <= 1000; ++i) {
    const double edge = i * ((0.9 - 0.1) / 1000) + 0.1;
    for (const double x : {std::nextafter(edge, -1.0), edge, std::nextafter(edge, 2.0)}) {
      values.push_back(x);
    }
  }
  values.insert(values.end(), {NAN, INFINITY, -INFINITY, 0.1, 0.9, 0.0, 1.0});
  const auto bytes = bytes_of(values);
  for (const uint32_t bins : {1u, 7u, 1000u, 5000u}) {
    check({.type = DataType::kFloat64,
           .rows = values.size(),
           .columns = 1,
           .bins = bins,
           .lo = 0.1,
           .hi = 0.9},
          {bytes.begin(), bytes.end()});
  }
}

TEST_P(Reducing, NoRowsAtAll) {
  const Reduced result = reduce({.columns = 3, .bins = 2}, Lens(DataType::kFloat32).program(), {});
  EXPECT_EQ(result.min, std::vector<double>(3, INFINITY));
  EXPECT_EQ(result.max, std::vector<double>(3, -INFINITY));
  EXPECT_EQ(result.sum, std::vector<double>(3, 0.0));
  EXPECT_EQ(result.counts, std::vector<uint64_t>(2, 0));
}

INSTANTIATE_TEST_SUITE_P(Kind, Reducing, testing::Values(NEUROFS_DEVICE_KIND));

}  // namespace
}  // namespace neurofs::test
