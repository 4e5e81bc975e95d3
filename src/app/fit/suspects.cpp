#include "app/fit/suspects.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "app/targets.hpp"
#include "app/words.hpp"
#include "base/math.hpp"
#include "base/stable_order.hpp"
#include "base/text.hpp"
#include "io/number.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

// What is still ordinary, as decimal logarithms. A rate three times the usual one does no harm.
constexpr double kOrdinaryRate = 0.5;
constexpr double kOrdinarySquares = 1.0;    // of inputs: mean square 10, one column 3 standard deviations away
constexpr double kOrdinaryTargets = 0.7;    // root mean square 5
constexpr double kOrdinaryWeights = 1.5;    // mean square times senders, 1 being usual
constexpr double kFarFromTheRest = 1000.0;  // times the largest of the other cells: an absurd value
constexpr double kUsualMomentum = 0.9, kUsualFirstStep = 0.1;

double setting_of(const Optimizer& rule, std::string_view name, double otherwise) {
  Optimizer own = rule;
  const training::UpdateSetting* setting = training::find_setting(training::entry_of(rule), name);
  return setting == nullptr ? otherwise : *setting->field(own);
}
bool has_rate(const Optimizer& rule) {
  return training::find_setting(training::entry_of(rule), "learning_rate") != nullptr;
}

// ---- numbers of a column, as the network sees them ----

struct Spread {
  std::size_t count = 0;
  double squares = 0.0;          // Σ x²
  double low = 0.0, high = 0.0;  // as in the table
  double most = 0.0;             // largest |x|
  std::uint32_t row = 0;         // and where
  [[nodiscard]] double mean_square() const { return squares / static_cast<double>(count); }
};

/// A column as the network sees it: of which numbers, how prepared.
struct Numbers {
  const double* values;
  double shift, scale;
  [[nodiscard]] double x(std::uint32_t row) const { return std::fabs((values[row] - shift) / scale); }
};

Spread spread_of(const Numbers& numbers, std::span<const std::uint32_t> rows) {
  Spread spread;
  for (const std::uint32_t row : rows) {
    const double number = numbers.values[row], x = numbers.x(row);
    if (std::isnan(number)) continue;
    spread.low = spread.count == 0 ? number : std::min(spread.low, number);
    spread.high = spread.count == 0 ? number : std::max(spread.high, number);
    if (x >= spread.most) spread.row = row;
    spread.most = std::max(spread.most, x);
    spread.squares += x * x;
    ++spread.count;
  }
  return spread;
}

/// The largest of all cells but one, as in the table.
double rest_of(const Numbers& numbers, std::span<const std::uint32_t> rows, std::uint32_t left_out) {
  double most = 0.0;
  for (const std::uint32_t row : rows)
    if (row != left_out && !std::isnan(numbers.values[row])) most = std::max(most, std::fabs(numbers.values[row]));
  return most;
}

/// One cell is far from all others.
bool is_one_cell(const Spread& spread, const Numbers& numbers, std::span<const std::uint32_t> rows) {
  double others = 0.0;
  for (const std::uint32_t row : rows)
    if (row != spread.row && !std::isnan(numbers.values[row])) others = std::max(others, numbers.x(row));
  return spread.count > 2 && spread.most > kFarFromTheRest * others;
}

std::string range_text(const Spread& spread) { return rounded(spread.low) + " to " + rounded(spread.high); }

Suspect of_cell(const Scene& scene, const Spread& spread, const Numbers& numbers, std::size_t column, bool is_target) {
  const data::Table& table = scene.bound.table();
  Suspect suspect{spread.most > 1e150 ? 300.0 : 2.0 * log10_of(spread.most), {}, {}};
  suspect.found.cause = is_target ? Cause::unscaled_target : Cause::absurd_input;
  suspect.found.column = table.columns[column].name;
  suspect.found.cell_line = table.lines[spread.row];
  suspect.found.value = numbers.values[spread.row];
  suspect.found.likely = table.place(spread.row, column) + " is " + rounded(numbers.values[spread.row]) +
                         ", and nothing else in that column is beyond " +
                         rounded(rest_of(numbers, scene.rows, spread.row));
  suspect.fix = "Correct the cell, or leave its row out";
  return suspect;
}

