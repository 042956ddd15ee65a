// The functions of a lens, on float and double, for the host's loops and the device's kernels alike.
//
// Purpose: one definition, so that every executor gives the same values within the stated error.
// Errors in ulp: core/README.md. Pure, thread-safe.
#pragma once

#include <cmath>

#include "core/lens/element_function.h"

namespace neurofs::element {

NEUROFS_ELEMENT_FN double relu_or_nan(double x) {
  return x <= 0 ? 0 : x;
}
NEUROFS_ELEMENT_FN double exp(double x) {
  return ::exp(x);
}
NEUROFS_ELEMENT_FN float exp(float x) {
  return static_cast<float>(exp(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double log1p(double x) {
  return ::log1p(x);
}
NEUROFS_ELEMENT_FN float log1p(float x) {
  return static_cast<float>(log1p(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double tanh(double x) {
  return ::tanh(x);
}
NEUROFS_ELEMENT_FN float tanh(float x) {
  return static_cast<float>(tanh(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double sigmoid(double x) {
  return x != x ? x : x >= 0 ? 1 / (1 + ::exp(-x)) : ::exp(x) / (1 + ::exp(x));
}
NEUROFS_ELEMENT_FN float sigmoid(float x) {
  return static_cast<float>(sigmoid(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double silu(double x) {
  return x == -INFINITY ? -0.0 : x * sigmoid(x);
}
NEUROFS_ELEMENT_FN float silu(float x) {
  return static_cast<float>(silu(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double softplus(double x) {
  return relu_or_nan(x) + ::log1p(::exp(-::fabs(x)));
}
NEUROFS_ELEMENT_FN float softplus(float x) {
  return static_cast<float>(softplus(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double gelu(double x) {
  return x == -INFINITY ? -0.0 : 0.5 * x * ::erfc(-0.70710678118654752440 * x);
}
NEUROFS_ELEMENT_FN float gelu(float x) {
  return static_cast<float>(gelu(static_cast<double>(x)));
}
NEUROFS_ELEMENT_FN double gelu_tanh(double x) {
  return x < -100  ? -0.0
         : x > 100 ? x
                   : x * sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x));
}
NEUROFS_ELEMENT_FN float gelu_tanh(float x) {
  return static_cast<float>(gelu_tanh(static_cast<double>(x)));
}

}  // namespace neurofs::element
