// Model::describe: what is in a model file, for people.
#include <algorithm>
#include <cmath>
#include <string>

#include "app/access.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "io/number.hpp"

namespace deltarule {
namespace {

constexpr std::size_t kLabel = 14;

void line(std::string& out, std::string_view label, const std::string& text) {
  out += std::string(label) + std::string(kLabel - std::min(kLabel - 1, label.size()), ' ');
  out += app::wrapped(text, kLabel, kLabel) + "\n";
}

std::string feature_in_words(const data::FeatureRule& rule) {
  std::string text = rule.name;
  if (rule.type == data::ColumnType::categorical) {
    text += ": " + app::joined(rule.categories);
  } else {
    text += ": (x - " + io::to_text(rule.shift) + ") / " + io::to_text(rule.scale);
    text += ", missing as " + io::to_text(rule.fill);
  }
  if (rule.missing_unit) text += "; a unit says when it is missing";
  return text;
}

std::string target_in_words(const data::TargetRule& rule) {
  if (rule.shift == 0.0 && rule.scale == 1.0) return rule.name;
  return rule.name + ": activation x " + io::to_text(rule.scale) + " + " + io::to_text(rule.shift);
}

std::string layer_in_words(const base::Graph& graph, std::size_t index) {
  const base::Layer& layer = graph.layers()[index];
  std::string text = base::counted(layer.units, "unit") + ", " + layer.activation + ", from";
  for (const base::Block& block : layer.blocks) {
    text += block.source == 0 ? " the inputs" : " layer " + std::to_string(block.source);
    if (!block.mask.empty()) text += " (masked)";
    if (&block != &layer.blocks.back()) text += " and";
  }
  if (layer.is_normalised()) text += ", " + std::string(app::normalised_in_words(layer.normalisation));
  if (!layer.bias) text += ", no bias";
  if (layer.bias && !layer.train_bias) text += ", biases fixed";
  return text;
}

void describe_network(std::string& out, const app::ModelState& state) {
  line(out, "network", app::network_in_words(state.graph));
  for (std::size_t i = 0; i < state.graph.layers().size(); ++i)
    line(out, "  layer " + std::to_string(i + 1), layer_in_words(state.graph, i));
  line(out, "loss", state.model.network.loss);
  line(out, "weights",
       app::thousands(state.graph.connection_count()) + ", " + std::string(state.model.precision()) + ", digest " +
           state.model.weights_digest());
}

void describe_data(std::string& out, const data::Preprocessing& rules) {
  line(out, "task", std::string(data::task_name(rules.task)));
  for (const data::TargetRule& rule : rules.targets) line(out, "target", target_in_words(rule));
  if (!rules.classes.empty()) line(out, "classes", app::joined(rules.classes));
  for (const data::FeatureRule& rule : rules.features) line(out, "feature", feature_in_words(rule));
}

std::string history_in_words(const std::vector<EpochRecord>& history) {
  const EpochRecord &first = history.front(), &last = history.back();
  std::string text = base::counted(last.epoch, "epoch") + ", " + base::counted(last.steps, "step") +
                     "; training loss " + app::rounded(first.training_loss) + " to " + app::rounded(last.training_loss);
  const EpochRecord* best = &first;
  for (const EpochRecord& record : history)
    if (!(record.validation_loss >= best->validation_loss) && !std::isnan(record.validation_loss)) best = &record;
  if (std::isnan(best->validation_loss)) return text;
  return text + "; validation loss at best " + app::rounded(best->validation_loss) + ", in epoch " +
         std::to_string(best->epoch);
}

}  // namespace

std::string Model::describe() const {
  const app::ModelState& state = app::ModelAccess::state(*this);
  std::string out;
  describe_network(out, state);
  describe_data(out, state.model.preprocessing);
  for (const model::Measure& measured : state.model.metrics) {
    line(out, "measured",
         app::metric_in_words({measured.name, measured.value, measured.low, measured.high}) + " on " +
             measured.measured_on + " rows");
  }
  if (!state.model.history.empty()) line(out, "history", history_in_words(state.model.history));
  for (const auto& [name, value] : provenance()) line(out, "run", name + " " + value);
  return out;
}

}  // namespace deltarule