void add_inputs(const Scene& scene, std::vector<Suspect>& found) {
  const data::Preprocessing& rules = scene.bound.preprocessing();
  for (std::size_t f = 0; f < rules.features.size(); ++f) {
    const data::BoundFeature& feature = scene.bound.features()[f];
    if (feature.numbers == nullptr) continue;
    const Numbers numbers{feature.numbers, rules.features[f].shift, rules.features[f].scale};
    const Spread spread = spread_of(numbers, scene.rows);
    if (spread.count == 0) continue;
    const double excess = log10_of(std::min(spread.mean_square(), 1e300));
    if (excess <= kOrdinarySquares) continue;
    if (is_one_cell(spread, numbers, scene.rows) && rules.scaling == data::Scaling::none) {
      found.push_back(of_cell(scene, spread, numbers, feature.column, false));
      continue;
    }
    Suspect suspect{excess, {}, "Use --scale standard"};
    suspect.found.cause = Cause::unscaled_input;
    suspect.found.column = rules.features[f].name;
    suspect.found.low = spread.low;
    suspect.found.high = spread.high;
    suspect.found.likely =
        "the column " + base::quoted(rules.features[f].name) + " goes from " + range_text(spread) +
        (rules.scaling == data::Scaling::none ? " and is not scaled" : ", beyond the rows that the scaling is from");
    if (rules.scaling != data::Scaling::none) suspect.fix = "Scale the column by these rows, without --start-from";
    found.push_back(std::move(suspect));
  }
}

// ---- targets ----

/// A target that the output units cannot reach makes their errors large for ever.
bool is_out_of_reach(const derivation::Activation& output, const Spread& spread, const data::TargetRule& rule) {
  const double low = (spread.low - rule.shift) / rule.scale, high = (spread.high - rule.shift) / rule.scale;
  return output.low > -1e300 && output.high < 1e300 && (high > output.high + 1e-9 || low < output.low - 1e-9);
}

void add_targets(const Scene& scene, std::vector<Suspect>& found) {
  const data::Preprocessing& rules = scene.bound.preprocessing();
  if (rules.task != data::Task::regression) return;
  const derivation::Activation& output = scene.resolved.activations.back();
  for (std::size_t j = 0; j < rules.targets.size(); ++j) {
    const data::BoundTarget& target = scene.bound.targets()[j];
    const data::TargetRule& rule = rules.targets[j];
    const Numbers numbers{target.numbers, rule.shift, rule.scale};
    const Spread spread = spread_of(numbers, scene.rows);
    const double excess = log10_of(std::min(spread.mean_square(), 1e300)) / 2.0;
    const bool out_of_reach = is_out_of_reach(output, spread, rule);
    if (excess <= kOrdinaryTargets && !out_of_reach) continue;
    if (!out_of_reach && is_one_cell(spread, numbers, scene.rows)) {
      found.push_back(of_cell(scene, spread, numbers, target.column, true));
      continue;
    }
    Suspect suspect{std::max(excess, kOrdinaryTargets), {}, {}};
    suspect.found.column = rule.name;
    suspect.found.low = spread.low;
    suspect.found.high = spread.high;
    suspect.found.likely = "the target " + base::quoted(rule.name) + " goes from " + range_text(spread);
    if (out_of_reach) {
      suspect.found.cause = Cause::target_range;
      suspect.found.likely +=
          ", and outputs of " + output.name + " stay between " + rounded(output.low) + " and " + rounded(output.high);
      suspect.fix = "Use --output-activation identity, or bring the target into that range";
    } else {
      suspect.found.cause = Cause::unscaled_target;
      suspect.found.likely += " and is not scaled";
      suspect.fix = keeps_targets(scene.resolved.loss)
                        ? "Divide the target by about " + rounded(spread.high) + ": this loss takes it as it is"
                        : "Divide the target by about " +
                              rounded(std::max(std::fabs(spread.low), std::fabs(spread.high))) +
                              ", or leave out --textbook, which scales nothing";
    }
    found.push_back(std::move(suspect));
  }
}

// ---- settings ----

/// The rate as it acts: a sum over a batch and a momentum make it longer.
double acting_rate(const Scene& scene) {
  const Settings& settings = scene.settings;
  double rate = setting_of(settings.trainer.optimizer, "learning_rate", 0.0);
  const double momentum = setting_of(settings.trainer.optimizer, "momentum", kUsualMomentum);
  rate *= (1.0 - kUsualMomentum) / (1.0 - momentum);
  if (settings.trainer.reduction == Reduction::sum && settings.training.batch_size != 1) {
    const std::size_t batch = settings.training.batch_size;
    rate *= static_cast<double>(batch == 0 ? scene.rows.size() : std::min(batch, scene.rows.size()));
  }
  return rate;
}

void add_rate(const Scene& scene, std::vector<Suspect>& found) {
  const Optimizer& rule = scene.settings.trainer.optimizer;
  if (!has_rate(rule)) {
    const double first = setting_of(rule, "delta0", kUsualFirstStep);
    if (log10_of(first / kUsualFirstStep) > kOrdinaryRate) {
      Suspect suspect = usual_suspect(scene);
      suspect.excess = log10_of(first / kUsualFirstStep);
      suspect.found.likely = "the first steps, delta0 " + io::to_text(first) + ", are " +
                             rounded(first / kUsualFirstStep) + " times the usual ones";
      suspect.found.value = first;
      found.push_back(std::move(suspect));
    }
    return;
  }
  const double rate = acting_rate(scene), usual = scene.settings.usual_rate;
  if (!(usual > 0.0) || log10_of(rate / usual) <= kOrdinaryRate) return;
  Suspect suspect = usual_suspect(scene);
  suspect.excess = log10_of(rate / usual);
  suspect.found.likely = "the learning rate " + io::to_text(suspect.found.value) + " acts as one that is " +
                         rounded(rate / usual) + " times what would be chosen, " + io::to_text(usual);
  suspect.fix = "Use --learning-rate " + rounded(suspect.found.value * usual / rate) + ", or leave it out";
  found.push_back(std::move(suspect));
}

