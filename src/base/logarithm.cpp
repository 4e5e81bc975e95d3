// log, log1p and pow. The float forms round what is computed in double. Not SIMD: no inner loop needs them.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/exp_family.hpp"
#include "base/math.hpp"
#include "base/polynomial.hpp"

namespace deltarule::base {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLn2High = ExpConstants<double>::kLn2High;  // k times it is exact for |k| < 2^13
constexpr double kLn2Low = ExpConstants<double>::kLn2Low;
constexpr double kLn2Rest = 0x1.f97b57a079a19p-103;

// x = m 2^k with √½ ≤ m < √2, for positive finite x.
struct Split {
  double m;
  double k;
};

Split split(double x) {
  std::int64_t k = 0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p54;
    k = -54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCDu;
  const std::uint64_t above = bits - kRootHalf;  // its exponent field is k
  const std::int64_t exponent = static_cast<std::int64_t>(above) >> 52;
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(exponent) << 52));
  return {m, static_cast<double>(k + exponent)};
}

// With s = f / (2 + f): log(1 + f) = 2s + s³ R(s²). Fitted in Chebyshev nodes for √½ ≤ 1 + f ≤ √2; error 4.7e-18.
constexpr std::array kLog = {0x1.5555555555558p-1, 0x1.99999999952abp-2, 0x1.2492492df7663p-2, 0x1.c71c62ddb431bp-3,
                             0x1.7462b6e311a89p-3, 0x1.39fe16ad885a7p-3, 0x1.2b5bd9a316a24p-3};

// k ln 2 + log(1 + f) + correction. 2s is written as f − s f, so that the leading term is exact.
double log_from(double f, double k, double correction) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double half_square = 0.5 * f * f;
  const double rest = s * std::fma(z, polynomial(kLog, z), half_square);
  const double small = std::fma(k, kLn2Low, rest + correction);
  return std::fma(k, kLn2High, f - (half_square - small));
}

double log_in_double(double x) {
  if (x != x || x == kInfinity) return x;
  if (x == 0.0) return -kInfinity;
  if (x < 0.0) return kNan;
  const Split parts = split(x);
  return log_from(parts.m - 1.0, parts.k, 0.0);
}

double log1p_in_double(double x) {
  if (x != x || x == kInfinity) return x;
  if (x == -1.0) return -kInfinity;
  if (x < -1.0) return kNan;
  if (std::fabs(x) < 0x1p-54) return x;
  if (x > -0.29 && x < 0.41) return log_from(x, 0.0, 0.0);
  const double sum = 1.0 + x;
  const double lost = x >= 1.0 ? 1.0 - (sum - x) : x - (sum - 1.0);
  const Split parts = split(sum);
  return log_from(parts.m - 1.0, parts.k, lost / sum);
}

// An unevaluated sum of two numbers: about 106 bits.
struct Double2 {
  double high;
  double low;
};

Double2 add_ordered(double larger, double smaller) {
  const double sum = larger + smaller;
  return {sum, smaller - (sum - larger)};
}

Double2 multiply(Double2 x, Double2 y) {
  const double product = x.high * y.high;
  const double rest = std::fma(x.high, y.high, -product) + std::fma(x.high, y.low, x.low * y.high);
  return add_ordered(product, rest);
}

// As kLog without its first term: ((log(1 + f) − 2s) / s³ − 2/3) / s²; error 1.1e-20 of the logarithm.
constexpr std::array kLogTail = {0x1.999999999999ap-2, 0x1.2492492492522p-2, 0x1.c71c71c6ea81dp-3,
                                 0x1.745d177ab1a23p-3, 0x1.3b1395c693565p-3, 0x1.1118ca5739a59p-3,
                                 0x1.df7c45d976e07p-4, 0x1.e033ca1735266p-4};
constexpr Double2 kTwoThirds = {0x1.5555555555555p-1, 0x1.5555555555555p-55};

