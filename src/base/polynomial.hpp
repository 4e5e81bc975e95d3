// Polynomials by Horner's rule, for the elementary functions of this folder.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

namespace deltarule::base {

/// coefficients[0] + coefficients[1] x + …, one fused multiply-add per power.
template <std::size_t n>
double polynomial(const std::array<double, n>& coefficients, double x) {
  double sum = coefficients.back();
  for (std::size_t i = n - 1; i-- > 0;) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

}  // namespace deltarule::base
