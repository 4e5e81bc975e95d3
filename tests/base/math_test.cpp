// Our elementary functions against long double: sampled densely, over all exponents, and at the edges.
#include "base/math.hpp"
#include "campaign.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace {

using namespace deltarule;
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64, "the reference needs more digits than double");

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// |got − truth| in units in the last place of T at the truth. Infinite where only one of the two overflows.
template <class T>
double error_in_ulp(T got, Wide truth) {
  const T rounded = static_cast<T>(truth);
  if (std::isnan(rounded) || std::isnan(got)) return std::isnan(rounded) && std::isnan(got) ? 0.0 : INFINITY;
  if (std::isinf(rounded) || std::isinf(got)) {
    if (rounded == got) return 0.0;
    return std::nextafter(rounded, got) == got && std::isinf(rounded) != std::isinf(got) ? 1.0 : INFINITY;
  }
  int exponent = 0;
  std::frexp(truth, &exponent);
  const int lowest = std::numeric_limits<T>::min_exponent;
  const Wide ulp = std::ldexp(Wide{1}, std::max(exponent, lowest) - std::numeric_limits<T>::digits);
  return static_cast<double>(std::fabs(static_cast<Wide>(got) - truth) / ulp);
}

struct Worst {
  double ulp = 0.0;
  double at = 0.0;
  std::size_t compared = 0;
};

// Every `step`-th bit pattern of T (a fixed step that is odd, so that low bits vary), both signs, and the edges.
template <class T>
std::vector<T> samples() {
  std::vector<T> values = {T(0),
                           -T(0),
                           T(1),
                           T(-1),
                           T(0.5),
                           T(-0.5),
                           std::numeric_limits<T>::min(),
                           std::numeric_limits<T>::denorm_min(),
                           -std::numeric_limits<T>::denorm_min(),
                           std::numeric_limits<T>::max(),
                           std::numeric_limits<T>::lowest(),
                           std::numeric_limits<T>::infinity(),
                           -std::numeric_limits<T>::infinity(),
                           std::numeric_limits<T>::quiet_NaN(),
                           T(709.782712893384),
                           T(-745.13321910194),
                           T(88.722839),
                           T(-103.97208),
                           T(6381956970095103.0) * T(4.0)};
  const std::size_t count = test::lengthened<std::size_t>(400'000);
  const Bits<T> step = (~Bits<T>{0} / static_cast<Bits<T>>(count)) | 1;
  Bits<T> bits = 0;
  for (std::size_t i = 0; i < count; ++i, bits += step) values.push_back(std::bit_cast<T>(bits));
  // Where the functions are not constant: an even walk over [-800, 800] and a finer one over [-8, 8].
  for (int i = -200'000; i <= 200'000; ++i) {
    values.push_back(static_cast<T>(i * 0.0040013));
    values.push_back(static_cast<T>(i * 0.0000400013));
  }
  // Next to multiples of π/2.
  for (int i = 1; i < 20'000; ++i) values.push_back(static_cast<T>(i * 1.5707963267948966));
  return values;
}

template <class T, class Ours, class Reference>
Worst worst(const Ours& ours, const Reference& reference) {
  Worst result;
  for (const T x : samples<T>()) {
    const double error = error_in_ulp(ours(x), reference(static_cast<Wide>(x)));
    if (!(error <= result.ulp)) result = {error, static_cast<double>(x), result.compared};
    ++result.compared;
  }
  return result;
}

Wide sigmoid_of(Wide x) { return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x)); }

template <class T>
class Math : public testing::Test {
 protected:
  template <class Ours, class Reference>
  void hold(const char* name, const Ours& ours, const Reference& reference) {
    const Worst found = worst<T>(ours, reference);
    EXPECT_LE(found.ulp, base::kMathUlp) << name << " at " << found.at;
    EXPECT_GE(found.compared, 1'000'000u);
    std::string key = std::string(name) + (sizeof(T) == 4 ? "_f32" : "_f64");
    this->RecordProperty(key, std::to_string(found.ulp));
  }
};

using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Math, NumberTypes);

TYPED_TEST(Math, ExponentialsAreWithinTheBound) {
  using T = TypeParam;
  this->hold("exp", base::exp<T>, [](Wide x) { return std::exp(x); });
  this->hold("expm1", base::expm1<T>, [](Wide x) { return std::expm1(x); });
  this->hold("tanh", base::tanh<T>, [](Wide x) { return std::tanh(x); });
  this->hold("sigmoid", base::sigmoid<T>, sigmoid_of);
}

TYPED_TEST(Math, LogarithmsAreWithinTheBound) {
  using T = TypeParam;
  this->hold("log", base::log<T>, [](Wide x) { return std::log(x); });
  this->hold("log1p", base::log1p<T>, [](Wide x) { return std::log1p(x); });
}

