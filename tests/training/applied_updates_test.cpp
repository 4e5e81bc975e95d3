// The change that a rule of one weight at a time applies, on random networks and under every loss, penalty and limit,
// against a plain re-coding of its formula.
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "every_regime.hpp"
#include "every_rule.hpp"
#include "recoded_rules.hpp"
#include "support.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training::testing {
namespace {

enum class Kind { weight, bias, still, running };

/// One place of the canonical order.
struct Place {
  /// bias: or a gain; still: a weight that does not exist or a bias that is frozen; running: what follows from patterns
  /// and no rule.
  Kind kind = Kind::weight;
  std::size_t layer = 0;  // counting from 1
  std::size_t unit = 0;   // into which the weight leads
  bool is_gain = false;
};

template <class T>
std::vector<Place> places_of(const network::Network<T>& network) {
  std::vector<Place> places(network.graph().weight_count());
  std::size_t number = 0;
  for (const base::Layer& layer : network.graph().layers()) {
    ++number;
    for (std::size_t u = 0; u < layer.units; ++u) {
      for (const base::Block& block : layer.blocks)
        for (std::size_t k = 0; k < block.sending; ++k)
          places[block.first_weight + u * block.sending + k] = {Kind::weight, number, u};
      for (const base::UnitRow& row : layer.rows) {
        const bool is_gain = row.kind == base::ParameterKind::gains;
        places[row.first + u] = {is_gain ? Kind::bias : Kind::running, number, u, is_gain};
      }
      if (layer.bias) places[layer.first_bias + u] = {layer.train_bias ? Kind::bias : Kind::still, number, u};
    }
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    if (network.is_masked(i)) places[i].kind = Kind::still;
  return places;
}

/// A trial: one network, one rule with all that the options add to it, some steps.
template <class T>
class Comparison {
 public:
  Comparison(network::Network<T>& network, const TrainerOptions& options, const ArraySource<T>& source)
      : network_(network),
        options_(options),
        source_(source),
        trainer_(trainer_for<T>(network, options)),
        rule_(recoded().at(std::string(name_of(options.optimizer)))),
        places_(places_of(network)),
        memory_(places_.size()) {}

  /// False when the step was refused: with exponential outputs a default rate may be too large. `rate_factor`: of a
  /// schedule.
  bool step(std::span<const std::uint32_t> patterns, double rate_factor = 1.0) {
    const std::vector<T> before = network_.weights();
    trainer_.set_rate_factor(rate_factor);
    rate_factor_ = rate_factor;
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
    const std::vector<double> g = clipped(before, *slopes);
    std::vector<double> expected(before.begin(), before.end());
    for (std::size_t i = 0; i < before.size(); ++i)
      if (moves(i)) expected[i] += change(i, double{before[i]}, g[i], now);
    limit_norms(expected);
    compare(before, expected);
    return true;
  }
  [[nodiscard]] std::size_t compared() const { return compared_; }
  [[nodiscard]] std::size_t limited() const { return limited_; }  // slopes that were clipped, units that were scaled

 private:
  [[nodiscard]] double layer_rate(std::size_t i) const {
    for (const LayerRate& rate : options_.layer_rates)
      if (rate.layer == places_[i].layer) return rate.factor;
    return 1.0;
  }
  [[nodiscard]] bool moves(std::size_t i) const { return !stays(i) && layer_rate(i) != 0; }
  [[nodiscard]] bool stays(std::size_t i) const {
    return places_[i].kind == Kind::still || places_[i].kind == Kind::running;
  }
  [[nodiscard]] bool decays(std::size_t i) const {
    const bool is_bias = places_[i].kind == Kind::bias && !places_[i].is_gain;
    return places_[i].kind == Kind::weight || (is_bias && options_.decay_biases);
  }
  [[nodiscard]] double penalty(const std::vector<T>& weights) const {
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double w = decays(i) ? double{weights[i]} : 0;
      sum += options_.l2 / 2 * w * w + options_.l1 * std::fabs(w);
    }
    return sum;
  }

  /// What the rule sees of the slopes.
  std::vector<double> clipped(const std::vector<T>& weights, const std::vector<T>& slopes) {
    std::vector<double> g(slopes.size());
    double squares = 0;
    for (std::size_t i = 0; i < g.size(); ++i) {
      if (!moves(i)) continue;
      const double w = double{weights[i]};
      g[i] = double{slopes[i]} + (decays(i) ? options_.l2 * w + options_.l1 * sign(w) : 0.0);
      if (options_.clip_value > 0 && std::fabs(g[i]) > options_.clip_value)
        g[i] = sign(g[i]) * options_.clip_value, ++limited_;
      squares += g[i] * g[i];
    }
    if (options_.clip_norm == 0 || std::sqrt(squares) <= options_.clip_norm) return g;
    ++limited_;
    for (double& one : g) one *= options_.clip_norm / std::sqrt(squares);
    return g;
  }

  double change(std::size_t i, double w, double g, Moment now) {
    Optimizer rule = options_.optimizer;
    for (const char* rate : {"learning_rate", "delta_max"})  // the latter is what a rule without a rate has
      if (const UpdateSetting* setting = find_setting(entry_of(rule), rate); setting != nullptr)
        *setting->field(rule) *= rate_factor_ * layer_rate(i);
    now.w = w;
    now.g = g;
    now.is_bias = !decays(i);
    return rule_(rule, now, memory_[i]);
  }

  void limit_norms(std::vector<double>& weights) {
    if (options_.max_norm == 0) return;
    std::map<std::pair<std::size_t, std::size_t>, double> squares;
    for (std::size_t i = 0; i < weights.size(); ++i)
      if (is_incoming(i)) squares[{places_[i].layer, places_[i].unit}] += weights[i] * weights[i];
    for (std::size_t i = 0; i < weights.size(); ++i) {
      if (!is_incoming(i) || layer_rate(i) == 0) continue;
      const double norm = std::sqrt(squares[{places_[i].layer, places_[i].unit}]);
      if (norm > options_.max_norm) weights[i] *= options_.max_norm / norm, ++limited_;
    }
  }
  [[nodiscard]] bool is_incoming(std::size_t i) const { return places_[i].kind == Kind::weight; }

  void compare(const std::vector<T>& before, const std::vector<double>& expected) {
    const std::vector<T> after = network_.weights();
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (places_[i].kind == Kind::running) continue;  // normalisation_test.cpp
      if (!moves(i)) {
        EXPECT_EQ(before[i], after[i]) << "a weight that may not move, place " << i;
        continue;
      }
      // A handful of operations per step, each off by half an ulp of its result; in f32 the constants are rounded, too.
      const double size = std::fabs(double{before[i]}) + std::fabs(expected[i]) + 1;
      const double bound = 32.0 * static_cast<double>(steps_) * double{std::numeric_limits<T>::epsilon()} * size;
      EXPECT_NEAR(double{after[i]}, expected[i], bound)
          << name_of(options_.optimizer) << ", step " << steps_ << ", place " << i;
      ++compared_;
    }
    // Weights that do not exist, and what lies between panels, are zero.
    std::vector<T> flat(network_.parameters().size());
    network_.from_canonical(after, flat);
    EXPECT_TRUE(same_bits<T>(flat, network_.parameters()));
  }

