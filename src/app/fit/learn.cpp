#include "app/fit/learn.hpp"

#include <algorithm>
#include <limits>
#include <memory>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/diagnosis.hpp"
#include "app/fit/monotone.hpp"
#include "app/fit/rollbacks.hpp"
#include "app/fit/units_look.hpp"
#include "app/measure.hpp"
#include "base/math.hpp"
#include "base/text.hpp"
#include "data/binding.hpp"
#include "data/prepared_patterns.hpp"
#include "data/row_weights.hpp"
#include "network/init.hpp"
#include "network/network.hpp"
#include "training/evaluate.hpp"
#include "training/loop.hpp"
#include "training/trainer.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::app {
namespace {

/// One training: which rows, prepared how, for how long.
struct Course {
  const data::Preprocessing& preprocessing;
  const std::vector<std::uint32_t>& rows;
  bool validates;  // by the material's validation rows
  FitSettings settings;
  FitPhase phase;
  const Watch& watch;
  Keeper* keeper;  // or null
};

struct Passed {
  model::Weights weights;
  FitResult result;
  double tss = 0.0;
  ClassFactors class_factors = {};
  std::shared_ptr<const RecordedPhase> recorded = {};  // or null
};

template <class T>
network::Network<T> first_network(const NetworkSpec& spec, const Settings& settings) {
  auto network = unwrap(network::Network<T>::create(spec));
  if (settings.start_from.empty()) {
    network::draw_weights(network, settings.seed, unwrap(network::find_init(settings.init)));
    return network;
  }
  std::vector<T> weights;
  for (const double weight : settings.start_from) weights.push_back(static_cast<T>(weight));
  if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
  return network;
}

/// Biases of the outputs at the log of the mean target, where the best constant prediction is: e^0 = 1 may be far away.
template <class T>
void begin_at_mean(network::Network<T>& network, const data::BoundTable& bound, const std::vector<std::uint32_t>& rows,
                   std::span<const double> row_weights) {
  const base::Layer& output = network.graph().layers().back();
  if (!output.bias || !output.train_bias) return;
  std::vector<T> weights = network.weights();
  for (std::size_t j = 0; j < output.units; ++j) {
    double sum = 0.0;
    for (const std::uint32_t row : rows) sum += data::weight_of(row_weights, row) * bound.targets()[j].numbers[row];
    const double mean = sum / data::weight_of(row_weights, rows);
    if (sum > 0.0) weights[output.first_bias + j] = static_cast<T>(base::log(mean));
  }
  if (const auto set = network.set_weights(weights); !set) throw Exception(set.error());
}

/// What training said, told in rows of the table and with its likely cause when it ran away.
template <class T>
[[noreturn]] void throw_told(const Error& error, const network::Network<T>& network, const data::BoundTable& bound,
                             const Settings& settings, const data::PreparedPatterns<T>& patterns) {
  if (error.code != ErrorCode::diverged) throw Exception(error);
  const std::vector<T> now = network.weights(), first = first_network<T>(network.spec(), settings).weights();
  const std::vector<double> weights(now.begin(), now.end()), first_weights(first.begin(), first.end());
  throw diagnosed(error, {bound, patterns.rows(), network.graph(), network.resolved(), weights, first_weights, settings,
                          UnitsLook<T>(network, patterns).layers()});
}

double rate_of(Optimizer rule) {
  const training::UpdateSetting* setting = training::find_setting(training::entry_of(rule), "learning_rate");
  return setting == nullptr ? std::numeric_limits<double>::quiet_NaN() : *setting->field(rule);
}

data::BoundTable bound_to(const data::Table& table, const data::Preprocessing& preprocessing,
                          std::span<const double> weights) {
  data::Notices already_told;
  return unwrap(
      data::bind_table(table, preprocessing, {data::Unseen::missing, data::Targets::required, weights}, already_told));
}

/// What the outputs for the validation rows are worth: decided like predictions and measured like them, in the target's
/// own units.
using Score = std::function<double(Rows<double>, Rows<double>)>;
template <class T>
Score score_of(const Settings& settings, const network::Network<T>& network, const data::BoundTable& bound,
               const std::vector<std::uint32_t>& rows, std::span<const double> weights) {
  model::Model model;
  model.network = network.spec();
  model.weights = network.weights();
  model.preprocessing = bound.preprocessing();
  auto predictor = std::make_shared<const model::Predictor>(unwrap(model::Predictor::create(model)));
  return [predictor, &settings, &bound, &rows, weights](Rows<double> outputs, Rows<double> /*targets*/) {
    const Comparison compared =
        compare(predictor->decide({outputs.data, outputs.count * outputs.columns}), bound, rows, weights);
    return value_of(*settings.stop_on, compared, settings.stop_on_loss);
  };
}

template <class T>
Passed pass(const Material& material, const NetworkSpec& spec, const Settings& settings, const Course& course) {
  const data::BoundTable bound = bound_to(material.table, course.preprocessing, material.schema.weights);
  const data::BoundTable held =
      bound_to(material.validation_table(), course.preprocessing, material.validation_weights());
  data::PreparedPatterns<T> training(bound, course.rows);
  data::PreparedPatterns<T> validation(held, material.validation_rows());
  ClassFactors factors =
      class_factors(settings.class_weight, course.preprocessing.classes, material.schema, course.rows);
  training.set_weights(pattern_weights<T>(bound, material.schema.weights, factors, course.rows));
  validation.set_weights(pattern_weights<T>(held, material.validation_weights(), factors, material.validation_rows()));
  network::Network<T> network = first_network<T>(spec, settings);
  if (settings.begin_at_mean)  // a refit begins the same
    begin_at_mean(network, bound, material.split.training, material.schema.weights);
  TrainerOptions options = settings.trainer;
  options.signs = signs_of(settings.monotone, course.preprocessing, network.graph());
  if (settings.start_from.empty()) give_signs(network, options.signs);
  auto trainer = unwrap(training::Trainer<T>::create(network, options));
  FitSettings length = course.settings;
  if (course.validates && settings.stop_on != nullptr) {
    length.score = score_of<T>(settings, network, held, material.validation_rows(), material.validation_weights());
    length.higher_is_better = settings.stop_on->higher_is_better;
  }
  std::optional<Recorder<T>> recorder;
  if (settings.record.any()) {
    const RecordSource<T> source{settings.record, training,    course.preprocessing,
                                 material.table,  course.rows, options.label_smoothing};
    recorder.emplace(source, course.phase, trainer, course.keeper).watch(length);
  }
  const KeptPhase<T> kept(
      course.keeper, course.phase, trainer,
      [&] { return course.watch.has_thrown() || (recorder && recorder->failed()); },
      [&] { return recorder ? recorder->kept() : MomentRanges(); });
  if (recorder) recorder->begin(kept.steps_before());
  auto result =
      training::fit<T>(trainer, training, course.validates ? &validation : nullptr, length, kept.checkpoints());
  if (result) kept.check(result->reason);
  if (!result) throw_told(result.error(), network, bound, settings, training);
  std::shared_ptr<const RecordedPhase> recorded;
  if (recorder) recorded = recorder->end(*result);
  const double tss = training::total_squared_error<T>(network, training, trainer.team());
  return {network.weights(), std::move(*result), tss, std::move(factors), std::move(recorded)};
}

Passed pass_in(const Material& material, const NetworkSpec& spec, const Settings& settings, const Course& course) {
  return settings.f64 ? pass<double>(material, spec, settings, course) : pass<float>(material, spec, settings, course);
}

FitStop stop_of(StopReason reason) {
  switch (reason) {
    case StopReason::epochs:
      return FitStop::epochs;
    case StopReason::patience:
      return FitStop::patience;
    case StopReason::error_below:
      return FitStop::error_below;
    case StopReason::steps:
      return FitStop::steps;
    case StopReason::stopped:
      return FitStop::time_limit;
    case StopReason::callback:
    case StopReason::paused:
      break;
  }
  return FitStop::interrupted;
}

/// Again from the same first weights on training and validation rows, for as many epochs as were best.
void refit(const Material& material, const Settings& settings, Watch& watch, Keeper* keeper, Learned& learned) {
  const std::vector<std::uint32_t> rows = training_and_validation(material.split);
  data::Notices notices;
  data::Preprocessing preprocessing =
      settings.own_rules
          ? *settings.own_rules
          : unwrap(data::fit_preprocessing(material.table, material.schema, rows, settings.preprocessing, notices));
  NetworkSpec spec = learned.network;
  if (preprocessing.input_units() != spec.inputs && settings.own_wiring) {
    learned.notices.push_back(
        "not refitted: the validation rows add values that need other input units than the "
        "network given has");
    return;
  }
  spec.inputs = preprocessing.input_units();
  FitSettings length = settings.training;
  length.epochs = learned.training.best_epoch;
  length.patience = 0;
  length.min_improvement = 0.0;
  length.on_epoch = watch.after_epoch(FitPhase::refit, length.epochs);
  length.on_step = watch.after_step(FitPhase::refit);
  Passed passed = pass_in(material, spec, settings,
                          {preprocessing, rows, false, std::move(length), FitPhase::refit, watch, keeper});
  watch.rethrow();
  if (passed.result.reason == StopReason::stopped) {
    learned.notices.push_back(
        "the time limit ended while training again: the weights are those of the first training; --no-refit repeats "
        "this run");
    return;
  }
  if (watch.interrupted() || passed.result.reason == StopReason::callback) {
    learned.stop = FitStop::interrupted;
    learned.notices.push_back("interrupted while training again: the weights are those of the first training");
    return;
  }
  for (const std::string& notice : rollback_notices(passed.result))
    learned.notices.push_back("while training again: " + notice);
  learned.network = std::move(spec);
  learned.weights = std::move(passed.weights);
  learned.preprocessing = std::move(preprocessing);
  learned.refitted = true;
  learned.refit_epochs = passed.result.epochs;
  learned.rows_seen = rows.size();
  learned.tss = passed.tss;
  learned.class_factors = std::move(passed.class_factors);
  if (passed.recorded) learned.recorded.push_back(std::move(passed.recorded));
}

}  // namespace

