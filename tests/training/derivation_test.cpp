// The fast engine against the derivation's reference pass: every activation, every slope, the error E and the change
// that the delta rule makes of it, in f64 and f32, over random wirings, activations and losses.
#include <limits>

#include "error_bounds.hpp"
#include "network/passes.hpp"
#include "network/targets.hpp"
#include "support.hpp"

namespace deltarule::training::testing {
namespace {

struct Tally : Misses {
  std::size_t networks = 0, changes = 0, skipped = 0;
};

/// The oracle over a batch: slopes, E and their bounds summed over its patterns.
struct Batch {
  std::vector<double> slopes, bounds, sizes;
  double E = 0, E_bound = 0;
};

/// False when a kink is too near.
template <class T>
bool run_oracle(const network::Network<T>& network, const ArraySource<T>& source, Batch& batch) {
  const std::vector<double> w = in_double<T>(network.weights());
  const ErrorBounds bounds(network.graph(), network.resolved(), w, double{std::numeric_limits<T>::epsilon()});
  batch.slopes.assign(w.size(), 0);
  batch.bounds = batch.sizes = batch.slopes;
  for (std::size_t p = 0; p < source.size(); ++p) {
    const auto x = in_double<T>(source.input(p)), t = in_double<T>(source.target(p));
    const auto pass = derivation::reference_pass<double>(network.graph(), network.resolved(), w, x, t);
    const Bounds bound = bounds.of(pass, t);
    if (near_a_kink(network.resolved(), pass, bound, t)) return false;
    for (std::size_t i = 0; i < w.size(); ++i) {
      batch.slopes[i] += pass.slopes[i];
      batch.bounds[i] += bound.slopes[i];
      batch.sizes[i] += std::fabs(pass.slopes[i]);
    }
    batch.E += pass.E;
    batch.E_bound += bound.E;
  }
  return true;
}

bool is_frozen(const base::Graph& graph, std::size_t canonical) {
  for (const base::Layer& layer : graph.layers())
    if (layer.bias && !layer.train_bias && canonical >= layer.first_bias && canonical < layer.first_bias + layer.units)
      return true;
  return false;
}

template <class T>
void compare_network(network::Network<T> network, const ArraySource<T>& source, Tally& tally) {
  Batch oracle;
  if (!run_oracle(network, source, oracle)) {
    ++tally.skipped;
    return;
  }
  ++tally.networks;
  const double u = double{std::numeric_limits<T>::epsilon()}, eta = 0.0625, n = static_cast<double>(source.size());
  auto trainer = trainer_for<T>(network, {.optimizer = DeltaRule{eta}, .reduction = Reduction::sum});
  const auto patterns = all_patterns(source.size());
  const auto slopes = trainer.slopes(source, patterns);
  ASSERT_TRUE(slopes) << slopes.error().message();
  const std::vector<T> before = network.weights();
  const auto loss = trainer.step(source, patterns);
  ASSERT_TRUE(loss) << loss.error().message();
  const std::vector<T> after = network.weights();
  tally.compare(*loss, oracle.E, oracle.E_bound, "E");
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double bound = oracle.bounds[i] + n * u * oracle.sizes[i];
    tally.compare(double{(*slopes)[i]}, oracle.slopes[i], bound, "slope");
    const bool moves = !network.is_masked(i) && !is_frozen(network.graph(), i);
    if (!moves) {
      ASSERT_EQ(before[i], after[i]);
      continue;
    }
    ++tally.changes;
    const double expected = double{before[i]} - eta * oracle.slopes[i];
    tally.compare(double{after[i]}, expected,
                  eta * bound + 2 * u * (std::fabs(expected) + std::fabs(double{before[i]})), "weight after the step");
  }
}

template <class T>
Tally compare_random_networks(std::size_t networks, std::uint64_t seed) {
  Dice dice(seed);
  Tally tally;
  const std::vector<Pair> pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < networks; ++n) {
    const NetworkSpec spec = random_spec(dice, pairs[n % pairs.size()], n % 5 == 0 ? 19 : 6);
    auto network = random_network<T>(dice, spec);
    const auto source = random_patterns<T>(dice, dice.between(1, 5), network.inputs(), network.outputs(),
                                           network::target_range(network.loss()).is_limited() ? 0.05 : -0.2);
    compare_network<T>(std::move(network), source, tally);
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "network " << n << ", output " << pairs[n % pairs.size()].activation << " with "
                    << pairs[n % pairs.size()].loss;
      break;
    }
  }
  std::printf("%zu networks, %zu numbers, %zu changed weights, %zu near a kink; worst %.3f of the bound\n",
              tally.networks, tally.numbers, tally.changes, tally.skipped, tally.worst);
  return tally;
}