  network::Network<T>& network_;
  TrainerOptions options_;
  const ArraySource<T>& source_;
  Trainer<T> trainer_;
  const Recoded& rule_;
  std::vector<Place> places_;
  std::vector<Memory> memory_;
  std::size_t steps_ = 0, compared_ = 0, limited_ = 0;
  double rate_factor_ = 1.0;
  double last_E_ = std::numeric_limits<double>::quiet_NaN();
};

struct Compared {
  std::size_t weights = 0, limited = 0;
  Compared& operator+=(const Compared& other) {
    weights += other.weights;
    limited += other.limited;
    return *this;
  }
};

/// Full batches and smaller ones in turn, so that slopes change their sign.
template <class T>
Compared compare_steps(network::Network<T>& network, const TrainerOptions& options, const ArraySource<T>& source,
                       double cooling) {
  Comparison<T> comparison(network, options, source);
  double factor = 1.0;
  for (const std::size_t size : {7u, 7u, 3u, 7u, 7u, 4u}) {
    if (!comparison.step(all_patterns(size), factor) || ::testing::Test::HasFailure()) break;
    factor *= cooling;
  }
  return {comparison.compared(), comparison.limited()};
}

/// Some masked weights, a layer without biases, and one with frozen ones.
NetworkSpec spec_with_everything() {
  NetworkSpec spec{.inputs = 3, .layers = {{5, "tanh"}, {4, "sigmoid"}, {2, "identity"}}};
  spec.layers[0].from = {Connection(0, {1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1})};
  spec.layers[1].from = {Connection(0), Connection(1)};
  spec.layers[1].train_bias = false;
  return spec;
}

