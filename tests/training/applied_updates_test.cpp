// The change that a rule of one weight at a time applies, on random networks and under every loss and penalty, against
// a plain re-coding of its formula.
#include <cmath>
#include <limits>
#include <set>

#include "every_rule.hpp"
#include "recoded_rules.hpp"
#include "support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

enum class Kind { weight, bias, still };

/// By canonical position; still: a weight that does not exist or a bias that is frozen.
template <class T>
std::vector<Kind> kinds_of(const network::Network<T>& network) {
  std::vector<Kind> kinds(network.graph().weight_count(), Kind::weight);
  for (const base::Layer& layer : network.graph().layers())
    for (std::size_t u = 0; layer.bias && u < layer.units; ++u)
      kinds[layer.first_bias + u] = layer.train_bias ? Kind::bias : Kind::still;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (network.is_masked(i)) kinds[i] = Kind::still;
  return kinds;
}

/// A trial: one network, one rule, some steps.
template <class T>
class Comparison {
 public:
  Comparison(network::Network<T>& network, const TrainerOptions& options, const ArraySource<T>& source)
      : network_(network),
        options_(options),
        source_(source),
        trainer_(trainer_for<T>(network, options)),
        rule_(recoded().at(std::string(name_of(options.optimizer)))),
        kinds_(kinds_of(network)),
        memory_(kinds_.size()) {}

  /// False when the step was refused: with exponential outputs a default rate may be too large.
  bool step(std::span<const std::uint32_t> patterns) {
    const std::vector<T> before = network_.weights();
    const auto slopes = trainer_.slopes(source_, patterns);
    const auto loss = trainer_.step(source_, patterns);
    if (!slopes || !loss) {
      EXPECT_FALSE(loss) << "the slopes alone were refused";
      EXPECT_EQ(network_.weights(), before);
      return false;
    }
    const double share = options_.reduction == Reduction::mean ? 1.0 / static_cast<double>(patterns.size()) : 1.0;
    Moment now{.step = static_cast<double>(++steps_), .E = *loss * share + penalty(before), .E_before = last_E_};
    last_E_ = now.E;
    const std::vector<T> after = network_.weights();
    for (std::size_t i = 0; i < before.size(); ++i) {
      now.w = double{before[i]};
      now.g = double{(*slopes)[i]};
      compare(i, now, double{after[i]});
    }
    return true;
  }
  [[nodiscard]] std::size_t compared() const { return compared_; }

 private:
  [[nodiscard]] double penalty(const std::vector<T>& weights) const {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double w = kinds_[i] == Kind::weight ? double{weights[i]} : 0;
      sum += options_.l2 / 2 * w * w + options_.l1 * std::fabs(w);
    }
    return sum;
  }

  void compare(std::size_t i, Moment now, double after) {
    if (kinds_[i] == Kind::still) {
      EXPECT_EQ(now.w, after) << "a weight that may not move, place " << i;
      return;
    }
    now.is_bias = kinds_[i] == Kind::bias;
    if (!now.is_bias) now.g += options_.l2 * now.w + options_.l1 * sign(now.w);
    const double expected = now.w + rule_(options_.optimizer, now, memory_[i]);
    // A handful of operations per step, each off by half an ulp of its result; in f32 the constants are rounded, too.
    const double size = std::fabs(now.w) + std::fabs(expected) + 1;
    const double bound = 32.0 * now.step * double{std::numeric_limits<T>::epsilon()} * size;
    EXPECT_NEAR(after, expected, bound) << name_of(options_.optimizer) << ", step " << now.step << ", place " << i;
    ++compared_;
  }

  network::Network<T>& network_;
  TrainerOptions options_;
  const ArraySource<T>& source_;
  Trainer<T> trainer_;
  const Recoded& rule_;
  std::vector<Kind> kinds_;
  std::vector<Memory> memory_;
  std::size_t steps_ = 0, compared_ = 0;
  double last_E_ = std::numeric_limits<double>::quiet_NaN();
};

/// Full batches and smaller ones in turn, so that slopes change their sign.
template <class T>
std::size_t compare_steps(network::Network<T>& network, const TrainerOptions& options, const ArraySource<T>& source) {
  Comparison<T> comparison(network, options, source);
  for (const std::size_t size : {7u, 7u, 3u, 7u, 7u, 4u}) {
    if (!comparison.step(all_patterns(size)) || ::testing::Test::HasFailure()) break;
  }
  return comparison.compared();
}

