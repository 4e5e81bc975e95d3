// What Levenberg-Marquardt is made of: the Jacobian's products against the derivation, the factor of a symmetric matrix
// against what it is a factor of, and the line search of L-BFGS against its conditions.
#include <cmath>
#include <limits>

#include "base/thread_team.hpp"
#include "derivation/reference.hpp"
#include "network/passes.hpp"
#include "support.hpp"
#include "training/full_batch/gauss_newton.hpp"
#include "training/full_batch/limits.hpp"
#include "training/full_batch/line_search.hpp"
#include "training/full_batch/symmetric.hpp"

namespace deltarule::training::testing {
namespace {

const Share kAlone = [](std::size_t count, std::size_t, const auto& work) { work(std::size_t{0}, count); };

/// Canonical place of each column.
template <class T>
std::vector<std::size_t> canonical_places(const network::Network<T>& network, const GaussNewton<T>& products) {
  std::vector<std::size_t> by_place(network.parameters().size()), columns;
  for (std::size_t i = 0; i < network.graph().weight_count(); ++i) by_place[network.place_of(i)] = i;
  for (const std::size_t place : products.places()) columns.push_back(by_place[place]);
  return columns;
}

/// Rows of the Jacobian by the reference pass, its slopes ∂a_j/∂w from ∂E/∂a = 1 of one output.
template <class T>
std::vector<std::vector<double>> reference_rows(const network::Network<T>& network, const ArraySource<T>& source) {
  const std::vector<T> weights = network.weights();
  const std::vector<double> w(weights.begin(), weights.end());
  std::vector<std::vector<double>> rows;
  for (std::size_t p = 0; p < source.size(); ++p) {
    const std::vector<double> x(source.input(p).begin(), source.input(p).end());
    for (std::size_t j = 0; j < network.outputs(); ++j) {
      std::vector<double> unit(network.outputs(), 0.0);
      unit[j] = 1;
      rows.push_back(
          derivation::reference_pass_from_slopes<double>(network.graph(), network.resolved(), w, x, unit).slopes);
    }
  }
  return rows;
}

template <class T>
void add_all(network::Network<T>& network, const ArraySource<T>& source, GaussNewton<T>& products) {
  network::Workspace<T> workspace(network, source.size() + 1, true);
  const network::RowRange rows{0, source.size()};
  workspace.load(source, all_patterns(source.size()), 0);
  network::forward(network, workspace, rows);
  for (std::size_t j = 0; j < network.outputs(); ++j) {
    for (std::size_t r = 0; r < source.size(); ++r) {
      std::fill_n(workspace.slope_row(r), network.outputs(), T{0});
      workspace.slope_row(r)[j] = T{1};
    }
    network::deltas_from_slope_rows(network, workspace, rows);
    products.add(workspace, source.size(), kAlone);
  }
}

template <class T>
std::size_t compare_products(std::uint64_t seed, std::size_t networks, double tolerance,
                             const std::vector<std::string>& ways = {""}) {
  Dice dice(seed);
  std::size_t compared = 0;
  const std::vector<std::string> outputs = {"identity", "sigmoid", "tanh", "softmax"};
  for (std::size_t n = 0; n < networks; ++n) {
    NetworkSpec spec = random_spec(dice, {outputs[n % 4], "half_squared_error"}, n % 3 == 0 ? 19 : 5);
    if (ways.size() > 1) spec = normalised(dice, spec, ways);
    auto network = random_network<T>(dice, spec);
    const auto source = random_patterns<T>(dice, dice.between(1, 9), network.inputs(), network.outputs());
    GaussNewton<T> products(network, {});
    EXPECT_EQ(products.places().size(), movable_count(network.graph(), {}));
    add_all(network, source, products);
    const auto rows = reference_rows(network, source);
    const auto columns = canonical_places(network, products);
    for (std::size_t b = 0; b < columns.size(); ++b)
      for (std::size_t a = 0; a <= b; ++a, ++compared) {
        double sum = 0, size = 0;
        for (const auto& row : rows) {
          sum += row[columns[a]] * row[columns[b]];
          size += std::fabs(row[columns[a]] * row[columns[b]]);
        }
        EXPECT_NEAR(products.sum()(a, b), sum, tolerance * (size + 1)) << "network " << n;
      }
    if (::testing::Test::HasFailure()) break;
  }
  return compared;
}

TEST(ProductsOfTheJacobian, AreThoseOfTheDerivation) {
  EXPECT_GE(compare_products<double>(71, 80, 1e-12), 50000u);
  EXPECT_GE(compare_products<float>(72, 80, 2e-4), 50000u);
}

/// Gains are parameters like others; 1/√(σ² + ε) ≤ 317 may do to a rounding what it does to the slopes.
TEST(ProductsOfTheJacobian, AreThoseOfTheDerivationInNormalisedNetworks) {
  EXPECT_GE(compare_products<double>(74, 80, 1e-9, {"layer", "layer", ""}), 50000u);
}

// ---- dense ----

/// Random rows in panels, zero beyond the columns.
base::AlignedBuffer<double> random_rows(Dice& dice, std::size_t columns, std::size_t rows) {
  const std::size_t panels = (columns + kBlock - 1) / kBlock;
  base::AlignedBuffer<double> a(panels * rows * kBlock);
  for (std::size_t c = 0; c < columns; ++c)
    for (std::size_t r = 0; r < rows; ++r)
      a[c / kBlock * rows * kBlock + r * kBlock + c % kBlock] = dice.uniform(-1, 1);
  return a;
}

double element(const SymmetricMatrix& a, std::size_t i, std::size_t j) { return i <= j ? a(i, j) : a(j, i); }

TEST(TheFactorOfASymmetricMatrix, SolvesWhatItIsTheFactorOf) {
  Dice dice(73);
  std::size_t compared = 0;
  for (std::size_t n = 1; n <= 67; n += n < 20 ? 1 : 7) {
    SymmetricMatrix sum(n), factor(n);
    sum.add_products(random_rows(dice, n, n + 5).data(), (n + 5) * kBlock, n + 5, kAlone);
    std::vector<double> added(n), b(n);
    for (double& one : added) one = dice.uniform(0.1, 1);
    for (double& one : b) one = dice.uniform(-1, 1);
    ASSERT_TRUE(factor.factorise(sum, 0.5, added, kAlone));
    std::vector<double> x = b;
    factor.solve(x);
    double trace = 0;
    for (std::size_t i = 0; i < n; ++i, ++compared) {
      double product = added[i] * x[i], size = 1;
      for (std::size_t j = 0; j < n; ++j) {
        product += 0.5 * element(sum, i, j) * x[j];
        size += std::fabs(element(sum, i, j) * x[j]);
      }
      EXPECT_NEAR(product, b[i], 1e-14 * static_cast<double>(n) * size) << n;
      std::vector<double> unit(n, 0.0);
      unit[i] = 1;
      factor.solve(unit);
      trace += unit[i];
    }
    EXPECT_NEAR(factor.trace_of_inverse(kAlone), trace, 1e-10 * trace);
  }
  EXPECT_GT(compared, 400u);
}

TEST(TheFactorOfASymmetricMatrix, IsNotThereWhenItIsNotPositiveDefinite) {
  Dice dice(74);
  for (const std::size_t n : {1u, 5u, 16u, 33u}) {
    SymmetricMatrix sum(n), factor(n);
    sum.add_products(random_rows(dice, n, 3).data(), 3 * kBlock, 3, kAlone);  // of rank 3 at most
    EXPECT_FALSE(factor.factorise(sum, 1, std::vector<double>(n, -1e-3 - 3.0 * static_cast<double>(n)), kAlone));
    EXPECT_FALSE(factor.factorise(sum, 1, std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()), kAlone));
    EXPECT_FALSE(factor.factorise(sum, 1, std::vector<double>(n, std::numeric_limits<double>::infinity()), kAlone));
    EXPECT_TRUE(factor.factorise(sum, 1, std::vector<double>(n, 1e-3), kAlone));
  }
}

TEST(TheFactorOfASymmetricMatrix, HasTheSameBitsWhoeverOwnsItsBlocks) {
  Dice dice(75);
  const std::size_t n = 150;
  const auto rows = random_rows(dice, n, 64);
  base::ThreadTeam team(3);
  const Share shared = [&](std::size_t count, std::size_t, const auto& work) { team.claim(count, work); };
  std::vector<double> solved[2], traces;
  for (const Share& share : {kAlone, shared}) {
    SymmetricMatrix sum(n), factor(n);
    for (int times = 0; times < 3; ++times) sum.add_products(rows.data(), 64 * kBlock, 64, share);
    ASSERT_TRUE(factor.factorise(sum, 1, std::vector<double>(n, 0.01), share));
    std::vector<double> x(n, 1.0);
    factor.solve(x);
    solved[traces.size()] = x;
    traces.push_back(factor.trace_of_inverse(share));
  }
  EXPECT_TRUE(same_bits<double>(solved[0], solved[1]));
  EXPECT_EQ(traces[0], traces[1]);
}

// ---- the line search ----

struct Curve {
  const char* name;
  std::function<double(double)> value, slope;
};

std::vector<Curve> curves() {
  return {{"parabola, far", [](double a) { return (a - 40) * (a - 40); }, [](double a) { return 2 * (a - 40); }},
          {"parabola, near", [](double a) { return (a - 0.01) * (a - 0.01); }, [](double a) { return 2 * (a - 0.01); }},
          {"waves", [](double a) { return std::cos(9 * a) / 9 - 0.2 * a + 0.01 * a * a; },
           [](double a) { return -std::sin(9 * a) - 0.2 + 0.02 * a; }},
          {"a wall", [](double a) { return a < 0.3 ? -a : std::numeric_limits<double>::infinity(); },
           [](double) { return -1.0; }},
          {"a bowl with a wall",
           [](double a) { return a < 0.3 ? (a - 0.1) * (a - 0.1) : std::numeric_limits<double>::quiet_NaN(); },
           [](double a) { return 2 * (a - 0.1); }}};
}

TEST(StrongWolfe, HoldsWhereTheSearchSaysSo) {
  std::size_t held = 0, decreased = 0;
  for (const Curve& curve : curves())
    for (const double c2 : {0.9, 0.1, 0.001}) {
      SCOPED_TRACE(curve.name);
      std::size_t trials = 0;
      const auto at = [&](double alpha) {
        ++trials;
        return LinePoint{alpha, curve.value(alpha), curve.slope(alpha)};
      };
      const LinePoint start{0, curve.value(0), curve.slope(0)};
      const LineStep step = strong_wolfe(at, start, 1.0, {.c1 = 1e-4, .c2 = c2, .most_trials = 40});
      EXPECT_LE(trials, 40u);
      EXPECT_LT(step.point.error, start.error);
      ++decreased;
      if (!step.wolfe) continue;
      EXPECT_LE(step.point.error, start.error + 1e-4 * step.point.alpha * start.slope);
      EXPECT_LE(std::fabs(step.point.slope), c2 * std::fabs(start.slope));
      ++held;
    }
  EXPECT_EQ(decreased, 15u);
  EXPECT_GE(held, 12u) << "in front of a wall there is no such place";
}

TEST(StrongWolfe, FindsNothingWhereThereIsNoWayDown) {
  const auto up = [](double alpha) { return LinePoint{alpha, alpha, 1}; };  // the slope that it is told is wrong
  const LineStep step = strong_wolfe(up, {0, 0, -1}, 1.0, {});
  EXPECT_EQ(step.point.alpha, 0);
  EXPECT_FALSE(step.wolfe);
}

}  // namespace
}  // namespace deltarule::training::testing
