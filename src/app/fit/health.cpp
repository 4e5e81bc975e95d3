#include "app/fit/health.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "app/engine/unwrap.hpp"
#include "app/fit/units_look.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "data/contradictions.hpp"
#include "data/prepared_patterns.hpp"

namespace deltarule::app {
namespace {

// From when on a finding is worth a word. Those of a healthy run stay well below: the defaults on iris, wdbc and
// diabetes.
constexpr double kVanished = 1e-4;  // of the outputs' delta
constexpr double kWideGap = 0.4;    // of the largest training loss of the run
constexpr std::size_t kNames = 8;

template <class T>
void look_at(const Learned& learned, const std::vector<T>& weights, const data::BoundTable& bound,
             std::span<const std::uint32_t> seen, Health& health) {
  auto network = unwrap(network::Network<T>::create(learned.network));
  if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
  const data::PreparedPatterns<T> patterns(bound, {seen.begin(), seen.end()});
  UnitsLook<T> look(network, patterns);
  health.rows = look.rows();
  health.layers = look.layers();
  health.unused_inputs = look.unused_inputs(learned.preprocessing.input_names());
}

// ---- in words ----

void find_in_layers(Health& health) {
  const double outputs = health.layers.back().delta;
  for (std::size_t l = 0; l + 1 < health.layers.size(); ++l) {
    const LayerHealth& layer = health.layers[l];
    if (has_many_dead(layer))
      health.findings.push_back(dead_text(layer, l) +
                                ": they say the same for every row. A smaller --learning-rate, or tanh in place of "
                                "relu, keeps them alive");
    if (has_many_saturated(layer))
      health.findings.push_back(saturated_text(layer, l) +
                                ": nearly always at a bound, where nothing more is learnt. A smaller --learning-rate, "
                                "--scale standard or more --weight-decay keeps them from it");
    const bool hears = has_many_dead(layer) || has_many_saturated(layer) || layer.delta >= kVanished * outputs;
    if (!hears && outputs > 0.0)
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
