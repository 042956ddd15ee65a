// A lens on the GPU, in two forms: any program on one element, and a chain of floats on four at once.
//
// Purpose: the same values as core/lens/element_program.h, from the same functions, as code that a GPU
// compiler keeps small: a register is widened to one of six types (all signed integers to int64, and so
// on), which changes no value, and all threads take the same branches. A chain is a program whose steps
// all have types that live in float registers. Device code; the callee is no inline copy per kernel.
#pragma once

#include "core/lens/element_program.h"

namespace neurofs::cuda {

using element::Element;

// The type whose register holds what `type`'s register does.
NEUROFS_ELEMENT_FN constexpr DataType wide(DataType type) {
  switch (type) {
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kInt64:
      return DataType::kInt64;
    case DataType::kBool:
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
    case DataType::kUint64:
      return DataType::kUint64;
    case DataType::kFloat64:
    case DataType::kComplex64:
    case DataType::kComplex128:
      return type;
    default:
      return DataType::kFloat32;
  }
}

// Calls body(tag) for one of the six.
template <typename Body>
NEUROFS_ELEMENT_FN void with_wide(DataType type, const Body& body) {
  switch (type) {
    case DataType::kInt64:
      return body(element::TypeTag<DataType::kInt64>());
    case DataType::kUint64:
      return body(element::TypeTag<DataType::kUint64>());
    case DataType::kFloat64:
      return body(element::TypeTag<DataType::kFloat64>());
    case DataType::kComplex64:
      return body(element::TypeTag<DataType::kComplex64>());
    case DataType::kComplex128:
      return body(element::TypeTag<DataType::kComplex128>());
    default:
      return body(element::TypeTag<DataType::kFloat32>());
  }
}

// Loads and stores of `T`'s size; byte by byte where the address may be odd.
template <typename T>
NEUROFS_ELEMENT_FN T load_stored(const unsigned char* from, bool aligned) {
  if (aligned) return *reinterpret_cast<const T*>(from);
  T value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}
template <typename T>
NEUROFS_ELEMENT_FN void store_value(unsigned char* to, T value, bool aligned) {
  if (aligned) {
    *reinterpret_cast<T*>(to) = value;
  } else {
    __builtin_memcpy(to, &value, sizeof value);
  }
}

// A value in its wide register; the type that is held is the same for all threads.
struct Wide {
  DataType type;
  alignas(16) unsigned char bytes[16];

  template <typename T>
  NEUROFS_ELEMENT_FN T get(const Wide& r) {
    T value;
    __builtin_memcpy(&value, r.bytes, sizeof value);
    return value;
  }
  template <DataType kType>
  NEUROFS_ELEMENT_FN void set(Wide& r, typename Element<kType>::Register value) {
    constexpr DataType kWide = wide(kType);
    const auto widened = static_cast<typename Element<kWide>::Register>(value);
    r.type = kWide;
    __builtin_memcpy(r.bytes, &widened, sizeof widened);
  }
};

NEUROFS_ELEMENT_FN void load_wide(DataType type, Wide& r, const unsigned char* from, bool aligned) {
  element::with_type(type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    using Stored = typename Element<kType>::Stored;
    Wide::set<kType>(r, Element<kType>::load(load_stored<Stored>(from, aligned)));
  });
}

NEUROFS_ELEMENT_FN void store_wide(DataType type, const Wide& r, unsigned char* to, bool aligned) {
  element::with_type(type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    using Held = typename Element<wide(kType)>::Register;
    using Register = typename Element<kType>::Register;
    store_value(to, Element<kType>::store(static_cast<Register>(Wide::get<Held>(r))), aligned);
  });
}

NEUROFS_ELEMENT_FN void cast_wide(const LensStep& step, Wide& r) {
  const bool saturating = step.op == LensOp::kCastSaturating;
  with_wide(r.type, [&](auto held) {
    const auto x = Wide::get<typename Element<decltype(held)::kValue>::Register>(r);
    element::with_type(step.type, [&](auto target) {
      constexpr DataType kTo = decltype(target)::kValue;
      const auto stored = saturating ? element::saturate<kTo>(x) : element::convert<kTo>(x);
      Wide::set<kTo>(r, Element<kTo>::load(stored));
    });
  });
}

// One step that is no cast.
NEUROFS_ELEMENT_FN void compute_wide(const LensStep& step, Wide& r) {
  const DataType target = wide(step.type);
  if (target != r.type) {
    with_wide(r.type, [&](auto held) {
      const auto x = Wide::get<typename Element<decltype(held)::kValue>::Register>(r);
      with_wide(target, [&](auto to) {
        constexpr DataType kTo = decltype(to)::kValue;
        Wide::set<kTo>(r, element::widen<kTo>(x));
      });
    });
  }
  element::with_type(step.type, [&](auto tag) {
    constexpr DataType kType = decltype(tag)::kValue;
    using Register = typename Element<kType>::Register;
    if constexpr (element::kIsInteger<Register>) {
      using Held = typename Element<wide(kType)>::Register;
      Wide::set<kType>(r, element::compute<kType>(step, static_cast<Register>(Wide::get<Held>(r))));
    } else if constexpr (wide(kType) == kType) {
      Wide::set<kType>(r, element::compute<kType>(step, Wide::get<Register>(r)));
    }
  });
  // The types that share float's register compute as float does.
  if (target == DataType::kFloat32 && step.type != DataType::kFloat32) {
    Wide::set<DataType::kFloat32>(r,
                                  element::compute<DataType::kFloat32>(step, Wide::get<float>(r)));
  }
}

NEUROFS_ELEMENT_FN double wide_as_double(const Wide& r) {
  double value = 0;
  with_wide(r.type, [&](auto held) {
    using Register = typename Element<decltype(held)::kValue>::Register;
    if constexpr (!element::kIsComplex<Register>)
      value = static_cast<double>(Wide::get<Register>(r));
  });
  return value;
}

}  // namespace neurofs::cuda
