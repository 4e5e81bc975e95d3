#include "app/fit/health.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "app/engine/unwrap.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "data/contradictions.hpp"
#include "data/prepared_patterns.hpp"
#include "network/passes.hpp"

namespace deltarule::app {
namespace {

// From when on a finding is worth a word. Those of a healthy run stay well below: the defaults on iris, wdbc and
// diabetes.
constexpr double kNearABound = 0.01, kMostRows = 0.95;
constexpr double kSame = 1e-6;
constexpr double kManySaturated = 0.5, kManyDead = 0.25;  // shares of a layer
constexpr double kVanished = 1e-4;                        // of the outputs' delta
constexpr double kNoInput = 1e-3;                         // of the median input
constexpr double kWideGap = 0.4;                          // of the largest training loss of the run
constexpr std::size_t kNames = 8;

std::vector<std::uint32_t> sample_of(std::size_t rows) {
  const std::size_t count = std::min(rows, kRowsLookedAt);
  std::vector<std::uint32_t> sample(count);
  for (std::size_t k = 0; k < count; ++k) sample[k] = static_cast<std::uint32_t>(k * rows / count);
  return sample;
}

/// What a unit did over the rows.
struct UnitRange {
  double low = 0.0, high = 0.0;
  std::size_t near_a_bound = 0;
};

template <class T>
class Look {
 public:
  Look(const network::Network<T>& network, const data::PreparedPatterns<T>& patterns)
      : network_(network), patterns_(patterns), workspace_(network, network::kChunk, true) {
    for (const base::Layer& layer : network.graph().layers()) {
      ranges_.emplace_back(layer.units);
      squares_.push_back(0.0);
    }
    sums_.resize(network.inputs());
    input_squares_.resize(network.inputs());
  }

  void at(std::span<const std::uint32_t> sample) {
    rows_ = sample.size();
    for (std::size_t first = 0; first < sample.size(); first += network::kChunk) {
      const auto chunk = sample.subspan(first, std::min(network::kChunk, sample.size() - first));
      workspace_.load(patterns_, chunk, 0);
      network::forward(network_, workspace_, {0, chunk.size()});
      network::deltas(network_, workspace_, {0, chunk.size()});
      for (std::size_t r = 0; r < chunk.size(); ++r) take_row(r, first + r == 0);
    }
  }

  [[nodiscard]] std::vector<LayerHealth> layers() const {
    std::vector<LayerHealth> all;
    for (std::size_t l = 0; l < ranges_.size(); ++l) {
      LayerHealth health{network_.activation(l).name, ranges_[l].size()};
      const double count = static_cast<double>(rows_ * ranges_[l].size());
      health.delta = std::sqrt(squares_[l] / count);
      const bool is_hidden = l + 1 < ranges_.size();
      for (const UnitRange& unit : ranges_[l]) {
        const bool saturated = static_cast<double>(unit.near_a_bound) >= kMostRows * static_cast<double>(rows_);
        const double size = std::max(std::fabs(unit.low), std::fabs(unit.high));
        const bool same = unit.high - unit.low <= kSame * std::max(size, kSame);
        health.saturated += is_hidden && saturated ? 1 : 0;
        health.dead += is_hidden && same && !saturated && rows_ > 1 ? 1 : 0;
      }
      all.push_back(std::move(health));
    }
    return all;
  }

  /// Names of inputs whose weights, times their spread, are next to nothing beside the others'.
  [[nodiscard]] std::vector<std::string> unused_inputs(const std::vector<std::string>& names) const {
    std::vector<double> reach(network_.inputs());
    const std::vector<T> weights = network_.weights();
    for (const base::Layer& layer : network_.graph().layers())
      for (const base::Block& block : layer.blocks) {
        if (block.source != 0) continue;
        for (std::size_t k = 0; k < layer.units * block.sending; ++k) {
          const auto weight = static_cast<double>(weights[block.first_weight + k]);
          reach[k % block.sending] += weight * weight;
        }
      }
    const auto n = static_cast<double>(rows_);
    for (std::size_t i = 0; i < reach.size(); ++i) {
      const double mean = sums_[i] / n, variance = std::max(input_squares_[i] / n - mean * mean, 0.0);
      reach[i] = std::sqrt(reach[i] * variance);
    }
    std::vector<double> sorted = reach;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> unused;
    for (std::size_t i = 0; i < reach.size(); ++i)
      if (reach[i] < kNoInput * sorted[sorted.size() / 2]) unused.push_back(names[i]);
    return unused;
  }

 private:
  void take_row(std::size_t r, bool is_first) {
    for (std::size_t l = 0; l < ranges_.size(); ++l) {
      const derivation::Activation& f = network_.activation(l);
      const double near = f.is_bounded() ? kNearABound * (f.high - f.low) : -1.0;
      const auto activations = workspace_.activations(l), deltas = workspace_.deltas(l);
      for (std::size_t j = 0; j < ranges_[l].size(); ++j) {
        UnitRange& unit = ranges_[l][j];
        const auto a = static_cast<double>(activations(r, j)), delta = static_cast<double>(deltas(r, j));
        unit.low = is_first ? a : std::min(unit.low, a);
        unit.high = is_first ? a : std::max(unit.high, a);
        unit.near_a_bound += a - f.low < near || f.high - a < near ? 1 : 0;
        squares_[l] += delta * delta;
      }
    }
    const auto inputs = workspace_.inputs();
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      const auto x = static_cast<double>(inputs(r, i));
      sums_[i] += x;
      input_squares_[i] += x * x;
    }
  }