/// One that would turn weights over at the usual rate, too: otherwise it is the rate's doing.
void add_decay(const Scene& scene, std::vector<Suspect>& found) {
  const Optimizer& rule = scene.settings.trainer.optimizer;
  const double decay = scene.settings.trainer.l2 + setting_of(rule, "weight_decay", 0.0);
  const double usual = decay * scene.settings.usual_rate;
  if (usual <= 1.0) return;
  Suspect suspect{1.0 + log10_of(usual), {}, "Use a smaller --weight-decay, below 1 / learning rate"};
  suspect.found.cause = Cause::weight_decay;
  suspect.found.value = decay;
  suspect.found.likely = "the weight decay " + io::to_text(decay) + " times the rate takes " +
                         rounded(decay * setting_of(rule, "learning_rate", 0.0)) + " times each weight away in a step";
  found.push_back(std::move(suspect));
}

// ---- first weights ----

/// 1 where a block is as those who invented initialisations want it: mean square times senders.
double size_of(const base::Block& block, std::size_t units, std::span<const double> weights) {
  double squares = 0.0, count = 0.0;
  for (std::size_t unit = 0; unit < units; ++unit)
    for (std::size_t i = 0; i < block.sending; ++i) {
      if (!block.connected(unit, i)) continue;
      const double weight = weights[block.first_weight + unit * block.sending + i];
      squares += weight * weight;
      count += 1.0;
    }
  return count == 0.0 ? 0.0 : squares / count * static_cast<double>(block.sending);
}

void add_first_weights(const Scene& scene, std::vector<Suspect>& found) {
  Suspect worst;
  for (std::size_t l = 0; l < scene.graph.layers().size(); ++l) {
    const base::Layer& layer = scene.graph.layers()[l];
    for (const base::Block& block : layer.blocks) {
      const double excess = log10_of(std::min(size_of(block, layer.units, scene.first_weights), 1e300));
      if (excess <= std::max(kOrdinaryWeights, worst.excess)) continue;
      const bool leaps = block.source != l;
      worst.excess = excess;
      worst.found.cause = leaps ? Cause::skip_path : Cause::first_weights;
      worst.found.layer = l + 1;
      const std::string source = block.source == 0 ? "the input" : "layer " + std::to_string(block.source);
      worst.found.likely = "the first weights from " + source + " to layer " + std::to_string(l + 1) +
                           (leaps ? ", which leave out what lies between," : "") + " are about " +
                           rounded(base::exp(excess * std::numbers::ln10 / 2.0)) + " times as large as " +
                           base::counted(block.sending, "sender") + " ask for";
      worst.fix = "Use --init auto, or smaller weights";
    }
  }
  if (worst.excess > 0.0) found.push_back(std::move(worst));
}

}  // namespace

double log10_of(double value) { return value > 0.0 ? base::log(value) / std::numbers::ln10 : -300.0; }

Suspect usual_suspect(const Scene& scene) {
  const Optimizer& rule = scene.settings.trainer.optimizer;
  const std::string name(training::name_of(rule));
  Suspect suspect;
  if (has_rate(rule)) {
    const double rate = setting_of(rule, "learning_rate", 0.0);
    suspect.found.cause = Cause::learning_rate;
    suspect.found.value = rate;
    suspect.found.likely = "the learning rate " + io::to_text(rate) + " is too high for this network and table";
    suspect.fix = "Use a smaller --learning-rate, such as " + rounded(rate / 10.0);
    return suspect;
  }
  suspect.found.cause = Cause::step_size;
  if (training::find_setting(training::entry_of(rule), "delta_max") == nullptr) {  // of all weights together
    suspect.found.likely = "a step of " + name + " went where the error is not finite";
    suspect.fix = "Use another --optimizer, or bring inputs and targets to about 1, as --scale standard does";
    return suspect;
  }
  suspect.found.value = setting_of(rule, "delta_max", 0.0);
  suspect.found.likely = "steps of " + name + " may grow to " + io::to_text(suspect.found.value);
  suspect.fix = "Use a smaller delta_max, as --optimizer '" + name + "(delta_max=1)'";
  return suspect;
}

std::vector<Suspect> suspects(const Scene& scene) {
  std::vector<Suspect> found;
  add_inputs(scene, found);
  add_targets(scene, found);
  add_decay(scene, found);
  add_first_weights(scene, found);
  add_rate(scene, found);
  base::order_stably(found, [](const Suspect& a, const Suspect& b) { return a.excess > b.excess; });
  return found;
}

}  // namespace deltarule::app
