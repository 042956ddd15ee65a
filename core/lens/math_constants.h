// Constants and polynomials of element_math.h for float and double.
//
// Purpose: each type's ln 2 in two parts, the ends beyond which a function has reached its limit, and the
// coefficients, fitted for the least greatest relative error (in the comment) over the range named there.
#pragma once

#include <cstdint>

#include "core/lens/element_function.h"

namespace neurofs::element {

// a * b + c, rounded once where there is an instruction for it.
template <typename Float>
NEUROFS_ELEMENT_FN Float multiply_add(Float a, Float b, Float c) {
#if defined(__CUDA_ARCH__)
  return fma(a, b, c);
#elif defined(__FMA__)
  if constexpr (sizeof(Float) == sizeof(float)) {
    return __builtin_fmaf(a, b, c);
  } else {
    return __builtin_fma(a, b, c);
  }
#else
  return a * b + c;
#endif
}

// Polynomials with short chains of dependent operations (Estrin): c0 + c1 x + c2 x^2 + ...
template <typename Float>
NEUROFS_ELEMENT_FN Float cubic(Float x, Float x2, Float c0, Float c1, Float c2, Float c3) {
  return multiply_add(multiply_add(c3, x, c2), x2, multiply_add(c1, x, c0));
}
template <typename Float>
NEUROFS_ELEMENT_FN Float septic(Float x, Float x2, Float x4, Float c0, Float c1, Float c2, Float c3,
                                Float c4, Float c5, Float c6, Float c7) {
  return multiply_add(cubic(x, x2, c4, c5, c6, c7), x4, cubic(x, x2, c0, c1, c2, c3));
}

template <typename Float>
struct MathConstants;

template <>
struct MathConstants<float> {
  using Bits = uint32_t;
  static constexpr int kFractionBits = 23;
  static constexpr Bits kBias = 127;
  static constexpr Bits kShrinkBits = 64;
  static constexpr Bits kSign = 0x80000000u;
  static constexpr Bits kUpperHalf = 0xfffff000u;
  static constexpr float kInteger = 0x1p23f;    // adding it leaves no fraction
  static constexpr float kRounder = 0x1.8p23f;  // the same for either sign
  static constexpr float kLog2E = 0x1.715476p0f;
  static constexpr float kLn2High = 0x1.62e4p-1f;  // 15 bits, so that products with k are exact
  static constexpr float kLn2Low = 0x1.7f7d1cp-20f;
  static constexpr float kSqrtHalf = 0x1.6a09e6p-1f;
  static constexpr float kGreatest = 0x1.fffffep127f;
  static constexpr float kInfinity = __builtin_inff();
  static constexpr float kNan = __builtin_nanf("");
  static constexpr float kShrink = 0x1p-64f;
  static constexpr float kExpHigh = 89;       // infinite from here
  static constexpr float kExpLow = -104;      // zero
  static constexpr float kProductLow = -112;  // x e^x is zero
  static constexpr float kTanhEnd = 10;
  static constexpr float kGeluEnd = 15;
  static constexpr float kGeluTanhEnd = 11;
  static constexpr float kLinear = 0x1.988454p0f;  // 2 sqrt(2 / pi)
  static constexpr float kLinearLow = -0x1.857936p-25f;
  static constexpr float kCubic = 0x1.2444f2p-4f;  // the same times 0.044715
  static constexpr float kCubicLow = 0x1.49b16ap-29f;

  // (e^r - 1 - r) / r^2, |r| < 0.41: 2^-26.6
  NEUROFS_ELEMENT_FN float exp_rest(float r) {
    const float x2 = r * r;
    return multiply_add(
        multiply_add(0x1.6970acp-10f, x2, multiply_add(0x1.12af5p-7f, r, 0x1.555c3ap-5f)), x2,
        multiply_add(0x1.5553d8p-3f, r, 0x1.fffff4p-2f));
  }
  // (log(1 + f) - 2s) / (s z), |s| < 0.172: 2^-36
  NEUROFS_ELEMENT_FN float log_rest(float z) {
    const float x2 = z * z;
    return cubic(z, x2, 0x1.555554p-1f, 0x1.999a78p-2f, 0x1.243952p-2f, 0x1.e2e6a2p-3f);
  }
  // (log(1 + t) / s - 1) / z, s = t / (1 + t / 2), z = s^2, 0 <= t <= 1: 2^-27.7
  NEUROFS_ELEMENT_FN float log1p_rest(float z) {
    return cubic(z, z * z, 0x1.5555p-4f, 0x1.99d27ap-7f, 0x1.1eb61ap-9f, 0x1.1ef82cp-11f);
  }
  // e^(a^2/2) Phi(-a), 0 <= a < 15: 2^-27.2
  NEUROFS_ELEMENT_FN float tail(float a) {
    // Where either end of a polynomial prevails, few of its roundings count.
    const float a2 = a * a;
    const float a3 = a2 * a;
    const float above =
        multiply_add(a3, multiply_add(a, 0x1.1030fcp-8f, 0x1.4ee6fep-5f),
                     multiply_add(a, multiply_add(a, 0x1.78c58ep-3f, 0x1.c1d3fcp-2f), 0x1p-1f));
    const float below = multiply_add(
        a3, multiply_add(a2, 0x1.552338p-7f, multiply_add(a, 0x1.a3c34ap-4f, 0x1.e2b9f2p-2f)),
        multiply_add(a, multiply_add(a, 0x1.349f3p0f, 0x1.ad2c3p0f), 1.0f));
    return above / below;
  }
};

template <>
struct MathConstants<double> {
  using Bits = uint64_t;
  static constexpr int kFractionBits = 52;
  static constexpr Bits kBias = 1023;
  static constexpr Bits kShrinkBits = 512;
  static constexpr Bits kSign = 0x8000000000000000u;
  static constexpr Bits kUpperHalf = 0xfffffffff8000000u;
  static constexpr double kInteger = 0x1p52;
  static constexpr double kRounder = 0x1.8p52;
  static constexpr double kLog2E = 0x1.71547652b82fep0;
  static constexpr double kLn2High = 0x1.62e42fefa3p-1;  // 41 bits
  static constexpr double kLn2Low = 0x1.3de6af278ece6p-42;
  static constexpr double kSqrtHalf = 0x1.6a09e667f3bcdp-1;
  static constexpr double kGreatest = 0x1.fffffffffffffp1023;
  static constexpr double kInfinity = __builtin_inf();
  static constexpr double kNan = __builtin_nan("");
  static constexpr double kShrink = 0x1p-512;
  static constexpr double kExpHigh = 710;
  static constexpr double kExpLow = -746;
  static constexpr double kProductLow = -760;
  static constexpr double kTanhEnd = 20;
  static constexpr double kGeluEnd = 39.5;
  static constexpr double kGeluTanhEnd = 22;
  static constexpr double kLinear = 0x1.9884533d43651p0;
  static constexpr double kLinearLow = -0x1.cbc0d30ebfd15p-54;
  static constexpr double kCubic = 0x1.2444f2a4d8b4bp-4;
  static constexpr double kCubicLow = -0x1.6c843a29d1c7p-61;

