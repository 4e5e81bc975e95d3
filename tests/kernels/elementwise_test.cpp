// Activations, update rules and checks of every table that this machine runs against the scalar twin of its class: the
// same bits at every size and offset, exactly n numbers touched; and the twin against the formulas.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/aligned.hpp"
#include "base/panels.hpp"
#include "derivation/activations.hpp"
#include "kernels/kernels.hpp"
#include "kernels/same_bits.hpp"

namespace {

using namespace deltarule;
using kernels::ActivationKind;
using kernels::Kernels;

constexpr std::size_t kLargest = 2 * 16 + 1;  // two vectors of sixteen and one

const std::vector<ActivationKind>& kinds() {
  static const std::vector<ActivationKind> kKinds = [] {
    std::vector<ActivationKind> all;
    for (int kind = 0; kind < static_cast<int>(ActivationKind::softmax); ++kind) {
      all.push_back(static_cast<ActivationKind>(kind));
    }
    return all;
  }();
  return kKinds;
}

template <class T>
class Elementwise : public testing::Test {
 protected:
  // run(table, arrays) for both tables on copies of `arrays`; all numbers of all arrays must agree.
  template <class Run>
  void expect_same(const Kernels<T>& table, const std::vector<std::vector<T>>& arrays, const std::string& what,
                   const Run& run) {
    auto got = arrays;
    auto expected = arrays;
    run(table, got);
    run(kernels::scalar_twin<T>(table.fused), expected);
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const auto difference = test::first_difference(got[i], expected[i]);
      ASSERT_EQ(difference, -1) << table.name << ' ' << what << " array " << i << ": "
                                << got[i][static_cast<std::size_t>(difference)] << " for "
                                << expected[i][static_cast<std::size_t>(difference)];
    }
    ++compared_;
  }
  // All sizes up to two vectors and one, a few offsets each, and one size of several blocks.
  template <class Try>
  void at_every_size(const Try& attempt) {
    for (std::size_t n = 0; n <= kLargest; ++n) {
      for (const std::size_t offset : {0u, 1u, 3u}) {
        attempt(n, offset);
        if (this->HasFatalFailure()) return;
      }
    }
    attempt(std::size_t{1013}, std::size_t{5});
  }
  std::size_t compared_ = 0;
  base::Random random_{11, base::Stream::generate};
};

using NumberTypes = testing::Types<float, double>;
TYPED_TEST_SUITE(Elementwise, NumberTypes);

TYPED_TEST(Elementwise, ActivationsHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  const auto tables = kernels::runnable<T>();
  for (const Kernels<T>* table : tables) {
    for (const ActivationKind kind : kinds()) {
      const std::string what = "activation " + std::to_string(static_cast<int>(kind));
      this->at_every_size([&](std::size_t n, std::size_t at) {
        const std::vector<std::vector<T>> arrays = {test::awkward_numbers<T>(this->random_, at + n + 4),
                                                    test::awkward_numbers<T>(this->random_, at + n + 4),
                                                    test::random_numbers<T>(this->random_, at + n + 4)};
        this->expect_same(*table, arrays, what, [&](const Kernels<T>& k, auto& x) {
          k.activate(kind, T(0.3), x[0].data() + at, x[1].data() + at, n);
          k.multiply_derivative(kind, T(0.3), x[0].data() + at, x[1].data() + at, x[2].data() + at, n);
          k.activate(kind, T(0.3), x[0].data() + at, x[0].data() + at, n);  // in place
        });
      });
      if (this->HasFatalFailure()) return;
    }
  }
  EXPECT_EQ(this->compared_, tables.size() * kinds().size() * ((kLargest + 1) * 3 + 1));
}

TYPED_TEST(Elementwise, NanGoesThroughEveryActivationAndDerivative) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    for (const ActivationKind kind : kinds()) {
      const std::vector<T> net(19, std::numeric_limits<T>::quiet_NaN());
      std::vector<T> a(19, T(0)), values(19, T(1));
      k->activate(kind, T(0.3), net.data(), a.data(), 19);
      k->multiply_derivative(kind, T(0.3), net.data(), a.data(), values.data(), 19);
      for (std::size_t i = 0; i < 19; ++i, ++compared) {
        EXPECT_TRUE(std::isnan(a[i])) << k->name << " f " << static_cast<int>(kind);
        EXPECT_TRUE(std::isnan(values[i])) << k->name << " f' " << static_cast<int>(kind);
      }
    }
  }
  EXPECT_GE(compared, 15u * 19u);
}

