#include "app/fit/diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/fit/units_look.hpp"
#include "app/words.hpp"
#include "data/prepared_patterns.hpp"
#include "derivation/reference.hpp"
#include "io/number.hpp"

namespace deltarule {

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::learning_rate:
      return "learning_rate";
    case Cause::step_size:
      return "step_size";
    case Cause::absurd_input:
      return "absurd_input";
    case Cause::unscaled_input:
      return "unscaled_input";
    case Cause::unscaled_target:
      return "unscaled_target";
    case Cause::target_range:
      return "target_range";
    case Cause::weight_decay:
      return "weight_decay";
    case Cause::first_weights:
      return "first_weights";
    case Cause::skip_path:
      break;
  }
  return "skip_path";
}

namespace app {
namespace {

using Pass = derivation::ReferencePass<double>;

// A second suspect is named when it is at least half as far beyond the ordinary.
constexpr double kWorthNaming = 0.5;
// One connection carries a net input when the others together are less than a tenth of it.
constexpr double kCarries = 10.0;

/// The number behind a word of a place, "epoch 3, batch 2, pattern 9, layer 1"; 0 without one.
std::size_t number_after(std::string_view place, std::string_view word) {
  const std::size_t at = place.rfind(word);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = place.substr(at + word.size());
  std::uint64_t number = 0;
  const std::string_view digits = rest.substr(0, rest.find_first_not_of("0123456789"));
  return io::parse_unsigned(digits, number) ? number : 0;
}

/// Everything that the derivation names of one pattern, with the weights before the step that failed.
Pass pass_of(const Scene& scene, std::size_t pattern) {
  const data::PreparedPatterns<double> patterns(scene.bound, {scene.rows[pattern]});
  std::vector<double> x(patterns.inputs()), t(patterns.targets());
  const std::uint32_t first = 0;
  patterns.gather({&first, 1}, {x.data(), 1, x.size(), x.size()}, {t.data(), 1, t.size(), t.size()});
  return derivation::reference_pass<double>(scene.graph, scene.resolved, scene.weights, x, t);
}

/// The first number that is not finite, else the largest; counting from 1.
std::size_t unit_of_largest(const std::vector<double>& values) {
  std::size_t largest = 0;
  for (std::size_t j = 0; j < values.size(); ++j) {
    if (std::isnan(values[j])) return j + 1;
    if (std::fabs(values[j]) > std::fabs(values[largest])) largest = j;
  }
  return largest + 1;
}

/// Where a skip connection brings nearly all of a unit's net input: its source, or nothing.
struct Skip {
  bool carries = false;
  std::size_t source = 0;
};
Skip skip_of(const Scene& scene, const Pass& pass, std::size_t layer, std::size_t unit) {
  const base::Layer& fed = scene.graph.layers()[layer - 1];
  std::vector<double> parts;
  for (const base::Block& block : fed.blocks) {
    double part = 0.0;
    for (std::size_t i = 0; i < block.sending; ++i)
      if (block.connected(unit - 1, i))
        part += scene.weights[block.first_weight + (unit - 1) * block.sending + i] * pass.activations(block.source)[i];
    parts.push_back(std::fabs(part));
  }
  const std::size_t most = unit_of_largest(parts) - 1;
  double others = 0.0;
  for (std::size_t k = 0; k < parts.size(); ++k) others += k == most ? 0.0 : parts[k];
  const bool leaps = fed.blocks[most].source != layer - 1;
  return {leaps && parts[most] > kCarries * others, fed.blocks[most].source};
}

void locate(const Error& error, const Scene& scene, Diagnosis& found, Skip& skip) {
  found.epoch = number_after(error.place, "epoch ");
  found.batch = number_after(error.place, "batch ");
  found.pattern = number_after(error.place, "pattern ");
  found.layer = number_after(error.place, "layer ");
  found.unit = number_after(error.place, "unit ");
  const std::size_t layers = scene.graph.layers().size();
  if (found.layer > layers) found.layer = layers;
  if (found.pattern == 0 || found.pattern > scene.rows.size()) return;
  found.line = scene.bound.table().lines[scene.rows[found.pattern - 1]];
  const Pass pass = pass_of(scene, found.pattern - 1);
  const bool is_delta = error.got.find("a delta") != std::string::npos;
  if (found.layer == 0) {
    found.unit = unit_of_largest(pass.x);
  } else if (found.unit == 0) {
    const auto& layer = pass.layers[found.layer - 1];
    found.unit = unit_of_largest(is_delta ? layer.delta : layer.a);
  }
  if (found.layer > 0) skip = skip_of(scene, pass, found.layer, found.unit);
}

std::string layer_name(std::size_t layer) { return layer == 0 ? "the input" : "layer " + std::to_string(layer); }

/// "epoch 3, batch 2, houses.csv:17 (pattern 9), layer 1, unit 4 (\"area\")".
std::string place_of(const Scene& scene, const Diagnosis& found) {
  std::vector<std::string> parts;
  if (found.epoch > 0) parts.push_back("epoch " + std::to_string(found.epoch));
  if (found.batch > 0) parts.push_back("batch " + std::to_string(found.batch));
  if (found.line > 0)
    parts.push_back(scene.bound.table().source + ":" + std::to_string(found.line) + " (pattern " +
                    std::to_string(found.pattern) + ")");
  if (found.layer > 0 || found.pattern > 0) parts.push_back(found.layer == 0 ? "input layer" : layer_name(found.layer));
  if (found.unit > 0) {
    const std::vector<std::string> names = scene.bound.preprocessing().input_names();
    const bool named = found.layer == 0 && found.unit <= names.size();
    parts.push_back("unit " + std::to_string(found.unit) + (named ? " (" + names[found.unit - 1] + ")" : ""));
  }
  return joined(parts);
}

/// Units that are dead or saturated learn no more, and those that are left take all of the error: of the lowest such
/// layer.
std::string lame_units_text(const std::vector<LayerHealth>& layers) {
  for (std::size_t l = 0; l + 1 < layers.size(); ++l) {
    if (has_many_dead(layers[l])) return "; " + dead_text(layers[l], l);
    if (has_many_saturated(layers[l])) return "; " + saturated_text(layers[l], l);
  }
  return {};
}

}  // namespace

Diverged diagnosed(const Error& error, const Scene& scene) {
  std::vector<Suspect> found = suspects(scene);
  if (found.empty()) found.push_back(usual_suspect(scene));
  Diagnosis diagnosis = found.front().found;
  const std::size_t planted = diagnosis.layer;
  Skip skip;
  locate(error, scene, diagnosis, skip);
  if (diagnosis.layer == 0 && diagnosis.pattern == 0) diagnosis.layer = planted;
  if (skip.carries) diagnosis.likely += "; it comes through the skip connection from " + layer_name(skip.source);
  std::string fix = found.front().fix;
  if (found.size() > 1 && found[1].excess > kWorthNaming * found[0].excess) {
    diagnosis.likely += "; besides, " + found[1].found.likely;
    fix += ". " + found[1].fix;
  }
  diagnosis.layers = scene.layers;
  diagnosis.likely += lame_units_text(scene.layers);
  Error told = error;
  told.place = place_of(scene, diagnosis);
  told.got += "; most likely because " + diagnosis.likely;
  told.fix = std::move(fix);
  return {std::move(told), std::move(diagnosis)};
}

}  // namespace app
}  // namespace deltarule
