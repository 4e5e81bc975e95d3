// Elementary functions of our own, in scalar form: the same bits on every machine, compiler and libm.
// They are the specification of the SIMD versions in src/kernels, which must agree with them bit for bit.
#pragma once

namespace deltarule::base {

/// The largest error of any function below over its whole range, in units in the last place. Held by tests/base.
inline constexpr double kMathUlp = 4.0;

/// Defined for float and double. NaN gives NaN; overflow gives ±inf, underflow 0 or a denormal; domain errors NaN.
template <class T>
T exp(T x);
template <class T>
T expm1(T x);
template <class T>
T log(T x);
template <class T>
T log1p(T x);
template <class T>
T tanh(T x);
template <class T>
T sin(T x);
template <class T>
T cos(T x);
template <class T>
T erf(T x);
/// 1 − erf(x), with all its digits where it is small.
template <class T>
T erfc(T x);
template <class T>
T pow(T x, T y);
/// 1 / (1 + e^-x), accurate in both tails.
template <class T>
T sigmoid(T x);

}  // namespace deltarule::base
