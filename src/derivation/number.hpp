// The number types of the derivation and their elementary functions: float and double on the project's own
// base/math.hpp, std::complex<double> for complex-step derivatives, long double for a second opinion. Only the first
// two ever reach a result; the other two go through the standard library, and piecewise definitions are continued by
// the real part.
#pragma once

#include <cmath>
#include <complex>
#include <concepts>
#include <cstddef>
#include <limits>

#include "base/math.hpp"

namespace deltarule::derivation {

using Complex = std::complex<double>;

template <class T>
concept EngineNumber = std::same_as<T, float> || std::same_as<T, double>;

/// A constant or a count as a T.
template <class T>
[[nodiscard]] constexpr T number(double value) {
  return static_cast<T>(value);
}
template <class T>
[[nodiscard]] constexpr T number(std::size_t count) {
  return static_cast<T>(static_cast<double>(count));
}
template <class T>
[[nodiscard]] constexpr T not_a_number() {
  return static_cast<T>(std::numeric_limits<double>::quiet_NaN());
}

/// What comparisons look at.
template <std::floating_point T>
[[nodiscard]] constexpr T real_part(T x) {
  return x;
}
[[nodiscard]] inline double real_part(Complex z) { return z.real(); }

/// |x| by the real part: z or −z, which is analytic on either side of 0, where the modulus of a complex number is not.
template <class T>
[[nodiscard]] T magnitude(T x) {
  return real_part(x) < 0 ? -x : x;
}
/// −1, 0 or 1 by the real part: the slope of magnitude().
template <class T>
[[nodiscard]] T sign(T x) {
  return number<T>(static_cast<double>(real_part(x) > 0) - static_cast<double>(real_part(x) < 0));
}

template <EngineNumber T>
[[nodiscard]] T exp(T x) {
  return base::exp(x);
}
template <EngineNumber T>
[[nodiscard]] T expm1(T x) {
  return base::expm1(x);
}
template <EngineNumber T>
[[nodiscard]] T log(T x) {
  return base::log(x);
}
template <EngineNumber T>
[[nodiscard]] T log1p(T x) {
  return base::log1p(x);
}
template <EngineNumber T>
[[nodiscard]] T tanh(T x) {
  return base::tanh(x);
}
template <EngineNumber T>
[[nodiscard]] T sin(T x) {
  return base::sin(x);
}
template <EngineNumber T>
[[nodiscard]] T cos(T x) {
  return base::cos(x);
}
template <EngineNumber T>
[[nodiscard]] T erf(T x) {
  return base::erf(x);
}
template <EngineNumber T>
[[nodiscard]] T erfc(T x) {
  return base::erfc(x);
}
template <EngineNumber T>
[[nodiscard]] T sigmoid(T x) {
  return base::sigmoid(x);
}

[[nodiscard]] inline long double exp(long double x) { return std::exp(x); }
[[nodiscard]] inline long double expm1(long double x) { return std::expm1(x); }
[[nodiscard]] inline long double log(long double x) { return std::log(x); }
[[nodiscard]] inline long double log1p(long double x) { return std::log1p(x); }
[[nodiscard]] inline long double tanh(long double x) { return std::tanh(x); }
[[nodiscard]] inline long double sin(long double x) { return std::sin(x); }
[[nodiscard]] inline long double cos(long double x) { return std::cos(x); }
[[nodiscard]] inline long double erf(long double x) { return std::erf(x); }
[[nodiscard]] inline long double erfc(long double x) { return std::erfc(x); }
[[nodiscard]] inline long double sigmoid(long double x) {
  const long double e = std::exp(-std::fabs(x));
  return (x < 0 ? e : 1.0L) / (1.0L + e);
}

[[nodiscard]] inline Complex exp(Complex z) { return std::exp(z); }
[[nodiscard]] inline Complex log(Complex z) { return std::log(z); }
[[nodiscard]] inline Complex tanh(Complex z) { return std::tanh(z); }
[[nodiscard]] inline Complex sin(Complex z) { return std::sin(z); }
[[nodiscard]] inline Complex cos(Complex z) { return std::cos(z); }
/// e^z − 1 without cancellation near 0.
[[nodiscard]] inline Complex expm1(Complex z) {
  const double half = std::sin(z.imag() / 2);
  return {std::expm1(z.real()) * std::cos(z.imag()) - 2 * half * half, std::exp(z.real()) * std::sin(z.imag())};
}
/// log(1 + z) without cancellation near 0.
[[nodiscard]] inline Complex log1p(Complex z) {
  const double x = z.real(), y = z.imag();
  return {std::log1p(x * (2 + x) + y * y) / 2, std::atan2(y, 1 + x)};
}
[[nodiscard]] inline Complex sigmoid(Complex z) {
  const Complex e = std::exp(-magnitude(z));
  return (z.real() < 0 ? e : Complex(1)) / (1.0 + e);
}
/// erf z = 2/√π e^(−z²) Σ_n 2ⁿ z^(2n+1) / (2n+1)!!, a series whose terms near the real axis all have one sign, so that
/// nothing cancels (Abramowitz & Stegun 7.1.6). It knows nothing of erf′, which makes it fit to check formulas that do.
[[nodiscard]] inline Complex erf(Complex z) {
  constexpr double kTwoOverRootPi = 1.1283791670955125739;
  if (std::fabs(z.real()) > 26) return sign(z);  // e^(−676): what is missing is below the least normal number
  Complex term = z, sum = z;
  for (double n = 1; std::abs(term) > 1e-18 * std::abs(sum) || n < std::norm(z); ++n) {
    term *= 2.0 * z * z / (2 * n + 1);
    sum += term;
  }
  return kTwoOverRootPi * std::exp(-z * z) * sum;
}
/// 1 − erf z: right to some epsilon of 1, not of itself.
[[nodiscard]] inline Complex erfc(Complex z) { return 1.0 - erf(z); }

}  // namespace deltarule::derivation
