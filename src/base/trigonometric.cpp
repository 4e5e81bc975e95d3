// sin and cos. Arguments above π/4 are reduced exactly with as many bits of 2/π as it takes (Payne & Hanek 1983): slow
// compared with the usual shortcut for small arguments, but one path that is right for every number.
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/math.hpp"
#include "base/polynomial.hpp"

namespace deltarule::base {
namespace {

// The first 1280 bits of 2/π after the point.
constexpr std::array<std::uint32_t, 40> kTwoOverPi = {
    0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u,
    0xb7246e3au, 0x424dd2e0u, 0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u,
    0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u, 0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu,
    0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du, 0x7527bac7u, 0xebe5f17bu,
    0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu, 0xf0cfbc20u, 0x9af4361du};
constexpr std::size_t kWords = 8;  // of 2/π that matter for one exponent: 256 bits

// size = quadrant · π/2 + high + low, |high| ≤ π/4.
struct Angle {
  unsigned quadrant;
  double high;
  double low;
};

// mantissa × kWords words of 2/π from `first`; least significant word first.
std::array<std::uint32_t, kWords + 2> multiply(std::uint64_t mantissa, std::size_t first) {
  std::array<std::uint32_t, kWords + 2> product{};
  const std::array<std::uint64_t, 2> factor = {mantissa & 0xFFFFFFFFu, mantissa >> 32};
  for (std::size_t j = 0; j < 2; ++j) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < kWords; ++i) {
      carry += factor[j] * kTwoOverPi[first + kWords - 1 - i] + product[i + j];
      product[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[kWords + j] = static_cast<std::uint32_t>(carry);
  }
  return product;
}

// The 64 bits of `words` that begin at bit `from`.
std::uint64_t bits_from(const std::array<std::uint32_t, kWords + 2>& words, std::size_t from) {
  const auto word = [&words](std::size_t i) { return i < words.size() ? std::uint64_t{words[i]} : 0u; };
  const std::size_t i = from / 32;
  const std::size_t shift = from % 32;
  const std::uint64_t low = word(i) | (word(i + 1) << 32);
  return shift == 0 ? low : (low >> shift) | (word(i + 2) << (64 - shift));
}

// ±(high + low) · 2^-128 quarter turns as an angle in two parts.
void to_radians(std::uint64_t high, std::uint64_t low, double sign, Angle& angle) {
  constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0;
  constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;
  int shift = high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(low | 1);
  const int total = shift;
  if (shift >= 64) {
    high = low;
    low = 0;
    shift -= 64;
  }
  if (shift > 0) {
    high = (high << shift) | (low >> (64 - shift));
    low <<= shift;
  }
  // `high` begins with a one now; 53 bits to each part.
  const double unit = std::bit_cast<double>(static_cast<std::uint64_t>(1023 - 53 - total) << 52);
  const double top = static_cast<double>(high >> 11) * unit;
  const double rest = static_cast<double>(((high & 0x7FFu) << 42) | (low >> 22)) * (unit * 0x1p-53);
  const double product = top * kHalfPiHigh;
  const double error = std::fma(top, kHalfPiHigh, -product);
  angle.high = sign * product;
  angle.low = sign * (error + std::fma(top, kHalfPiLow, rest * kHalfPiHigh));
}

// For finite size > π/4.
Angle reduce(double size) {
  const auto bits = std::bit_cast<std::uint64_t>(size);
  const int exponent = static_cast<int>(bits >> 52) - 1075;  // size = mantissa · 2^exponent
  const std::uint64_t mantissa = (bits & 0xFFFFFFFFFFFFFu) | (1ull << 52);
  // Words of 2/π that only add multiples of four quarter turns are left out.
  const std::size_t first = exponent > 2 ? static_cast<std::size_t>(exponent - 2) / 32 : 0;
  const auto product = multiply(mantissa, first);
  const auto point = static_cast<std::size_t>(static_cast<int>(32 * (kWords + first)) - exponent);
  std::uint64_t high = bits_from(product, point - 64);
  std::uint64_t low = bits_from(product, point - 128);
  Angle angle{static_cast<unsigned>(bits_from(product, point) & 3u), 0.0, 0.0};
  double sign = 1.0;
  if ((high >> 63) != 0) {  // beyond half a quarter: count from the next one
    ++angle.quadrant;
    low = ~low + 1;
    high = ~high + (low == 0 ? 1 : 0);
    sign = -1.0;
  }
  to_radians(high, low, sign, angle);
  return angle;
}

// (sin r − r) / r³ and (cos r − 1 + r²/2) / r⁴ in r² for |r| ≤ π/4, fitted in Chebyshev nodes; errors 1.8e-17, 9e-19.
constexpr std::array kSin = {-0x1.5555555555555p-3, 0x1.1111111110bb2p-7,   -0x1.a01a019e83816p-13,
                             0x1.71de379654304p-19, -0x1.ae600aca92c64p-26, 0x1.5e0b05bff20f2p-33};
constexpr std::array kCos = {0x1.5555555555555p-5,   -0x1.6c16c16c16967p-10, 0x1.a01a019f4e9b4p-16,
                             -0x1.27e4fa17bf139p-22, 0x1.1eeb68cd22f56p-29,  -0x1.907d8f29fe831p-37};

double sin_near_zero(double r, double low) {
  const double z = r * r;
  const double tail = std::fma(r * z, polynomial(kSin, z), std::fma(-0.5 * z, low, low));
  return r + tail;
}

double cos_near_zero(double r, double low) {
  const double z = r * r;
  const double half = 0.5 * z;
  const double first = 1.0 - half;
  const double lost = (1.0 - first) - half;
  return first + (lost + std::fma(z * z, polynomial(kCos, z), -r * low));
}

// sin(x + quarters · π/2)
double sin_in_double(double x, unsigned quarters) {
  if (!(std::fabs(x) < std::numeric_limits<double>::infinity())) return x - x;
  constexpr double kQuarterPi = 0x1.921fb54442d18p-1;
  Angle angle{0, std::fabs(x), 0.0};
  if (angle.high > kQuarterPi) angle = reduce(angle.high);
  // sin is odd, cos is even.
  const bool negative = quarters == 0 && std::signbit(x);
  const unsigned quadrant = angle.quadrant + quarters;
  const double value =
      (quadrant & 1u) != 0 ? cos_near_zero(angle.high, angle.low) : sin_near_zero(angle.high, angle.low);
  return negative != ((quadrant & 2u) != 0) ? -value : value;
}

}  // namespace

template <>
double sin(double x) {
  return sin_in_double(x, 0);
}
template <>
float sin(float x) {
  return static_cast<float>(sin_in_double(static_cast<double>(x), 0));
}
template <>
double cos(double x) {
  return sin_in_double(x, 1);
}
template <>
float cos(float x) {
  return static_cast<float>(sin_in_double(static_cast<double>(x), 1));
}

}  // namespace deltarule::base
