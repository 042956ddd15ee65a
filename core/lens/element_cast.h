// Every data type as a C++ type, and the casts between them.
//
// Purpose: `Element<T>` says how T is stored and which register holds it; convert<T>() is the cast to T,
// saturate<T>() the one that stays in T's range; with_type() turns a DataType into a template argument.
// Registers: float for float8, float16, bfloat16, float32; double; Complex of these; integers as they
// are (bool as uint8_t, 0 or 1). Pure, thread-safe, for host and device.
#pragma once

#include "core/geometry/data_type.h"
#include "core/lens/element_types.h"

namespace neurofs::element {

template <typename Float>
struct Complex {
  Float re;
  Float im;
};

template <typename Real>
struct Plain {
  using Stored = Real;
  using Register = Real;
  NEUROFS_ELEMENT_FN Register load(Stored s) { return s; }
  NEUROFS_ELEMENT_FN Stored store(Register r) { return r; }
};

template <DataType kType>
struct Element;
template <>
struct Element<DataType::kInt8> : Plain<int8_t> {};
template <>
struct Element<DataType::kInt16> : Plain<int16_t> {};
template <>
struct Element<DataType::kInt32> : Plain<int32_t> {};
template <>
struct Element<DataType::kInt64> : Plain<int64_t> {};
template <>
struct Element<DataType::kUint8> : Plain<uint8_t> {};
template <>
struct Element<DataType::kUint16> : Plain<uint16_t> {};
template <>
struct Element<DataType::kUint32> : Plain<uint32_t> {};
template <>
struct Element<DataType::kUint64> : Plain<uint64_t> {};
template <>
struct Element<DataType::kFloat32> : Plain<float> {
  static constexpr double kMax = 0x1.fffffep127;
};
template <>
struct Element<DataType::kFloat64> : Plain<double> {};
template <>
struct Element<DataType::kComplex64> : Plain<Complex<float>> {};
template <>
struct Element<DataType::kComplex128> : Plain<Complex<double>> {};

template <>
struct Element<DataType::kBool> {
  using Stored = uint8_t;
  using Register = uint8_t;
  NEUROFS_ELEMENT_FN uint8_t load(uint8_t s) { return s != 0 ? 1 : 0; }
  NEUROFS_ELEMENT_FN uint8_t store(uint8_t r) { return r; }
};
template <>
struct Element<DataType::kFloat16> {
  using Stored = uint16_t;
  using Register = float;
  static constexpr double kMax = 65504;
  NEUROFS_ELEMENT_FN float load(uint16_t s) { return half_to_float(s); }
  NEUROFS_ELEMENT_FN uint16_t store(float r) { return float_to_half(r); }
};
template <>
struct Element<DataType::kBfloat16> {
  using Stored = uint16_t;
  using Register = float;
  static constexpr double kMax = 0x1.fep127;
  NEUROFS_ELEMENT_FN float load(uint16_t s) { return bfloat_to_float(s); }
  NEUROFS_ELEMENT_FN uint16_t store(float r) { return float_to_bfloat(r); }
};
template <>
struct Element<DataType::kFloat8E4m3fn> {
  using Stored = uint8_t;
  using Register = float;
  static constexpr double kMax = 448;
  NEUROFS_ELEMENT_FN float load(uint8_t s) { return e4m3fn_to_float(s); }
  NEUROFS_ELEMENT_FN uint8_t store(float r) { return float_to_e4m3fn(r); }
};
template <>
struct Element<DataType::kFloat8E5m2> {
  using Stored = uint8_t;
  using Register = float;
  static constexpr double kMax = 57344;
  NEUROFS_ELEMENT_FN float load(uint8_t s) { return e5m2_to_float(s); }
  NEUROFS_ELEMENT_FN uint8_t store(float r) { return float_to_e5m2(r); }
};

template <typename T>
inline constexpr bool kIsComplex = false;
template <typename Float>
inline constexpr bool kIsComplex<Complex<Float>> = true;
template <typename T>
inline constexpr bool kIsFloat = false;
template <>
inline constexpr bool kIsFloat<float> = true;
template <>
inline constexpr bool kIsFloat<double> = true;
template <typename T>
inline constexpr bool kIsInteger = !kIsFloat<T> && !kIsComplex<T>;

// The cast to kType of what a register holds, as it is stored.
template <DataType kType, typename From>
NEUROFS_ELEMENT_FN typename Element<kType>::Stored convert(From x) {
  using To = typename Element<kType>::Register;
  if constexpr (kIsComplex<To>) {
    if constexpr (kIsComplex<From>) {
      return {static_cast<decltype(To::re)>(x.re), static_cast<decltype(To::re)>(x.im)};
    } else {
      return {static_cast<decltype(To::re)>(x), 0};
    }
  } else if constexpr (kIsComplex<From>) {
    if constexpr (kType == DataType::kBool) return (x.re != 0 || x.im != 0) ? 1 : 0;
    return convert<kType>(x.re);
  } else if constexpr (kType == DataType::kBool) {
    return x != From{0} ? 1 : 0;
  } else if constexpr (kIsFloat<From> && kIsInteger<To>) {
    return float_to_integer<To>(x);
  } else if constexpr (kType == DataType::kFloat16 && sizeof(From) == 8 && kIsFloat<From>) {
    return double_to_half(x);
  } else {
    return Element<kType>::store(static_cast<To>(x));
  }
}

// As convert(), but what is out of range goes to the nearest end.
template <DataType kType, typename From>
NEUROFS_ELEMENT_FN typename Element<kType>::Stored saturate(From x) {
  using To = typename Element<kType>::Register;
  if constexpr (kIsComplex<From>) {
    return saturate<kType>(x.re);
  } else if constexpr (kIsComplex<To> || kType == DataType::kBool || kType == DataType::kFloat64) {
    return convert<kType>(x);
  } else if constexpr (kIsInteger<To>) {
    if constexpr (kIsFloat<From>) return float_to_integer<To>(x);
    if constexpr (kIsInteger<From>) return saturate_integer<To>(x);
  } else if constexpr (kIsInteger<From>) {
    return saturate<kType>(static_cast<float>(x));
  } else {
    constexpr auto kMax = static_cast<From>(Element<kType>::kMax);
    const From raised = x < -kMax ? -kMax : x;
    return convert<kType>(raised > kMax ? kMax : raised);
  }
}

template <DataType kType>
struct TypeTag {
  static constexpr DataType kValue = kType;
};

// Calls body(TypeTag<type>()).
template <typename Body>
NEUROFS_ELEMENT_FN void with_type(DataType type, const Body& body) {
  switch (type) {
    case DataType::kBool:
      return body(TypeTag<DataType::kBool>());
    case DataType::kInt8:
      return body(TypeTag<DataType::kInt8>());
    case DataType::kInt16:
      return body(TypeTag<DataType::kInt16>());
    case DataType::kInt32:
      return body(TypeTag<DataType::kInt32>());
    case DataType::kInt64:
      return body(TypeTag<DataType::kInt64>());
    case DataType::kUint8:
      return body(TypeTag<DataType::kUint8>());
    case DataType::kUint16:
      return body(TypeTag<DataType::kUint16>());
    case DataType::kUint32:
      return body(TypeTag<DataType::kUint32>());
    case DataType::kUint64:
      return body(TypeTag<DataType::kUint64>());
    case DataType::kFloat16:
      return body(TypeTag<DataType::kFloat16>());
    case DataType::kBfloat16:
      return body(TypeTag<DataType::kBfloat16>());
    case DataType::kFloat32:
      return body(TypeTag<DataType::kFloat32>());
    case DataType::kFloat64:
      return body(TypeTag<DataType::kFloat64>());
    case DataType::kComplex64:
      return body(TypeTag<DataType::kComplex64>());
    case DataType::kComplex128:
      return body(TypeTag<DataType::kComplex128>());
    case DataType::kFloat8E4m3fn:
      return body(TypeTag<DataType::kFloat8E4m3fn>());
    case DataType::kFloat8E5m2:
      return body(TypeTag<DataType::kFloat8E5m2>());
  }
}

}  // namespace neurofs::element