// log x to about 2^-64 of its size: y log x reaches 745 and its absolute error is the relative error of the power.
Double2 log_twice(double x) {
  const Split parts = split(x);
  const double f = parts.m - 1.0;
  const double below = 2.0 + f;
  const double below_low = f - (below - 2.0);
  const double s_high = f / below;
  const double s_low = std::fma(-s_high, below_low, std::fma(-s_high, below, f)) / below;
  const Double2 s = {s_high, s_low};
  const Double2 z = multiply(s, s);
  const Double2 cube = multiply(multiply(s, z), kTwoThirds);
  const double tail = s.high * z.high * z.high * polynomial(kLogTail, z.high);
  const Double2 first = add_ordered(2.0 * s.high, cube.high);
  const double first_low = first.low + (2.0 * s.low + (cube.low + tail));
  const double scaled = parts.k * kLn2High;
  const Double2 sum = parts.k == 0.0 ? first : add_ordered(scaled, first.high);
  const double low = parts.k == 0.0 ? 0.0 : sum.low;
  const Double2 ln2_low = {parts.k * kLn2Low, std::fma(parts.k, kLn2Low, -(parts.k * kLn2Low)) + parts.k * kLn2Rest};
  const Double2 joined = add_ordered(sum.high, ln2_low.high);
  return add_ordered(joined.high, joined.low + (low + (first_low + ln2_low.low)));
}

// e^(x.high + x.low)
double exp_of(Double2 x) {
  using Ops = ScalarOps<double, true>;
  using C = ExpConstants<double>;
  if (x.high > C::kOverflow) return kInfinity;
  if (x.high < C::kUnderflow) return 0.0;
  const ExpReduced<Ops> reduced = exp_reduce<Ops>(x.high);
  const double less1 = std::fma(1.0 + reduced.exp_less1, x.low, reduced.exp_less1);
  return scale<Ops>(1.0 + less1, reduced.k);
}

enum class Integer { no, even, odd };

Integer integer_kind(double y) {
  if (std::floor(y) != y) return Integer::no;
  return std::floor(0.5 * y) == 0.5 * y ? Integer::even : Integer::odd;
}

// |x|^y where x is zero or infinite, or y is infinite; the values of IEEE 754.
double pow_at_the_edge(double size, double y) {
  if (std::fabs(y) == kInfinity) {
    if (size == 1.0) return 1.0;
    return (size > 1.0) == (y > 0.0) ? kInfinity : 0.0;
  }
  return (size == 0.0) == (y > 0.0) ? 0.0 : kInfinity;
}

double pow_of_positive(double x, double y) {
  const Double2 log_x = log_twice(x);
  const double product = y * log_x.high;
  if (std::fabs(product) > 800.0) return product > 0.0 ? kInfinity : 0.0;
  return exp_of({product, std::fma(y, log_x.high, -product) + y * log_x.low});
}

double pow_in_double(double x, double y) {
  if (y == 0.0 || x == 1.0) return 1.0;
  if (x != x || y != y) return kNan;
  const double size = std::fabs(x);
  const Integer kind = integer_kind(y);
  const bool finite = size < kInfinity && std::fabs(y) < kInfinity;
  if (x < 0.0 && finite && kind == Integer::no) return kNan;
  const double power = finite && size > 0.0 ? pow_of_positive(size, y) : pow_at_the_edge(size, y);
  return std::signbit(x) && std::fabs(y) < kInfinity && kind == Integer::odd ? -power : power;
}

}  // namespace

template <>
double log(double x) {
  return log_in_double(x);
}
template <>
float log(float x) {
  return static_cast<float>(log_in_double(static_cast<double>(x)));
}
template <>
double log1p(double x) {
  return log1p_in_double(x);
}
template <>
float log1p(float x) {
  return static_cast<float>(log1p_in_double(static_cast<double>(x)));
}
template <>
double pow(double x, double y) {
  return pow_in_double(x, y);
}
template <>
float pow(float x, float y) {
  return static_cast<float>(pow_in_double(static_cast<double>(x), static_cast<double>(y)));
}

}  // namespace deltarule::base