TYPED_TEST(Elementwise, SoftmaxHasTheBitsOfTheScalarTwinAndSumsToOne) {
  using T = TypeParam;
  const auto tables = kernels::runnable<T>();
  for (const Kernels<T>* table : tables) {
    for (const bool awkward : {false, true}) {
      this->at_every_size([&](std::size_t n, std::size_t at) {
        const auto net = awkward ? test::awkward_numbers<T>(this->random_, at + n + 3)
                                 : test::random_numbers<T>(this->random_, at + n + 3, 50.0);
        this->expect_same(*table, {net, net}, "softmax", [&](const Kernels<T>& k, auto& x) {
          k.softmax(x[0].data() + at, x[1].data() + at, n);
          k.softmax(x[0].data() + at, x[0].data() + at, n);
        });
        if (awkward || n == 0) return;
        std::vector<T> a(n);
        table->softmax(net.data(), a.data(), n);
        double sum = 0;
        for (const T value : a) sum += static_cast<double>(value);
        EXPECT_NEAR(sum, 1.0, static_cast<double>(n + 8) * static_cast<double>(std::numeric_limits<T>::epsilon()));
      });
    }
  }
  EXPECT_EQ(this->compared_, tables.size() * 2 * ((kLargest + 1) * 3 + 1));
}

TYPED_TEST(Elementwise, PanelsOfSoftmaxHaveTheBitsOfRowsAndTheirDeltasThoseOfTheTwin) {
  using T = TypeParam;
  constexpr std::size_t rows = 3, wide = base::kPanel<T>;
  std::size_t compared = 0;
  for (const Kernels<T>* table : kernels::runnable<T>()) {
    const Kernels<T>& twin = kernels::scalar_twin<T>(table->fused);
    for (std::size_t units = 1; units <= wide; ++units)
      for (const bool awkward : {false, true}) {
        const std::size_t width = units <= wide / 2 ? wide / 2 : wide;
        base::AlignedBuffer<T> net(rows * width), a(rows * width), t(rows * width), delta(rows * width),
            expected = delta;
        const auto numbers = awkward ? test::awkward_numbers<T>(this->random_, rows * width)
                                     : test::random_numbers<T>(this->random_, rows * width, 50.0);
        std::copy(numbers.begin(), numbers.end(), net.data());
        const auto targets = test::random_numbers<T>(this->random_, rows * width);
        std::copy(targets.begin(), targets.end(), t.data());
        kernels::SoftmaxSum<T> sums[rows];
        table->softmax_panel(net.data(), width, units, rows, a.data(), sums);
        for (std::size_t r = 0; r < rows; ++r) {
          std::vector<T> row(units);
          const auto sum = twin.softmax(net.data() + r * width, row.data(), units);
          const T* const got = a.data() + r * width;
          ASSERT_TRUE(std::equal(row.begin(), row.end(), got, test::same_bits<T>)) << table->name << ' ' << units;
          EXPECT_PRED2(test::same_bits<T>, sums[r].sum, sum.sum);
          EXPECT_TRUE(std::isnan(sum.sum) || sums[r].largest == sum.largest);
          ++compared;
        }
        const double target_sums[rows] = {1.0, 0.25, 3.5};
        table->softmax_deltas(t.data(), a.data(), target_sums, width, units, rows, delta.data());
        twin.softmax_deltas(t.data(), a.data(), target_sums, width, units, rows, expected.data());
        ASSERT_TRUE(std::equal(delta.data(), delta.data() + rows * width, expected.data(), test::same_bits<T>))
            << table->name << ' ' << units;
      }
  }
  EXPECT_EQ(compared, kernels::runnable<T>().size() * wide * 2 * rows);
}