  // |r| < 0.3467: 2^-58
  NEUROFS_ELEMENT_FN double exp_rest(double r) {
    const double x2 = r * r;
    const double x4 = x2 * x2;
    const double x8 = x4 * x4;
    return multiply_add(multiply_add(0x1.ad825f6e1f076p-26, r, 0x1.28aca6b599ab2p-22), x8,
                        septic(r, x2, x4, 0x1.0000000000009p-1, 0x1.55555555554fdp-3,
                               0x1.5555555550af5p-5, 0x1.1111111127322p-7, 0x1.6c16c183ba4c2p-10,
                               0x1.a01a012c56dep-13, 0x1.a0199b0bb9b2dp-16, 0x1.71df225f065aap-19));
  }
  // 2^-65
  NEUROFS_ELEMENT_FN double log_rest(double z) {
    const double x2 = z * z;
    const double x4 = x2 * x2;
    return septic(z, x2, x4, 0x1.5555555555555p-1, 0x1.9999999999dc5p-2, 0x1.249249242ecd7p-2,
                  0x1.c71c72558a3bap-3, 0x1.745cdf219799dp-3, 0x1.3b20884c27f71p-3,
                  0x1.0f5f8d1c2e699p-3, 0x1.0f4c5cbb975b4p-3);
  }
  // 2^-59.4
  NEUROFS_ELEMENT_FN double log1p_rest(double z) {
    const double x2 = z * z;
    const double x4 = x2 * x2;
    return multiply_add(
        multiply_add(0x1.5c871b014e65ep-24, z, 0x1.559fa07ba69a5p-23), x4 * x4,
        septic(z, x2, x4, 0x1.5555555555535p-4, 0x1.99999999a0839p-7, 0x1.2492492085c17p-9,
               0x1.c71c741f5e1bdp-12, 0x1.745cb3a30e6c3p-14, 0x1.3b1de2699f069p-16,
               0x1.1067733720031p-18, 0x1.efdccd11d54b0p-21));
  }
  // 0 <= a < 39.5: 2^-59.7
  NEUROFS_ELEMENT_FN double tail(double a) {
    const double a2 = a * a;
    const double a3 = a2 * a;
    const double a4 = a2 * a2;
    const double above = multiply_add(
        a3,
        septic(a, a2, a4, 0x1.6e2f37ab56c92p-2, 0x1.0eaf9d3b982dp-3, 0x1.2488af7c50499p-5,
               0x1.d376ec2998a7p-8, 0x1.110212c6a6ea9p-10, 0x1.bfdb90bf6a9f2p-14,
               0x1.d52db92449e9bp-18, 0x1.e2a16123c16ecp-23),
        multiply_add(a, multiply_add(a, 0x1.5c21d6dffd1f2p-1, 0x1.a80257e699217p-1), 0x1p-1));
    const double below = multiply_add(
        a3,
        multiply_add(a4 * a4, 0x1.2e71993d323b1p-21,
                     septic(a, a2, a4, 0x1.00537beb2edcfp+1, 0x1.f630bd2d71155p-1,
                            0x1.65055c4f571e7p-2, 0x1.792f9db6c61dcp-4, 0x1.294e84395c856p-6,
                            0x1.58763ec33b75bp-9, 0x1.193e6f8ef3e8ep-12, 0x1.26039b688ed62p-16)),
        multiply_add(a, multiply_add(a, 0x1.68b566f1ea195p+1, 0x1.3a2240c29d6ap+1), 1.0));
    return above / below;
  }
};

}  // namespace neurofs::element
