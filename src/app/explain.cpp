// The public face of explain: a model and a row of a table become a lesson, an Explanation becomes a page.
#include "deltarule/explain.hpp"

#include <algorithm>
#include <utility>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/settings.hpp"
#include "app/lesson.hpp"
#include "app/targets.hpp"
#include "base/text.hpp"
#include "data/prepared_patterns.hpp"
#include "explain/explain.hpp"
#include "explain/proof/gradcheck.hpp"
#include "explain/render/render.hpp"
#include "explain/trace/trace.hpp"
#include "io/number.hpp"

namespace deltarule {
namespace {

using explain::Lesson;

constexpr double kUsualRate = 0.1;  // of a model that does not say

/// A setting of the model's training, or nothing.
std::optional<std::string> setting(const model::Model& model, std::string_view name) {
  for (const auto& [key, value] : model.settings)
    if (key == name) return value;
  return std::nullopt;
}

std::optional<double> number_setting(const model::Model& model, std::string_view name) {
  const auto text = setting(model, name);
  if (!text) return std::nullopt;
  const io::ParsedNumber number = io::parse_number(*text);
  return number.status == io::NumberStatus::ok ? std::optional(number.value) : std::nullopt;
}

/// The rule that was asked for, else that of the training.
TrainerOptions trainer_of(const model::Model* model, const ExplainOptions& options, double usual_rate) {
  FitOptions fit;
  fit.learning_rate = options.learning_rate;
  fit.momentum = options.momentum;
  fit.weight_decay = options.weight_decay;
  app::Defaults defaults;
  defaults.optimizer = "delta-rule";
  defaults.learning_rate = usual_rate;
  std::string rule = options.optimizer.value_or("");
  if (model != nullptr && !options.optimizer) {
    rule = setting(*model, "optimizer").value_or("");
    const auto others = setting(*model, "rule_settings");
    if (!rule.empty() && others) rule += "(" + *others + ")";
    if (!fit.learning_rate) fit.learning_rate = number_setting(*model, "learning_rate");
    if (!fit.momentum) fit.momentum = number_setting(*model, "momentum");
    if (!fit.weight_decay) fit.weight_decay = number_setting(*model, "weight_decay");
  }
  if (!rule.empty() || options.optimizer) fit.optimizer = std::move(rule);
  app::Settings settings;
  app::ChoiceList told_elsewhere;
  app::choose_rule(fit, defaults, settings, told_elsewhere);
  return settings.trainer;
}

std::vector<double> row_of(const data::PreparedPatterns<double>& patterns, std::uint32_t pattern,
                           std::vector<double>& targets) {
  std::vector<double> x(patterns.inputs());
  targets.assign(patterns.targets(), 0.0);
  patterns.gather({&pattern, 1}, {x.data(), 1, x.size(), x.size()},
                  {targets.data(), 1, targets.size(), targets.size()});
  return x;
}

std::uint32_t place_of(const data::BoundTable& rows, const std::string& source, std::size_t pattern) {
  const std::size_t count = rows.table().rows();
  if (pattern > count)
    throw Exception({ErrorCode::data,
                     "--pattern",
                     std::to_string(pattern),
                     "a row from 1 to " + std::to_string(count) + ": " + source + " has " + base::counted(count, "row"),
                     {}});
  const std::vector<std::uint32_t> chosen = rows.rows_with_targets();
  const auto row = static_cast<std::uint32_t>(pattern - 1);
  if (!std::binary_search(chosen.begin(), chosen.end(), row))
    throw Exception({ErrorCode::data, "--pattern", "row " + std::to_string(pattern) + ", which has no target",
                     "a row with a target: without one there is no error to explain",
                     chosen.empty() ? "" : "Row " + std::to_string(chosen.front() + 1) + " has one"});
  return row;
}

/// The step is that of the derivation: what else the training did to a pattern is left out, and said.
void note_what_is_left_out(const model::Model& model, std::vector<std::string>& notices) {
  for (const char* name : {"dropout", "input_noise", "label_smoothing", "class_weight", "weight_column", "clip_norm",
                           "clip_value", "max_norm", "monotone", "layer_rate"}) {
    const auto value = setting(model, name);
    if (value && *value != "0" && *value != "none")
      notices.push_back("the training had " + std::string(name) + " " + *value +
                        "; here the pattern is learnt without");
  }
}

/// Normalised by batches, a network that predicts is an affine one: plain weights say the same. Nothing for others, and
/// where other layers cannot be folded.
std::optional<Model> folded_of(const Model& model) {
  const auto has = [&](const char* normalised) {
    const auto& layers = model.spec().layers;
    return std::any_of(layers.begin(), layers.end(),
                       [&](const LayerSpec& layer) { return layer.normalise == normalised; });
  };
  if (!has("batch") || has("layer")) return std::nullopt;
  return model.folded();
}

}  // namespace

namespace app {

RowLesson lesson_of_row(const Model& given, const Table& table, const ExplainOptions& options) {
  RowLesson made;
  const std::optional<Model> folded = folded_of(given);
  const model::Model& model = ModelAccess::state(folded ? *folded : given).model;
  data::Notices notices;
  const data::BoundTable rows = unwrap(data::bind_table(TableAccess::table(table), model.preprocessing,
                                                        {data::Unseen::missing, data::Targets::required}, notices));
  const std::size_t number = std::max<std::size_t>(options.pattern, 1);
  const std::uint32_t row = place_of(rows, table.source(), number);
  check_targets(rows, {{row}}, unwrap(derivation::find_loss(model.network.loss)));
  const std::vector<std::uint32_t> chosen = rows.rows_with_targets();
  const data::PreparedPatterns<double> patterns(rows, chosen);
  const auto place = static_cast<std::size_t>(std::lower_bound(chosen.begin(), chosen.end(), row) - chosen.begin());
  std::vector<double> t;
  std::vector<double> x = row_of(patterns, static_cast<std::uint32_t>(place), t);
  made.lesson.subject =
      unwrap(explain::make_subject(model.network, model.weights_as_double(), std::move(x), std::move(t),
                                   {model.preprocessing.input_names(), model.preprocessing.output_names()}));
  made.lesson.trainer = trainer_of(&model, options, kUsualRate);
  made.lesson.title =
      "pattern " + std::to_string(number) + " (" + table.source() + ":" + std::to_string(rows.table().lines[row]) + ")";
  made.lesson.single = model.precision() == "f32";
  for (std::size_t k = 0; k < options.after; ++k) {  // the rows before this one, the nearest last
    const std::size_t back = (options.after - k) % chosen.size();
    const std::size_t earlier = (place + chosen.size() - back) % chosen.size();
    made.lesson.earlier_x.push_back(row_of(patterns, static_cast<std::uint32_t>(earlier), t));
    made.lesson.earlier_t.push_back(t);
  }
  append_texts(notices, made.notices);
  note_what_is_left_out(model, made.notices);
  if (folded)
    made.notices.push_back(
        "the layers are normalised by batches: explained is the same network with the normalisation folded into "
        "weights "
        "and biases, which is how it predicts");
  return made;
}

}  // namespace app

Explanation explain_row(const Model& model, const Table& table, const ExplainOptions& options) {
  app::RowLesson row = app::lesson_of_row(model, table, options);
  Explanation explanation = unwrap(explain::explain(row.lesson, options));
  explanation.notices = std::move(row.notices);
  return explanation;
}

GradientCheck check_gradients(const Model& model, const Table& table, std::size_t patterns) {
  const std::optional<Model> folded = folded_of(model);
  const model::Model& inner = app::ModelAccess::state(folded ? *folded : model).model;
  data::Notices notices;
  const data::BoundTable rows = unwrap(data::bind_table(app::TableAccess::table(table), inner.preprocessing,
                                                        {data::Unseen::missing, data::Targets::required}, notices));
  const std::vector<std::uint32_t> chosen = rows.rows_with_targets();
  if (chosen.empty())
    throw Exception({ErrorCode::data, table.source(), "no row with a target", "at least one row with a target", {}});
  app::check_targets(rows, chosen, unwrap(derivation::find_loss(inner.network.loss)));
  const data::PreparedPatterns<double> prepared(rows, chosen);
  const std::size_t count = std::min(std::max<std::size_t>(patterns, 1), chosen.size());
  GradientCheck result;
  app::append_texts(notices, result.notices);
  for (std::size_t k = 0; k < count; ++k) {
    std::vector<double> t;
    std::vector<double> x = row_of(prepared, static_cast<std::uint32_t>(k * chosen.size() / count), t);
    const explain::Subject subject =
        unwrap(explain::make_subject(inner.network, inner.weights_as_double(), std::move(x), std::move(t)));
    if (const auto done = explain::check_pattern(subject, count, result); !done) throw Exception(done.error());
  }
  return result;
}

Explanation explain_demo(const std::string& name, const ExplainOptions& options) {
  Lesson lesson = unwrap(explain::demo(name, options.pattern));
  if (options.optimizer || options.learning_rate || options.momentum || options.weight_decay)
    lesson.trainer = trainer_of(nullptr, options, explain::rate_of(lesson.trainer.optimizer));
  return unwrap(explain::explain(lesson, options));
}

std::vector<std::string> explain_demos() { return explain::demo_names(); }

std::string to_text(const Explanation& explanation, const ExplainLayout& layout) {
  return explain::render(explanation, layout);
}

std::vector<MistakeName> mistake_names() {
  std::vector<MistakeName> names;
  for (const explain::MistakeInWords& one : explain::mistakes())
    names.push_back({one.mistake, std::string(one.name), std::string(one.words)});
  return names;
}

}  // namespace deltarule