TYPED_TEST(Elementwise, RulesHaveTheBitsOfTheScalarTwin) {
  using T = TypeParam;
  const auto tables = kernels::runnable<T>();
  const kernels::AdamStep<T> step{T(0.01), T(0.9), T(0.999), T(31.7), T(1e-8), T(1e-4)};
  for (const Kernels<T>* table : tables) {
    this->at_every_size([&](std::size_t n, std::size_t at) {
      std::vector<std::vector<T>> arrays;
      for (int i = 0; i < 28; ++i) arrays.push_back(test::random_numbers<T>(this->random_, at + n + 3));
      for (const std::size_t squares : {4u, 11u, 13u, 15u, 16u, 21u, 23u, 25u})
        for (T& square : arrays[squares]) square = std::fabs(square);
      arrays[0][at] = T(0);  // sign(0) is 0
      if (n > 2) arrays[18][at + 1] = arrays[27][at + 1] = T(0);
      this->expect_same(*table, arrays, "rules", [&](const Kernels<T>& k, auto& x) {
        k.scale(T(0.3), x[1].data() + at, n);
        k.add_penalties(x[0].data() + at, x[1].data() + at, T(0.1), T(0.01), n);
        k.keep_movable(x[0].data() + at, x[8].data() + at, n);
        k.add(x[1].data() + at, x[2].data() + at, n);
        k.multiply(x[1].data() + at, x[2].data() + at, n);
        k.delta_rule(x[0].data() + at, x[1].data() + at, T(0.1), n);
        k.adam(x[5].data() + at, x[1].data() + at, x[3].data() + at, x[4].data() + at, step, n);
        k.momentum(x[6].data() + at, x[1].data() + at, x[7].data() + at, T(0.1), T(0.9), n);
        k.nesterov(x[8].data() + at, x[1].data() + at, x[9].data() + at, T(0.1), T(0.9), n);
        k.rmsprop(x[10].data() + at, x[1].data() + at, x[11].data() + at, T(0.1), T(0.9), T(1e-8), n);
        k.adagrad(x[12].data() + at, x[1].data() + at, x[13].data() + at, T(0.1), T(1e-10), n);
        k.adadelta(x[14].data() + at, x[1].data() + at, x[15].data() + at, x[16].data() + at, T(1), T(0.95), T(1e-6),
                   n);
        k.lion(x[17].data() + at, x[1].data() + at, x[18].data() + at, {T(0.1), T(0.9), T(0.99), T(0.01)}, n);
        for (std::size_t turn = 0; turn < 3; ++turn)
          k.rprop(x[19].data() + at, x[1].data() + at, x[20 + 2 * turn].data() + at, x[21 + 2 * turn].data() + at,
                  {T(1.2), T(0.5), T(0.1), T(0.9), static_cast<kernels::RpropTurn>(turn)}, n);
        k.quickprop(x[26].data() + at, x[1].data() + at, x[27].data() + at, x[18].data() + at,
                    {T(0.1), T(1.75), T(1.75) / T(2.75), T(0.01)}, n);
      });
    });
  }
  EXPECT_EQ(this->compared_, tables.size() * ((kLargest + 1) * 3 + 1));
}

// Formulas of deltarule/rules.hpp in long double, at a few roundings of the numbers involved (all at most 3 in size).
TYPED_TEST(Elementwise, RulesAreTheirFormulas) {
  using T = TypeParam;
  const long double bound = 16 * static_cast<long double>(std::numeric_limits<T>::epsilon());
  constexpr std::size_t n = 41;
  std::size_t compared = 0;
  const auto near = [&](T got, long double truth) {
    EXPECT_LE(std::fabs(got - truth), bound);
    ++compared;
  };
  const long double rate = T(0.1), mu = T(0.9), l2 = T(0.1), l1 = T(0.05);
  const kernels::AdamStep<T> step{T(0.01), T(0.75), T(0.875), T(1.5), T(0.0625), T(0.125)};
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    const auto w = test::random_numbers<T>(this->random_, n, 1.0), g = test::random_numbers<T>(this->random_, n, 1.0);
    const auto v = test::random_numbers<T>(this->random_, n, 1.0);
    auto slope = g, plain = w, heavy = w, ahead = w, adam = w, v1 = v, v2 = v, mean = v, square = v;
    for (T& s : square) s = std::fabs(s) + T(0.25);
    const auto square_before = square;
    k->scale(T(0.25), slope.data(), n);
    k->add_penalties(w.data(), slope.data(), T(l2), T(l1), n);
    auto scaled = w, recent = square;
    k->delta_rule(plain.data(), g.data(), T(rate), n);
    k->momentum(heavy.data(), g.data(), v1.data(), T(rate), T(mu), n);
    k->nesterov(ahead.data(), g.data(), v2.data(), T(rate), T(mu), n);
    k->adam(adam.data(), g.data(), mean.data(), square.data(), step, n);
    k->rmsprop(scaled.data(), g.data(), recent.data(), T(0.25), T(0.875), T(0.0625), n);
    for (std::size_t i = 0; i < n; ++i) {
      const long double weight = w[i], grad = g[i], before = v[i];
      near(slope[i], grad / 4 + l2 * weight + (weight > 0 ? l1 : -l1));
      near(plain[i], weight - rate * grad);
      const long double velocity = mu * before - rate * grad;
      near(v1[i], velocity);
      near(heavy[i], weight + velocity);
      near(ahead[i], weight + mu * velocity - rate * grad);
      const long double m = 0.75L * before + 0.25L * grad;
      const long double s = 0.875L * square_before[i] + 0.125L * grad * grad;
      near(mean[i], m);
      near(square[i], s);
      near(recent[i], s);
      near(scaled[i], weight - 0.25L * grad / (std::sqrt(s) + 0.0625L));
      near(adam[i], weight - step.decay * weight - step.rate * m / (std::sqrt(s) * 1.5L + 0.0625L));
    }
  }
  EXPECT_GE(compared, n * 10);
}