/// `cooling`: what the rate is multiplied by after each step.
template <class T>
Compared compare_rule(Dice& dice, const NetworkSpec& spec, const TrainerOptions& options, double cooling = 1.0) {
  auto network = random_network<T>(dice, spec);
  return compare_steps<T>(network, options, random_patterns<T>(dice, 7, network.inputs(), network.outputs()), cooling);
}

TEST(AppliedUpdates, AreWhatTheFormulasSayUnderEveryRegimeAndReduction) {
  Dice dice(21);
  std::size_t compared = 0, rules = 0, regimes = 0;
  std::map<std::string, std::size_t> limited;
  for (const UpdateEntry& entry : rules_of_weights()) {
    ASSERT_TRUE(recoded().contains(std::string(entry.name))) << "no re-coding of rule " << entry.name;
    ++rules;
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      for (Regime& regime : every_regime(entry.defaults, 3)) {
        SCOPED_TRACE(regime.name);
        regime.options.reduction = reduction;
        ++regimes;
        for (const double cooling : {1.0, 0.7}) {
          Compared both = compare_rule<double>(dice, spec_with_everything(), regime.options, cooling);
          both += compare_rule<float>(dice, spec_with_everything(), regime.options, cooling);
          compared += both.weights;
          limited[regime.name] += both.limited;
        }
      }
  }
  EXPECT_EQ(rules + rules_together().size(), std::variant_size_v<Optimizer>);
  EXPECT_GE(compared, regimes * 2 * 2 * 6 * 20);
  for (const char* name : {"clipping by value", "clipping by norm", "max-norm", "everything"})
    EXPECT_GE(limited[name], 100u) << name << ": it did limit";
}

TEST(AppliedUpdates, AreWhatTheFormulasSayOnRandomNetworksUnderEveryLoss) {
  Dice dice(22);
  std::size_t compared = 0;
  std::set<std::string> losses;
  for (const UpdateEntry& entry : rules_of_weights())
    for (const Pair& output : derivation::testing::valid_pairs()) {
      losses.insert(output.loss);
      const NetworkSpec spec = random_spec(dice, output, 6);
      Regime regime = dice.one_of(every_regime(entry.defaults, spec.layers.size()));
      regime.options.reduction = dice.chance(0.5) ? Reduction::mean : Reduction::sum;
      compared += compare_rule<double>(dice, spec, regime.options).weights;
      ASSERT_FALSE(HasFailure()) << entry.name << ", " << output.activation << ", " << output.loss << ", "
                                 << regime.name;
    }
  EXPECT_GE(losses.size(), 8u);
  EXPECT_GE(compared, rules_of_weights().size() * 100 * 6 * 10);
}

TEST(AppliedUpdates, AreWhatTheFormulasSayInNormalisedNetworks) {
  Dice dice(25);
  std::size_t compared = 0, regimes = 0;
  for (const UpdateEntry& entry : rules_of_weights())
    for (const std::string normalise : {"layer", "batch"}) {
      NetworkSpec spec = spec_with_everything();
      for (LayerSpec& layer : spec.layers) layer.normalise = normalise;
      for (const Regime& regime : every_regime(entry.defaults, 3)) {
        compared += compare_rule<double>(dice, spec, regime.options).weights;
        compared += compare_rule<float>(dice, spec, regime.options).weights;
        ++regimes;
        ASSERT_FALSE(HasFailure()) << entry.name << ", " << normalise << ", " << regime.name;
      }
    }
  EXPECT_GE(compared, regimes * 2 * 6 * 20);
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
    compared +=
        compare_rule<double>(dice, spec_with_everything(), {.optimizer = rule, .reduction = Reduction::sum}).weights;
    compared += compare_rule<float>(dice, spec_with_everything(), {.optimizer = rule}).weights;
  }
  EXPECT_GE(compared, 6u * 2 * 6 * 40);
}

}  // namespace
}  // namespace deltarule::training::testing
