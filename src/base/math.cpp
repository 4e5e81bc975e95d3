// exp and its family (the formulas are in exp_family-inl.hpp), erf and erfc. Logarithms and powers: logarithm.cpp; sin
// and cos: trigonometric.cpp.
#include "base/math.hpp"

#include <array>
#include <cmath>

#include "base/exp_family.hpp"
#include "base/polynomial.hpp"

namespace deltarule::base {

template <class T>
T exp(T x) {
  return exp_formula<ScalarOps<T, true>>(x);
}
template <class T>
T expm1(T x) {
  return expm1_formula<ScalarOps<T, true>>(x);
}
template <class T>
T tanh(T x) {
  return tanh_formula<ScalarOps<T, true>>(x);
}
template <class T>
T sigmoid(T x) {
  return sigmoid_formula<ScalarOps<T, true>>(x);
}

namespace {

// erf(x) / x − 1 in x² for |x| ≤ 1, fitted in Chebyshev nodes; error 1.6e-17.
constexpr std::array kErfSmall = {0x1.06eba8214db69p-3,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b3p-4,
                                  -0x1.b82ce31284ep-6,    0x1.565bcd0dbaa38p-8,   -0x1.c02db3dac435fp-11,
                                  0x1.f9a321d5b8e1ep-14,  -0x1.f4d1e3183f7aep-17, 0x1.b9df224ca4b97p-20,
                                  -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27,  -0x1.389d4f2641625p-30,
                                  0x1.05ffd737fb32ep-34};

// erfc(x) e^(x²) (x + 1) in t = (x − 2) / (x + 2) for 0.5 ≤ x ≤ 28, fitted in Chebyshev nodes; relative error 6.5e-17.
constexpr std::array kErfcLarge = {
    0x1.8849aa8fc2b31p-1,   -0x1.0a36d7faca07fp-2,  0x1.35c57e12ea8e9p-5,   0x1.5c7530c1043ccp-5,
    -0x1.9d9724081f447p-6,  -0x1.0fb9ead799161p-11, 0x1.02109249330abp-8,   0x1.2f6b0148d2573p-13,
    -0x1.727a2940b2dfdp-11, -0x1.25947950b42c5p-13, 0x1.ea8200528a535p-14,  0x1.02e9b37cc8e5dp-14,
    -0x1.039b21f7ac5b5p-17, -0x1.25dcf2c683225p-16, -0x1.467fba93a0f3bp-18, 0x1.48eb368c53ce2p-19,
    0x1.40039135c26b5p-19,  0x1.15e1a2245ca2cp-21,  -0x1.9388c9b5dcef6p-22, -0x1.d70f4513fa59bp-22,
    -0x1.1c8a3edd1fd87p-23, 0x1.600d465088865p-23,  0x1.4db6db506cfaap-24,  -0x1.9a7f1524ce460p-25};

/// erfc(x) for 0.5 ≤ x ≤ 28.
double erfc_above_half(double x) {
  const double t = (x - 2.0) / (x + 2.0);
  return gaussian_formula<ScalarOps<double, true>>(x) * polynomial(kErfcLarge, t) / (x + 1.0);
}

double erf_in_double(double x) {
  const double size = std::fabs(x);
  if (size <= 1.0) return std::fma(x, polynomial(kErfSmall, x * x), x);
  if (size >= 6.0) return std::copysign(1.0, x);  // 1 − erf(6) is 2e-17
  if (x != x) return x;
  return std::copysign(1.0 - erfc_above_half(size), x);
}

double erfc_in_double(double x) {
  if (!(x >= 0.5)) return 1.0 - erf_in_double(x);  // at least 0.47: nothing cancels
  return x > 28.0 ? 0.0 : erfc_above_half(x);      // erfc(28) is 1e-342
}

}  // namespace

template <>
double erf(double x) {
  return erf_in_double(x);
}
template <>
float erf(float x) {
  return static_cast<float>(erf_in_double(static_cast<double>(x)));
}
template <>
double erfc(double x) {
  return erfc_in_double(x);
}
template <>
float erfc(float x) {
  return static_cast<float>(erfc_in_double(static_cast<double>(x)));
}

template float exp(float);
template double exp(double);
template float expm1(float);
template double expm1(double);
template float tanh(float);
template double tanh(double);
template float sigmoid(float);
template double sigmoid(double);

}  // namespace deltarule::base