TYPED_TEST(Elementwise, SquareSumSeesEveryPlaceAndSquaresThatOverflow) {
  using T = TypeParam;
  std::size_t compared = 0;
  const T huge = std::sqrt(std::numeric_limits<T>::max()) * T(1.01);
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    for (std::size_t n = 0; n <= kLargest; ++n) {
      auto values = test::random_numbers<T>(this->random_, n + 2);
      values[n] = std::numeric_limits<T>::quiet_NaN();  // one beyond
      EXPECT_TRUE(std::isfinite(k->square_sum(values.data(), n)) &&
                  std::isfinite(k->rough_square_sum(values.data(), n)))
          << k->name << ' ' << n;
      for (std::size_t i = 0; i < n; ++i) {
        for (const T bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity(),
                            -std::numeric_limits<T>::infinity(), huge}) {
          auto spoiled = values;
          spoiled[i] = bad;
          EXPECT_FALSE(std::isfinite(k->square_sum(spoiled.data(), n)) ||
                       std::isfinite(k->rough_square_sum(spoiled.data(), n)))
              << k->name << ' ' << n << ' ' << i;
          ++compared;
        }
      }
    }
  }
  EXPECT_GE(compared, 2000u);
}

// tests/cases/activation-table.json: values from 40-digit arithmetic.
TYPED_TEST(Elementwise, ActivationsAgreeWithTheTableOfTrueValues) {
  using T = TypeParam;
  std::ifstream file(std::string(DELTARULE_SOURCE_DIR) + "/tests/cases/activation-table.json");
  const auto table = nlohmann::json::parse(file);
  const std::vector<std::pair<std::string, ActivationKind>> names = {{"sigmoid", ActivationKind::sigmoid},
                                                                     {"tanh", ActivationKind::tanh},
                                                                     {"scaled_tanh", ActivationKind::scaled_tanh},
                                                                     {"relu", ActivationKind::relu},
                                                                     {"leaky_relu", ActivationKind::leaky_relu},
                                                                     {"elu", ActivationKind::elu},
                                                                     {"softplus", ActivationKind::softplus},
                                                                     {"softsign", ActivationKind::softsign},
                                                                     {"gaussian", ActivationKind::gaussian},
                                                                     {"sin", ActivationKind::sin},
                                                                     {"swish", ActivationKind::swish}};
  const std::vector<double> doubles = table["x"];
  const std::vector<T> x(doubles.begin(), doubles.end());
  const double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  constexpr double kDigits = 5e-15;
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    for (const auto& [name, kind] : names) {
      const T parameter = kind == ActivationKind::elu ? T(1) : T(0.01);
      std::vector<T> a(x.size()), slope(x.size(), T(1));
      k->activate(kind, parameter, x.data(), a.data(), x.size());
      k->multiply_derivative(kind, parameter, x.data(), a.data(), slope.data(), x.size());
      const std::vector<double> f = table["functions"][name]["f"];
      const std::vector<double> derivative = table["functions"][name]["derivative"];
      for (std::size_t i = 0; i < x.size(); ++i) {
        // The table has 15 digits and decimal x; x rounded to T moves f by up to |x f′| epsilon (f′ likewise by |x f″|,
        // |f″| ≤ 2); the kernels add a few roundings; f′ taken from a rounded a is absolute to epsilon.
        const double moved = std::fabs(doubles[i]) * epsilon;
        const double value = static_cast<double>(a[i]), got = static_cast<double>(slope[i]);
        EXPECT_NEAR(value, f[i],
                    (8 * epsilon + kDigits) * std::fabs(f[i]) + moved * std::fabs(derivative[i]) +
                        static_cast<double>(std::numeric_limits<T>::min()))
            << k->name << ' ' << name << " at " << doubles[i];
        EXPECT_NEAR(got, derivative[i], (8 * epsilon + kDigits) * std::max(1.0, std::fabs(derivative[i])) + 2 * moved)
            << k->name << ' ' << name << "' at " << doubles[i];
        compared += 2;
      }
    }
  }
  EXPECT_EQ(compared, kernels::runnable<T>().size() * names.size() * x.size() * 2);
}

