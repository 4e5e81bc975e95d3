#include "app/fit/provenance.hpp"

#include "app/fit/history.hpp"
#include "io/digest.hpp"

namespace deltarule::app {
namespace {

std::string fingerprint(const data::Table& table) {
  io::Digest digest;
  data::feed_content(table, [&](std::span<const std::byte> bytes) { digest.update(bytes); });
  return digest.hex();
}

/// "learning rate" → "learning_rate": settings are named like options.
std::string setting_name(std::string what) {
  for (char& letter : what)
    if (letter == ' ') letter = '_';
  return what;
}

/// The seed has its own place. A limit in time or steps is kept as the steps that were run, and how the run ended: so
/// that a run that time ended and the run with as many steps write the same file.
bool is_kept_otherwise(const Choice& choice) {
  return choice.what == "seed" || choice.what == "steps" || choice.what == "time limit";
}

const char* stop_name(FitStop stop) {
  switch (stop) {
    case FitStop::epochs:
      return "epochs";
    case FitStop::patience:
      return "patience";
    case FitStop::error_below:
      return "error_below";
    case FitStop::steps:
    case FitStop::time_limit:
      return "steps";
    case FitStop::interrupted:
      break;
  }
  return "interrupted";
}

}  // namespace

model::Model model_of(const Material& material, const Learned& learned, const FitPlan& plan,
                      const FitOptions& options) {
  model::Model model;
  model.network = learned.network;
  model.weights = learned.weights;
  model.preprocessing = learned.preprocessing;
  for (const Choice& choice : plan.choices)
    if (!is_kept_otherwise(choice)) model.settings.emplace_back(setting_name(choice.what), choice.value);
  if (options.textbook) model.settings.emplace_back("textbook", "yes");
  model.settings.emplace_back("epochs_run", std::to_string(learned.training.epochs));
  model.settings.emplace_back("best_epoch", std::to_string(learned.training.best_epoch));
  model.settings.emplace_back("steps_run", std::to_string(learned.training.steps));
  if (const std::size_t count = learned.training.rollbacks.size(); count > 0)
    model.settings.emplace_back("rollbacks", std::to_string(count));
  model.settings.emplace_back("stopped_by", stop_name(learned.stop));
  if (options.class_weight.balanced) model.settings.emplace_back("class_weights", text_of(learned.class_factors));
  if (learned.refitted) model.settings.emplace_back("refit_epochs", std::to_string(learned.refit_epochs));
  model.provenance.engine_version = DELTARULE_VERSION;
  model.provenance.seed = options.seed;
  model.provenance.data_fingerprint = fingerprint(material.table);
  model.provenance.training_rows = material.split.training.size();
  model.provenance.validation_rows = material.validation_rows().size();
  model.provenance.test_rows = material.split.test.size();
  model.provenance.rows_seen = learned.rows_seen;
  model.provenance.refitted = learned.refitted;
  model.history = kept_records(learned.training, learned.learning_rate);
  return model;
}

void add_measures(const FitReport& report, model::Model& model) {
  for (const Metric& metric : report.metrics)
    model.metrics.push_back({metric.name, report.measured_on, metric.value, metric.low, metric.high});
}

}  // namespace deltarule::app
