// Counts the comparisons of derivatives by kind, keeps the worst, and says the first misses in full. The tolerances are
// explained in partial_derivatives_test.cpp.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>

namespace deltarule::derivation::testing {

/// The partial derivatives of the derivation.
enum Partial { kEByW, kEByI, kEByA, kEByX, kAByI, kIByW, kPartials };
constexpr std::array<const char*, kPartials> kPartialNames = {"dE/dw", "dE/dI", "dE/da", "dE/dx", "da/dI", "dI/dw"};

/// Compares and counts; says the first few misses in full.
class Tally {
 public:
  std::string place;

  void complex_step(Partial what, double got, double expected) {
    ++complex_[what];
    const double miss = std::fabs(got - expected) / std::max(1e-12, 1e-12 * std::fabs(expected));
    judge(what, "complex step", got, expected, miss, worst_complex_);
  }
  void central(Partial what, double got, double expected, double E) {
    ++central_[what];
    const double scale = std::max({1.0, std::fabs(E), std::fabs(got)});
    judge(what, "central difference", got, expected, std::fabs(got - expected) / (1e-7 * scale), worst_central_);
  }
  void kink() { ++kinks_; }

  [[nodiscard]] std::size_t complex_count(Partial what) const { return complex_[what]; }
  [[nodiscard]] std::size_t central_count(Partial what) const { return central_[what]; }
  [[nodiscard]] std::size_t compared() const {
    std::size_t sum = 0;
    for (std::size_t p = 0; p < kPartials; ++p) sum += complex_[p] + central_[p];
    return sum;
  }
  [[nodiscard]] std::size_t kinks() const { return kinks_; }
  void print() const {
    for (std::size_t p = 0; p < kPartials; ++p)
      std::printf("  %-6s %8zu complex steps %8zu central differences\n", kPartialNames[p], complex_[p], central_[p]);
    std::printf("  worst miss in tolerances: complex step %.3g, central difference %.3g; %zu skipped at kinks\n",
                worst_complex_, worst_central_, kinks_);
  }

 private:
  void judge(Partial what, const char* how, double got, double expected, double miss, double& worst) {
    if (miss <= 1) {  // false for NaN
      worst = std::max(worst, miss);
      return;
    }
    if (++misses_ <= 10)
      ADD_FAILURE() << kPartialNames[what] << " is " << got << ", " << how << " " << expected << " in " << place;
  }

  std::array<std::size_t, kPartials> complex_{}, central_{};
  std::size_t kinks_ = 0, misses_ = 0;
  double worst_complex_ = 0, worst_central_ = 0;
};

}  // namespace deltarule::derivation::testing
