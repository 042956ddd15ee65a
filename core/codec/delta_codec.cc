// `delta`: the first element, then differences of neighbours, in the chunk's stored order.
//
// As a bytes-to-bytes step: Zarr v2 applies its filters to the stored elements, in the byte order
// that the filter's own dtype names. Differences wrap for integers; floats add up one by one, in
// their own precision, as NumPy's cumsum does.
// Source: numcodecs Delta.

#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/codec/byte_swap.h"
#include "core/codec/codec_config.h"
#include "core/codec/filter.h"

namespace neurofs {

namespace {

template <typename T>
T load(const std::byte* data, size_t i) {
  T value;
  std::memcpy(&value, data + i * sizeof(T), sizeof(T));
  return value;
}

template <typename T>
void store(std::byte* data, size_t i, T value) {
  std::memcpy(data + i * sizeof(T), &value, sizeof(T));
}

template <typename T>
void accumulate(MutableBytes data) {
  T sum{};
  for (size_t i = 0; i < data.size() / sizeof(T); ++i) {
    const T item = load<T>(data.data(), i);
    sum = i == 0 ? item : static_cast<T>(sum + item);  // 0 + -0.0 would lose the sign
    store<T>(data.data(), i, sum);
  }
}

template <typename T>
void differentiate(MutableBytes data) {
  for (size_t i = data.size() / sizeof(T); i-- > 1;) {
    const T difference = static_cast<T>(load<T>(data.data(), i) - load<T>(data.data(), i - 1));
    store<T>(data.data(), i, difference);
  }
}

struct Kernel {
  void (*accumulate)(MutableBytes);
  void (*differentiate)(MutableBytes);
};

template <typename T>
constexpr Kernel kernel_for() {
  return {accumulate<T>, differentiate<T>};
}

// Unsigned types stand for signed ones: two's complement differences are the same and may wrap.
bool find_kernel(DataType type, Kernel* kernel) {
  switch (type) {
    case DataType::kInt8:
    case DataType::kUint8:
      *kernel = kernel_for<uint8_t>();
      return true;
    case DataType::kInt16:
    case DataType::kUint16:
      *kernel = kernel_for<uint16_t>();
      return true;
    case DataType::kInt32:
    case DataType::kUint32:
      *kernel = kernel_for<uint32_t>();
      return true;
    case DataType::kInt64:
    case DataType::kUint64:
      *kernel = kernel_for<uint64_t>();
      return true;
    case DataType::kFloat32:
      *kernel = kernel_for<float>();
      return true;
    case DataType::kFloat64:
      *kernel = kernel_for<double>();
      return true;
    default:
      return false;
  }
}

class DeltaCodec final : public Filter {
 public:
  DeltaCodec(Kernel kernel, size_t unit, bool swaps)
      : kernel_(kernel), unit_(unit), swap_unit_(swaps ? unit : 1) {}

 protected:
  size_t unit() const override { return unit_; }
  void forward(Bytes from, MutableBytes to) const override {
    apply(kernel_.differentiate, from, to);
  }
  void backward(Bytes from, MutableBytes to) const override { apply(kernel_.accumulate, from, to); }

 private:
  void apply(void (*kernel)(MutableBytes), Bytes from, MutableBytes to) const {
    if (from.empty()) return;
    std::memcpy(to.data(), from.data(), from.size());
    byte_swap(to, swap_unit_);
    kernel(to);
    byte_swap(to, swap_unit_);
  }

  Kernel kernel_;
  size_t unit_;
  size_t swap_unit_;
};

Result<std::shared_ptr<const BytesToBytesCodec>> make_delta(const nlohmann::json& configuration,
                                                            const ChunkSpec&) {
  const CodecConfig config("delta", configuration);
  NF_TRY(config.allow_only({"dtype", "astype"}));
  NF_ASSIGN(const std::string dtype, config.text("dtype", ""));
  NF_ASSIGN(const std::string astype, config.text("astype", dtype));
  if (dtype.empty()) return config.wrong("dtype", "a NumPy type string");
  if (astype != dtype) {
    return unsupported("codec delta: astype " + excerpt(astype) + " differs from dtype " +
                       excerpt(dtype) + "; only equal types are supported");
  }
  auto parsed = parse_typestr(dtype);
  if (!parsed.ok()) return parsed.status().with_context("codec delta: dtype");
  Kernel kernel{};
  if (!find_kernel(parsed->type, &kernel)) {
    return unsupported("codec delta: dtype " + excerpt(dtype) +
                       " is not an integer, float32 or float64 type");
  }
  const bool swaps = parsed->big_endian == (std::endian::native == std::endian::little);
  return std::shared_ptr<const BytesToBytesCodec>(
      std::make_shared<DeltaCodec>(kernel, item_size(parsed->type), swaps));
}

const Registration<BytesToBytesRegistry> kDelta("delta", "differences of neighbouring elements",
                                                make_delta);

}  // namespace

}  // namespace neurofs
