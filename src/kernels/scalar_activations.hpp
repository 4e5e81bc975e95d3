// Activations that are computed number by number in every table, with functions of base: the same bits in all tables.
#pragma once

#include <cmath>

#include "base/math.hpp"

namespace deltarule::kernels {

/// The normal distribution function Φ, by erfc, which keeps the digits of its lower tail.
template <class T>
T normal_cdf(T x) {
  return T(0.5) * base::erfc(x * T(-0.70710678118654752440));
}

template <class T>
T gelu(T x) {
  return x * normal_cdf(x);
}
/// Φ(x) + x φ(x).
template <class T>
T gelu_slope(T x) {
  const T density = T(0.39894228040143267794) * base::exp(T(-0.5) * x * x);
  return normal_cdf(x) + x * density;
}

/// log(1 + e^x) without overflow; its derivative is the sigmoid.
template <class T>
T softplus(T x) {
  return (x > T(0) ? x : T(0)) + base::log1p(base::exp(-std::fabs(x)));
}

}  // namespace deltarule::kernels