std::function<bool(const EpochReport&)> Watch::after_epoch(FitPhase phase, std::size_t epochs) {
  if (!events_->on_epoch) return {};
  return [this, phase, epochs](const EpochReport& report) {
    return asks([&] { return events_->on_epoch({phase, report, epochs}); });
  };
}

std::function<bool(const StepReport&)> Watch::after_step(FitPhase phase) {
  if (!events_->on_step) return {};
  return [this, phase](const StepReport& report) { return asks([&] { return events_->on_step(phase, report); }); };
}

template <class Call>
bool Watch::asks(const Call& call) {
  if (thrown_) return true;
  try {
    interrupted_ = call() || interrupted_;
  } catch (...) {
    thrown_ = std::current_exception();
    interrupted_ = true;
  }
  return interrupted_;
}

std::vector<std::uint32_t> training_and_validation(const data::Split& split) {
  std::vector<std::uint32_t> rows;
  std::merge(split.training.begin(), split.training.end(), split.validation.begin(), split.validation.end(),
             std::back_inserter(rows));
  return rows;
}

Learned learn(const Material& material, const data::Preprocessing& preprocessing, const Settings& settings,
              Watch& watch, Keeper* keeper) {
  FitSettings length = settings.training;
  length.on_epoch = watch.after_epoch(FitPhase::training, length.epochs);
  length.on_step = watch.after_step(FitPhase::training);
  Passed passed = pass_in(material, settings.network, settings,
                          {preprocessing, material.split.training, !material.validation_rows().empty(),
                           std::move(length), FitPhase::training, watch, keeper});
  watch.rethrow();
  Learned learned{settings.network, std::move(passed.weights), preprocessing, std::move(passed.result)};
  learned.learning_rate = rate_of(settings.trainer.optimizer);
  learned.stop = watch.interrupted() && learned.training.reason != StopReason::error_below
                     ? FitStop::interrupted
                     : stop_of(learned.training.reason);
  for (std::string& notice : rollback_notices(learned.training)) learned.notices.push_back(std::move(notice));
  learned.rows_seen = material.split.training.size();
  learned.tss = passed.tss;
  learned.class_factors = std::move(passed.class_factors);
  if (passed.recorded) learned.recorded.push_back(std::move(passed.recorded));
  const bool length_found = learned.stop == FitStop::patience || learned.stop == FitStop::epochs;
  if (settings.refit && length_found && learned.training.best_epoch > 0 && !material.split.validation.empty())
    refit(material, settings, watch, keeper, learned);
  return learned;
}

}  // namespace deltarule::app