/// Some masked weights, a layer without biases, and one with frozen ones.
NetworkSpec spec_with_everything() {
  NetworkSpec spec{.inputs = 3, .layers = {{5, "tanh"}, {4, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  return spec;
}

template <class T>
std::size_t compare_rule(Dice& dice, const NetworkSpec& spec, const TrainerOptions& options) {
  auto network = random_network<T>(dice, spec);
  return compare_steps<T>(network, options, random_patterns<T>(dice, 7, network.inputs(), network.outputs()));
}

constexpr double kPenalties[] = {0.0, 0.03};

TEST(AppliedUpdates, AreWhatTheFormulasSayUnderEveryPenaltyAndReduction) {
  Dice dice(21);
  std::size_t compared = 0, rules = 0;
  for (const UpdateEntry& entry : rules_of_weights()) {
    ASSERT_TRUE(recoded().contains(std::string(entry.name))) << "no re-coding of rule " << entry.name;
    ++rules;
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      for (const double l1 : kPenalties)
        for (const double l2 : kPenalties) {
          const TrainerOptions options{.optimizer = entry.defaults, .reduction = reduction, .l2 = l2, .l1 = l1};
          compared += compare_rule<double>(dice, spec_with_everything(), options);
          compared += compare_rule<float>(dice, spec_with_everything(), options);
        }
  }
  EXPECT_EQ(rules + rules_together().size(), std::variant_size_v<Optimizer>);
  EXPECT_GE(compared, rules * 8 * 2 * 6 * 40);
}

TEST(AppliedUpdates, AreWhatTheFormulasSayOnRandomNetworksUnderEveryLoss) {
  Dice dice(22);
  std::size_t compared = 0;
  std::set<std::string> losses;
  for (const UpdateEntry& entry : rules_of_weights())
    for (const Pair& output : derivation::testing::valid_pairs()) {
      losses.insert(output.loss);
      const NetworkSpec spec = random_spec(dice, output, 6);
      const TrainerOptions options{.optimizer = entry.defaults,
                                   .reduction = dice.chance(0.5) ? Reduction::mean : Reduction::sum,
                                   .l2 = dice.chance(0.3) ? 0.03 : 0.0,
                                   .l1 = dice.chance(0.3) ? 0.03 : 0.0};
      compared += compare_rule<double>(dice, spec, options);
      ASSERT_FALSE(HasFailure()) << entry.name << ", " << output.activation << ", " << output.loss;
    }
  EXPECT_GE(losses.size(), 8u);
  EXPECT_GE(compared, rules_of_weights().size() * 100 * 6 * 10);
}

/// 300 patterns are two chunks: a rule must see their errors and slopes together.
TEST(AppliedUpdates, AreWhatTheFormulasSayOverSeveralChunks) {
  std::size_t compared = 0;
  for (const UpdateEntry& entry : rules_of_weights()) {
    Dice dice(24);
    auto network = random_network<double>(dice, spec_with_everything());
    const auto source = random_patterns<double>(dice, 300, network.inputs(), network.outputs());
    Comparison<double> comparison(network, {.optimizer = entry.defaults}, source);
    for (int step = 0; step < 12 && !HasFailure(); ++step) EXPECT_TRUE(comparison.step(all_patterns(300)));
    compared += comparison.compared();
  }
  EXPECT_GE(compared, rules_of_weights().size() * 12 * 40);
}

/// Rules that have settings of their own for decay, and settings other than the defaults.
TEST(AppliedUpdates, AreWhatTheFormulasSayWithOtherSettings) {
  Dice dice(23);
  std::size_t compared = 0;
  for (const Optimizer& rule :
       {Optimizer{Lion{0.01, 0.8, 0.95, 0.3}}, Optimizer{Quickprop{0.5, 1.1, 0.05}},
        Optimizer{AdamW{.learning_rate = 0.01, .weight_decay = 0.3}}, Optimizer{Adadelta{0.5, 0.9, 1e-4}},
        Optimizer{IRpropPlus{0.3, 1.5, 0.3, 0.05, 0.5}}, Optimizer{RpropPlus{0.3, 1.5, 0.3, 0.05, 0.5}}}) {
    compared += compare_rule<double>(dice, spec_with_everything(), {.optimizer = rule, .reduction = Reduction::sum});
    compared += compare_rule<float>(dice, spec_with_everything(), {.optimizer = rule});
  }
  EXPECT_GE(compared, 6u * 2 * 6 * 40);
}

}  // namespace
}  // namespace deltarule::training::testing