// f′ of every activation is the slope of f, by central differences in double away from kinks.
TEST(Activations, DerivativesAreTheSlopesOfTheFunctions) {
  std::size_t compared = 0;
  const double h = 1e-5;
  for (const Kernels<double>* k : kernels::runnable<double>()) {
    for (const ActivationKind kind : kinds()) {
      for (double x = -6.03; x < 6.0; x += 0.11) {
        if (std::fabs(std::fabs(x) - 1.0) < 0.02 || std::fabs(x) < 0.02) continue;  // kinks
        const double points[] = {x - h, x + h, x};
        double a[3];
        double slope = 1.0;
        k->activate(kind, 0.3, points, a, 3);
        k->multiply_derivative(kind, 0.3, points + 2, a + 2, &slope, 1);
        // Truncation h² f‴ / 6 with |f‴| ≤ 12, and rounding of f (|f| ≤ 8) divided by h. Those of e^I are e^I.
        const double size = kind == ActivationKind::exp ? std::fmax(1.0, slope) : 1.0;
        EXPECT_NEAR(slope, (a[1] - a[0]) / (2 * h), size * (2 * h * h + 64 * 2.2e-16 / h))
            << k->name << ' ' << static_cast<int>(kind) << " at " << x;
        ++compared;
      }
    }
  }
  EXPECT_GE(compared, 15u * 100u);
}

TEST(Activations, KinksHaveTheDerivativesOfTheConvention) {
  std::size_t compared = 0;
  const auto expect = [&](ActivationKind kind, double parameter, double x, double truth) {
    for (const Kernels<double>* k : kernels::runnable<double>()) {
      double a = 0.0, slope = 1.0;
      k->activate(kind, parameter, &x, &a, 1);
      k->multiply_derivative(kind, parameter, &x, &a, &slope, 1);
      EXPECT_EQ(slope, truth) << k->name << ' ' << static_cast<int>(kind) << " at " << x;
      ++compared;
    }
  };
  expect(ActivationKind::relu, 0.0, 0.0, 0.0);
  expect(ActivationKind::leaky_relu, 0.25, 0.0, 0.25);
  expect(ActivationKind::elu, 1.0, 0.0, 1.0);
  expect(ActivationKind::elu, 0.5, 0.0, 0.5);
  expect(ActivationKind::hard_tanh, 0.0, 1.0, 0.0);
  expect(ActivationKind::hard_tanh, 0.0, -1.0, 0.0);
  expect(ActivationKind::hard_tanh, 0.0, 0.999, 1.0);
  EXPECT_EQ(compared, 7 * kernels::runnable<double>().size());
}

TYPED_TEST(Elementwise, GeluHasTheBitsOfTheDerivation) {
  using T = TypeParam;
  std::size_t compared = 0;
  for (const Kernels<T>* k : kernels::runnable<T>()) {
    for (T x = T(-12); x < T(8); x += T(0.0137), ++compared) {
      T a = T(0), slope = T(1);
      k->activate(ActivationKind::gelu, T(0), &x, &a, 1);
      k->multiply_derivative(ActivationKind::gelu, T(0), &x, &a, &slope, 1);
      ASSERT_EQ(a, derivation::Gelu::value(x)) << k->name << " at " << x;
      ASSERT_EQ(slope, derivation::Gelu::derivative(x)) << k->name << " at " << x;
    }
  }
  EXPECT_GE(compared, 1400u);
}

}  // namespace