TEST(EngineIsTheDerivation, InDouble) {
  const Tally tally = compare_random_networks<double>(1200, 11);
  EXPECT_GE(tally.networks, 1000u);
  EXPECT_GE(tally.numbers, 100000u);
  EXPECT_GE(tally.changes, 50000u);
  EXPECT_LE(tally.skipped, 60u);
}

TEST(EngineIsTheDerivation, InFloat) {
  const Tally tally = compare_random_networks<float>(1200, 12);
  EXPECT_GE(tally.networks, 1000u);
  EXPECT_GE(tally.numbers, 100000u);
  EXPECT_GE(tally.changes, 50000u);
  EXPECT_LE(tally.skipped, 100u);
}

/// ∂(Σ_j s_j a_j)/∂x_i by complex step: no difference is taken, so every digit holds.
double complex_step_slope(const network::Network<double>& network, std::span<const double> x,
                          std::span<const double> output_slopes, std::size_t i) {
  constexpr double kStep = 1e-100;
  const std::vector<double> weights = network.weights();
  const std::vector<derivation::Complex> w(weights.begin(), weights.end());
  std::vector<derivation::Complex> inputs(x.begin(), x.end());
  inputs[i] += derivation::Complex(0, kStep);
  const auto pass = derivation::reference_forward<derivation::Complex>(network.graph(), network.resolved(), w, inputs);
  double slope = 0;
  for (std::size_t j = 0; j < output_slopes.size(); ++j) slope += output_slopes[j] * pass.outputs()[j].imag() / kStep;
  return slope;
}

TEST(EngineIsTheDerivation, InputSlopesAreTheComplexStep) {
  Dice dice(13);
  std::size_t compared = 0;
  const std::vector<Pair> pairs = derivation::testing::valid_pairs();
  for (std::size_t n = 0; n < 300; ++n) {
    auto network = random_network<double>(dice, random_spec(dice, pairs[n % pairs.size()], 9));
    const auto source = random_patterns<double>(dice, 1, network.inputs(), network.outputs());
    std::vector<double> slopes(network.outputs()), input_slopes(network.inputs());
    for (double& s : slopes) s = dice.uniform(-1, 1);
    const std::vector<double> w = network.weights();
    const auto oracle =
        derivation::reference_pass_from_slopes<double>(network.graph(), network.resolved(), w, source.input(0), slopes);
    const Bounds bound = ErrorBounds(network.graph(), network.resolved(), w, 0x1p-52).of(oracle, slopes);
    if (near_a_kink(network.resolved(), oracle, bound, slopes)) continue;
    std::vector<double> expected;
    for (std::size_t i = 0; i < network.inputs(); ++i)
      expected.push_back(complex_step_slope(network, source.input(0), slopes, i));
    auto trainer = trainer_for<double>(network, {});
    ASSERT_EQ(trainer.forward(source.input(0)).size(), network.outputs());
    ASSERT_EQ(trainer.backward(slopes, input_slopes), LearnStatus::learned);
    double sizes = 1;
    for (const double weight : w) sizes += std::fabs(weight);
    for (std::size_t i = 0; i < input_slopes.size(); ++i, ++compared)
      EXPECT_NEAR(input_slopes[i], expected[i], 64 * 0x1p-52 * sizes * std::max(1.0, std::fabs(expected[i])))
          << "network " << n;
  }
  EXPECT_GE(compared, 800u);
}

}  // namespace
}  // namespace deltarule::training::testing