  const network::Network<T>& network_;
  const data::PreparedPatterns<T>& patterns_;
  network::Workspace<T> workspace_;
  std::size_t rows_ = 0;
  std::vector<std::vector<UnitRange>> ranges_;
  std::vector<double> squares_;               // Σ δ² per layer
  std::vector<double> sums_, input_squares_;  // per input
};

template <class T>
void look_at(const Learned& learned, const std::vector<T>& weights, const data::BoundTable& bound,
             std::span<const std::uint32_t> seen, Health& health) {
  auto network = unwrap(network::Network<T>::create(learned.network));
  if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
  const data::PreparedPatterns<T> patterns(bound, {seen.begin(), seen.end()});
  Look<T> look(network, patterns);
  const std::vector<std::uint32_t> sample = sample_of(seen.size());
  look.at(sample);
  health.rows = sample.size();
  health.layers = look.layers();
  health.unused_inputs = look.unused_inputs(learned.preprocessing.input_names());
}

// ---- in words ----

bool exceeds(std::size_t part, double share, std::size_t all) {
  return static_cast<double>(part) > share * static_cast<double>(all);
}

void find_in_layers(Health& health) {
  const double outputs = health.layers.back().delta;
  for (std::size_t l = 0; l + 1 < health.layers.size(); ++l) {
    const LayerHealth& layer = health.layers[l];
    const std::string of =
        std::to_string(layer.units) + " " + layer.activation + " units of layer " + std::to_string(l + 1);
    const bool dead = exceeds(layer.dead, kManyDead, layer.units);
    const bool saturated = exceeds(layer.saturated, kManySaturated, layer.units);
    if (dead)
      health.findings.push_back(
          std::to_string(layer.dead) + " of " + of +
          " are dead: they say the same for every row. A smaller --learning-rate, or tanh in place "
          "of relu, keeps them alive");
    if (saturated)
      health.findings.push_back(std::to_string(layer.saturated) + " of " + of +
                                " are saturated: nearly always at a bound, where nothing more is learnt. A smaller "
                                "--learning-rate, --scale standard or more --weight-decay keeps them from it");
    if (!dead && !saturated && outputs > 0.0 && layer.delta < kVanished * outputs)
      health.findings.push_back("layer " + std::to_string(l + 1) + " hears only " + rounded(layer.delta / outputs) +
                                " of the outputs' errors: its weights hardly move. Fewer layers, relu or tanh, skip "
                                "connections or --init auto help");
  }
}

void find_in_rows(const data::Contradictions& found, const data::BoundTable& bound, Health& health) {
  health.contradictory_groups = found.groups;
  health.contradictory_rows = found.rows;
  const bool is_regression = bound.preprocessing().task == data::Task::regression;
  health.error_floor = is_regression ? std::sqrt(found.floor) : found.floor;
  if (found.groups == 0) return;
  const data::Table& table = bound.table();
  health.findings.push_back(thousands(found.rows) +
                            " rows have the inputs of another row and a different target, such as lines " +
                            std::to_string(table.lines[found.first]) + " and " +
                            std::to_string(table.lines[found.second]) + ": from these columns no model can " +
                            (is_regression ? "come below an rmse of " + rounded(health.error_floor)
                                           : "be right in more than " + rounded(100.0 * (1.0 - found.floor)) + " %") +
                            " of the rows trained on");
}

void find_in_losses(const FitResult& training, Health& health) {
  if (training.best_epoch == 0 || training.history.size() < training.best_epoch) return;
  const EpochReport& kept = training.history[training.best_epoch - 1];
  health.training_loss = kept.training_loss;
  health.validation_loss = kept.validation_loss;
  double largest = 0.0;
  for (const EpochReport& epoch : training.history) largest = std::max(largest, epoch.training_loss);
  if (!(kept.validation_loss - kept.training_loss > kWideGap * largest)) return;
  health.findings.push_back("the loss is " + rounded(kept.training_loss) + " on the rows trained on and " +
                            rounded(kept.validation_loss) +
                            " on those for validation: the network knows its rows by heart. More --weight-decay, fewer "
                            "--hidden or --patience help, and so do more rows");
}

void find_in_inputs(Health& health) {
  if (health.unused_inputs.empty()) return;
  health.findings.push_back("inputs without effect: " + base::listed(health.unused_inputs, kNames) +
                            ". Their weights are all about 0, or they do not vary; --ignore leaves columns out");
}

}  // namespace

Health health_of(const Material& material, const Learned& learned, const FitResult& training,
                 std::span<const std::uint32_t> seen) {
  Health health;
  data::Notices told_elsewhere;
  const data::BoundTable bound = unwrap(
      data::bind_table(material.table, learned.preprocessing,
                       {data::Unseen::missing, data::Targets::required, material.schema.weights}, told_elsewhere));
  std::visit([&](const auto& weights) { look_at(learned, weights, bound, seen, health); }, learned.weights);
  find_in_layers(health);
  find_in_inputs(health);
  find_in_losses(training, health);
  find_in_rows(data::find_contradictions(bound, seen, material.schema.weights), bound, health);
  return health;
}

}  // namespace deltarule::app