TYPED_TEST(Math, SineAndCosineAreWithinTheBoundForHugeArgumentsToo) {
  using T = TypeParam;
  this->hold("sin", base::sin<T>, [](Wide x) { return std::sin(x); });
  this->hold("cos", base::cos<T>, [](Wide x) { return std::cos(x); });
}

TYPED_TEST(Math, ErfAndErfcAreWithinTheBound) {
  using T = TypeParam;
  this->hold("erf", base::erf<T>, [](Wide x) { return std::erf(x); });
  this->hold("erfc", base::erfc<T>, [](Wide x) { return std::erfc(x); });
}

TYPED_TEST(Math, PowerIsWithinTheBound) {
  using T = TypeParam;
  Worst found;
  const auto xs = samples<T>();
  // Pairs: each sample with exponents that keep the result in range, and with unrelated samples.
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const T x = xs[i];
    const T reach = static_cast<T>(700.0 / std::log(std::max(std::fabs(static_cast<double>(x)), 1.0 + 1e-12)));
    for (const T y : {xs[(i * 7919 + 13) % xs.size()], reach * static_cast<T>(i % 97) / T(97), T(2), T(-3), T(0.5)}) {
      const double error = error_in_ulp(base::pow(x, y), std::pow(static_cast<Wide>(x), static_cast<Wide>(y)));
      if (!(error <= found.ulp)) found = {error, static_cast<double>(x), found.compared};
      ++found.compared;
    }
  }
  EXPECT_LE(found.ulp, base::kMathUlp) << "at x = " << found.at;
  EXPECT_GE(found.compared, 4'000'000u);
  this->RecordProperty(sizeof(T) == 4 ? "pow_f32" : "pow_f64", std::to_string(found.ulp));
}

TYPED_TEST(Math, ZerosKeepTheirSignThroughOddFunctions) {
  using T = TypeParam;
  for (const auto f : {base::expm1<T>, base::tanh<T>, base::sin<T>, base::erf<T>, base::log1p<T>}) {
    EXPECT_EQ(f(T(0)), T(0));
    EXPECT_FALSE(std::signbit(f(T(0))));
    EXPECT_EQ(f(-T(0)), T(0));
    EXPECT_TRUE(std::signbit(f(-T(0))));
  }
}

TYPED_TEST(Math, EdgesAreThoseOfTheStandard) {
  using T = TypeParam;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  EXPECT_EQ(base::exp(kInf), kInf);
  EXPECT_EQ(base::exp(-kInf), T(0));
  EXPECT_EQ(base::expm1(-kInf), T(-1));
  EXPECT_EQ(base::log(T(0)), -kInf);
  EXPECT_EQ(base::log(kInf), kInf);
  EXPECT_TRUE(std::isnan(base::log(T(-1))));
  EXPECT_EQ(base::log1p(T(-1)), -kInf);
  EXPECT_TRUE(std::isnan(base::log1p(T(-1.5))));
  EXPECT_EQ(base::tanh(kInf), T(1));
  EXPECT_EQ(base::erf(-kInf), T(-1));
  EXPECT_EQ(base::erfc(kInf), T(0));
  EXPECT_EQ(base::erfc(-kInf), T(2));
  EXPECT_EQ(base::sigmoid(-kInf), T(0));
  EXPECT_EQ(base::sigmoid(kInf), T(1));
  EXPECT_TRUE(std::isnan(base::sin(kInf)));
  EXPECT_TRUE(std::isnan(base::cos(-kInf)));
}

TYPED_TEST(Math, PowerAtItsEdgesIsThatOfTheStandard) {
  using T = TypeParam;
  constexpr T kInf = std::numeric_limits<T>::infinity();
  constexpr T kNan = std::numeric_limits<T>::quiet_NaN();
  const std::vector<T> edges = {T(0),
                                -T(0),
                                T(1),
                                T(-1),
                                T(2),
                                T(-2),
                                T(3),
                                T(-3),
                                T(0.5),
                                T(-0.5),
                                T(1e30),
                                std::numeric_limits<T>::max(),
                                std::numeric_limits<T>::denorm_min(),
                                kInf,
                                -kInf,
                                kNan};
  std::size_t compared = 0;
  for (const T x : edges) {
    for (const T y : edges) {
      const T got = base::pow(x, y);
      const T truth = static_cast<T>(std::pow(static_cast<Wide>(x), static_cast<Wide>(y)));
      EXPECT_LE(error_in_ulp(got, static_cast<Wide>(truth)), base::kMathUlp) << x << " ^ " << y;
      if (!std::isnan(truth)) {
        EXPECT_EQ(std::signbit(got), std::signbit(truth)) << x << " ^ " << y;
      }
      ++compared;
    }
  }
  EXPECT_EQ(compared, 256u);
}

}  // namespace
