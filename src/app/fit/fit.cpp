// fit(): from a table to a trained, measured model. Each step is a function elsewhere; this is their order.
#include "deltarule/fit.hpp"

#include <cmath>
#include <utility>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/baselines.hpp"
#include "app/fit/continued.hpp"
#include "app/fit/fit_kept.hpp"
#include "app/fit/health.hpp"
#include "app/fit/learn.hpp"
#include "app/fit/parts.hpp"
#include "app/fit/plan.hpp"
#include "app/fit/provenance.hpp"
#include "app/fit/settings.hpp"
#include "app/fit/time_limit.hpp"
#include "app/record/record.hpp"
#include "app/targets.hpp"
#include "app/words.hpp"
#include "base/aligned.hpp"
#include "base/text.hpp"
#include "data/row_weights.hpp"
#include "derivation/registry.hpp"
#include "io/memory.hpp"
#include "io/number.hpp"
#include "kernels/kernels.hpp"

namespace deltarule {
namespace {

using namespace app;

/// What is decided before the first epoch.
struct Prepared {
  data::Split split;
  std::vector<std::uint32_t> own_validation_rows;  // of options.validation_table
  std::vector<double> own_validation_weights;      // of all its rows
  data::Preprocessing preprocessing;
  Size size;
  Settings settings;
  FitPlan plan;
};

derivation::Loss loss_of(const Settings& settings) { return unwrap(derivation::find_loss(settings.network.loss)); }

template <class T>
std::string arithmetic() {
  const auto& table = kernels::kernels<T>();
  return std::string(table.name) + (table.fused ? " (fused)" : " (unfused)");
}

/// Targets that the output units can never reach are worth a word: the textbook's sigmoid on prices, say.
void note_unreachable(const Settings& settings, const data::Preprocessing& rules, FitPlan& plan) {
  if (rules.task != data::Task::regression || keeps_targets(loss_of(settings))) return;
  const auto output = unwrap(derivation::find_activation(settings.network.layers.back().activation));
  if (output.low <= -1e300 && output.high >= 1e300) return;
  plan.notices.push_back("outputs of " + output.name + " stay between " + rounded(output.low) + " and " +
                         rounded(output.high) + ", whatever the targets" +
                         (settings.preprocessing.scale_targets ? ", which are standardised here" : "") +
                         "; --output-activation identity has no such bounds");
}

/// Counts and amounts that are some, and are learnt as they are.
void check_loss(const data::Table& table, const data::Schema& schema, const data::Preprocessing& rules,
                const derivation::Loss& loss) {
  if (!keeps_targets(loss) || rules.task != data::Task::regression) return;
  if (is_scaled(rules)) {
    throw Exception({ErrorCode::usage, "--loss", loss.name + " with a model whose targets are standardised",
                     "targets as they are", "Train a new model for this loss"});
  }
  data::Notices told_elsewhere;
  const data::BoundTable bound = unwrap(
      data::bind_table(table, rules, {data::Unseen::missing, data::Targets::required, schema.weights}, told_elsewhere));
  check_targets(bound, schema.rows, loss);
}

void describe_table(const Dataset& data, FitPlan& plan) {
  const data::Table& table = TableAccess::table(data.table());
  const DatasetState& roles = DatasetAccess::state(data);
  plan.source = table.source;
  plan.rows = table.rows();
  plan.columns = table.columns.size();
  plan.missing_cells = table.missing();
  plan.notices = data.table().notices();
  append_texts(roles.notices, plan.notices);
  plan.task = data.task();
  plan.task_given = roles.task_given;
  plan.targets = data.targets();
}

/// Weights, slopes, what the rule remembers and the best weights so far, rows padded as the kernels want them.
double bytes_to_train(const base::Graph& graph, bool f64) {
  constexpr double kArrays = 7.0;
  double numbers = 0.0;
  for (const base::Layer& layer : graph.layers()) {
    double senders = 1.0;
    for (const base::Block& block : layer.blocks) senders += static_cast<double>(block.sending);
    numbers +=
        senders * static_cast<double>(f64 ? base::padded<double>(layer.units) : base::padded<float>(layer.units));
  }
  return kArrays * numbers * (f64 ? 8.0 : 4.0);
}

/// A network that the machine cannot hold is refused before its first byte: asked for, it could take the system down.
void refuse_what_does_not_fit(const base::Graph& graph, const Settings& settings) {
  const double needed = bytes_to_train(graph, settings.f64) + rule_bytes(settings, graph);
  const auto there = static_cast<double>(io::machine_memory());
  if (needed <= there) return;
  constexpr double kGibibyte = 1073741824.0;
  throw Exception({ErrorCode::spec, "network " + network_in_words(graph),
                   std::to_string(graph.connection_count()) + " weights, which take about " +
                       rounded(std::ceil(needed / kGibibyte)) + " GiB to train",
                   "at most the " + rounded(std::ceil(there / kGibibyte)) + " GiB that the machine has",
                   "Use fewer units (--hidden), fewer inputs (--ignore) or --precision f32"});
}

void describe_choices(const Prepared& prepared, const FitOptions& options, FitPlan& plan) {
  const base::Graph graph = unwrap(base::Graph::create(prepared.settings.network));
  refuse_what_does_not_fit(graph, prepared.settings);
  for (const data::FeatureRule& rule : prepared.preprocessing.features) plan.features.push_back(rule.name);
  plan.classes = prepared.preprocessing.classes;
  plan.network = network_in_words(graph);
  plan.weight_count = graph.connection_count();
  plan.epochs = prepared.settings.training.epochs;
  plan.threads = options.threads;
  plan.arithmetic = prepared.settings.f64 ? arithmetic<double>() : arithmetic<float>();
  describe_record(options.record, prepared.settings, graph, plan);
}

/// Finds the validation rows of a table of their own.
void bind_validation(const FitOptions& options, const std::string& weight, Prepared& prepared, data::Notices& notices) {
  if (!options.validation_table) return;
  const data::Table& table = TableAccess::table(*options.validation_table);
  const data::BoundTable bound = unwrap(
      data::bind_table(table, prepared.preprocessing, {data::Unseen::missing, data::Targets::required}, notices));
  prepared.own_validation_rows = bound.rows_with_targets();
  if (prepared.own_validation_rows.empty()) {
    throw Exception({ErrorCode::data, table.source, "no row with a target", "at least one row to validate on",
                     "Check the file, or give --validation a share"});
  }
  const std::size_t left_out = table.rows() - prepared.own_validation_rows.size();
  if (left_out > 0)
    notices.push_back({table.source + ": " + base::counted(left_out, "row") + " left out: no value for the target"});
  if (!weight.empty()) {
    auto& weights = prepared.own_validation_weights;
    weights = unwrap(data::read_weights(table, weight, "--weight", prepared.own_validation_rows));
    const std::size_t weightless = data::leave_out_weightless(weights, prepared.own_validation_rows);
    if (weightless > 0)
      notices.push_back({table.source + ": " + base::counted(weightless, "row") + " left out: the weight is 0"});
  }
  prepared.plan.validation_rows = prepared.own_validation_rows.size();
  prepared.plan.validation_source = table.source;
}

Prepared prepare(const Dataset& data, const FitOptions& options) {
  const data::Table& table = TableAccess::table(data.table());
  const data::Schema& schema = DatasetAccess::state(data).schema;
  ChoiceList choices;
  Prepared prepared;
  describe_table(data, prepared.plan);
  const Shares shares = choose_shares(options, schema, choices);
  prepared.split = choose_split(options, table, schema, shares, prepared.plan);
  data::PreprocessingOptions scaling;
  data::Notices notices;
  if (options.continue_from) {
    prepared.preprocessing = rules_of_model(*options.continue_from, table, schema, prepared.split, notices);
    scaling = {prepared.preprocessing.scaling, is_scaled(prepared.preprocessing)};
    choices.add("scale", std::string(data::scaling_name(scaling.scaling)), "--start-from", true);
    prepared.plan.notices.push_back("inputs are prepared as in the model that --start-from names");
  } else {
    scaling = choose_preprocessing(options, choices);
    prepared.preprocessing = unwrap(data::fit_preprocessing(table, schema, prepared.split.training, scaling, notices));
  }
  bind_validation(options, DatasetAccess::state(data).weight, prepared, notices);
  append_texts(notices, prepared.plan.notices);
  if (const std::string& column = DatasetAccess::state(data).weight; !column.empty())
    choices.add("weight column", column, "--weight", true);

  const bool linear = options.hidden.units && options.hidden.units->empty();
  prepared.size = {.task = schema.task,
                   .rows = schema.rows.size(),
                   .training_rows = prepared.split.training.size(),
                   .inputs = prepared.preprocessing.input_units(),
                   .validates = prepared.plan.validation_rows > 0,
                   .textbook = options.textbook,
                   .linear = linear};
  prepared.settings = choose_settings(options, prepared.size, prepared.preprocessing, choices);
  prepared.settings.preprocessing = scaling;
  check_loss(table, schema, prepared.preprocessing, loss_of(prepared.settings));
  if (options.continue_from) prepared.settings.own_rules = prepared.preprocessing;
  prepared.plan.choices = choices.all();
  if (prepared.settings.stop_on != nullptr) prepared.plan.stop_on = prepared.settings.stop_on->name;
  describe_choices(prepared, options, prepared.plan);
  note_unreachable(prepared.settings, prepared.preprocessing, prepared.plan);
  if (prepared.settings.begin_at_mean)
    prepared.plan.notices.push_back("biases of the outputs begin at the logarithm of the mean target (--init auto)");
  if (options.class_weight.balanced)
    prepared.plan.notices.push_back(
        "weights of the classes in the training loss: " +
        text_of(class_factors(options.class_weight, prepared.preprocessing.classes, schema, prepared.split.training)));
  if (options.momentum && !options.optimizer)
    prepared.plan.notices.push_back("the optimizer is momentum because of --momentum; --optimizer changes it");
  if (linear && options.activation)
    prepared.plan.notices.push_back("--activation " + *options.activation +
                                    " has no effect: without a hidden layer there are no hidden units");
  return prepared;
}

/// Rows of the metrics: those never seen if there are any.
const std::vector<std::uint32_t>& measured_rows(const Material& material, const std::vector<std::uint32_t>& seen,
                                                bool refitted, std::string& name) {
  if (!material.split.test.empty()) return name = "test", material.split.test;
  if (!material.validation_rows().empty() && !refitted) return name = "validation", material.validation_rows();
  return name = "training", seen;
}

void add_baselines(const Material& material, const Prepared& prepared, const FitOptions& options,
                   const model::Model& model, const Judge& judge, const FitEvents& events, Keeper* keeper,
                   FitReport& report) {
  if (!options.baselines) return;
  report.baselines.push_back(trivial_baseline(material, model.preprocessing, judge));
  const bool linear = model.network.layers.size() == 1;
  if (!linear && report.stop != FitStop::interrupted) {
    FitEvents silent;
    if (events.stop_baselines) silent.on_epoch = [&](const FitProgress&) { return events.stop_baselines(); };
    if (auto simple = linear_baseline(material, prepared.size, options, judge, silent)) {
      report.baselines.push_back(std::move(*simple));
    } else {
      if (keeper != nullptr && keeper->leaves()) throw RunLeft();
      report.notices.push_back("interrupted while the linear model was fitted: it was left out");
      return;
    }
  }
  report.verdict = verdict(report, linear);
}

FitReport report_of(Learned& learned, FitPlan plan) {
  FitReport report;
  report.plan = std::move(plan);
  report.training = std::move(learned.training);
  report.learning_rate = learned.learning_rate;
  report.stop = learned.stop;
  report.refitted = learned.refitted;
  report.refit_epochs = learned.refit_epochs;
  report.rows_seen = learned.rows_seen;
  report.training_tss = learned.tss;
  report.notices = std::move(learned.notices);
  return report;
}

Fitted fit_checked(const Dataset& data, const FitOptions& options, const FitEvents& events, Keeper* keeper) {
  Prepared prepared = prepare(data, options);
  if (events.on_plan) events.on_plan(prepared.plan);

  const Material material{TableAccess::table(data.table()),
                          DatasetAccess::state(data).schema,
                          prepared.split,
                          options.validation_table ? &TableAccess::table(*options.validation_table) : nullptr,
                          prepared.own_validation_rows,
                          prepared.own_validation_weights};
  Watch watch(events);
  if (options.time_limit)
    prepared.settings.training.stop_now =
        stop_after(*options.time_limit - (keeper != nullptr ? keeper->seconds_before() : 0.0));
  Learned learned = learn(material, prepared.preprocessing, prepared.settings, watch, keeper);
  model::Model model = model_of(material, learned, prepared.plan, options);
  FitReport report = report_of(learned, prepared.plan);

  const std::vector<std::uint32_t> seen =
      report.refitted ? training_and_validation(prepared.split) : prepared.split.training;
  const auto& measured = measured_rows(material, seen, report.refitted, report.measured_on);
  const bool held = report.measured_on == "validation";
  const Judge judge{seen,
                    measured,
                    held ? material.validation_table() : material.table,
                    Seed{options.seed},
                    loss_of(prepared.settings),
                    material.schema.weights,
                    held ? material.validation_weights() : material.schema.weights};
  Measurement own = measure_learned(model, judge, options.threads);
  report.measured_rows = measured.size();
  note_earlier_fit(options, model, report);
  report.metrics = std::move(own.metrics);
  report.confusion = std::move(own.confusion);
  for (std::string& notice : own.notices) report.notices.push_back(std::move(notice));
  if (options.health) report.health = health_of(material, learned, report.training, seen);
  add_baselines(material, prepared, options, model, judge, events, keeper, report);
  add_measures(report, model);
  report.weights_digest = model.weights_digest();
  report.record = RecordAccess::wrap(std::move(learned.recorded));
  return {unwrap(ModelAccess::wrap(std::move(model))), std::move(report)};
}

}  // namespace

std::vector<std::string> metric_names(Task task) {
  const auto known = data::task_from_name(name_of(task));
  return known ? network::metric_names(metric_task(*known)) : std::vector<std::string>();
}

namespace app {
Basis basis_of(const Dataset& data, const FitOptions& options) {
  check_options(options);
  Prepared prepared = prepare(data, with_continued(options));
  return {std::move(prepared.plan), prepared.size, std::move(prepared.split)};
}

Fitted fit_kept(const Dataset& data, const FitOptions& options, const FitEvents& events, Keeper* keeper) {
  check_options(options);
  return fit_checked(data, with_continued(options), events, keeper);
}
}  // namespace app

Fitted fit(const Dataset& data, const FitOptions& options, const FitEvents& events) {
  return fit_kept(data, options, events, nullptr);
}

}  // namespace deltarule
