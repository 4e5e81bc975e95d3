#include "cli/commands/events.hpp"

#include "cli/commands/measures.hpp"
#include "cli/exit_codes.hpp"
#include "cli/text/json.hpp"

namespace deltarule::cli {
namespace {

std::string split_json(const FitPlan& plan) {
  JsonObject split;
  split.count("training", plan.training_rows)
      .count("validation", plan.validation_rows)
      .count("test", plan.test_rows)
      .truth("stratified", plan.stratified);
  split.text("by", plan.split_by);
  split.raw("column", plan.split_column.empty() ? "null" : json_text(plan.split_column));
  split.raw("validation_from", plan.validation_source.empty() ? "null" : json_text(plan.validation_source));
  return split.str();
}

std::string choices_json(const std::vector<Choice>& choices) {
  std::vector<std::string> items;
  for (const Choice& choice : choices) {
    JsonObject item;
    item.text("what", choice.what).text("value", choice.value).text("option", choice.option);
    items.push_back(item.truth("given", choice.given).str());
  }
  return json_array(items);
}

std::string measured_json(const FitReport& report, const std::string& classes_confusion) {
  JsonObject measured;
  measured.count("rows", report.measured_rows)
      .raw("metrics", metrics_json(report.metrics))
      .raw("intervals", intervals_json(report.metrics))
      .raw("confusion", classes_confusion);
  return measured.str();
}

std::string rollbacks_json(const std::vector<Rollback>& rollbacks) {
  std::vector<std::string> items;
  for (const Rollback& one : rollbacks) {
    JsonObject item;
    item.count("epoch", one.epoch).count("step", one.step).count("back_to", one.back_to);
    items.push_back(item.number("rate_factor", one.rate_factor).text("why", one.why).str());
  }
  return json_array(items);
}

std::string baselines_json(const std::vector<Baseline>& baselines) {
  JsonObject all;
  for (const Baseline& baseline : baselines) {
    JsonObject one;
    one.text("description", baseline.description).raw("metrics", metrics_json(baseline.metrics));
    all.raw(baseline.name, one.str());
  }
  return all.str();
}

std::string code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::spec:
      return "spec";
    case ErrorCode::shape:
      return "shape";
    case ErrorCode::data:
      return "data";
    case ErrorCode::format:
      return "format";
    case ErrorCode::io:
      return "io";
    case ErrorCode::diverged:
      return "diverged";
    case ErrorCode::interrupted:
      return "interrupted";
  }
  return "usage";
}

std::string layers_json(const std::vector<LayerHealth>& all) {
  std::vector<std::string> layers;
  for (const LayerHealth& layer : all) {
    JsonObject one;
    one.text("activation", layer.activation)
        .count("units", layer.units)
        .count("saturated", layer.saturated)
        .count("dead", layer.dead);
    layers.push_back(one.number("delta", layer.delta).str());
  }
  return json_array(layers);
}

std::string health_json(const Health& health, Task task) {
  JsonObject rows, object;
  rows.count("groups", health.contradictory_groups).count("rows", health.contradictory_rows);
  rows.number(task == Task::regression ? "rmse_floor" : "error_floor", health.error_floor);
  object.count("rows", health.rows)
      .raw("layers", layers_json(health.layers))
      .list("unused_inputs", health.unused_inputs)
      .number("training_loss", health.training_loss)
      .number("validation_loss", health.validation_loss)
      .raw("contradictions", rows.str());
  return object.list("findings", health.findings).str();
}

/// Places count from 1; what is not known, or not of the cause, is null.
std::string diagnosis_json(const Diagnosis& diagnosis) {
  const auto place = [](std::size_t number) { return number == 0 ? std::string("null") : std::to_string(number); };
  JsonObject object;
  object.text("cause", name_of(diagnosis.cause))
      .text("likely", diagnosis.likely)
      .raw("epoch", place(diagnosis.epoch))
      .raw("batch", place(diagnosis.batch))
      .raw("pattern", place(diagnosis.pattern))
      .raw("line", place(diagnosis.line))
      .count("layer", diagnosis.layer)
      .raw("unit", place(diagnosis.unit));
  object.raw("column", diagnosis.column.empty() ? "null" : json_text(diagnosis.column))
      .raw("cell_line", place(diagnosis.cell_line))
      .number("value", diagnosis.value)
      .number("low", diagnosis.low)
      .number("high", diagnosis.high)
      .raw("layers", layers_json(diagnosis.layers));
  return object.str();
}

/// Where a file goes that there may not be.
std::string text_or_null(const std::string& path) { return path.empty() ? "null" : json_text(path); }

}  // namespace

std::string stop_name(FitStop stop) {
  switch (stop) {
    case FitStop::epochs:
      return "epochs";
    case FitStop::patience:
      return "patience";
    case FitStop::error_below:
      return "error_below";
    case FitStop::steps:
      return "steps";
    case FitStop::time_limit:
      return "time_limit";
    case FitStop::interrupted:
      return "interrupted";
  }
  return "epochs";
}

std::string start_event(const FitPlan& plan, const TrainCommand& command, const std::string& model,
                        const std::string& record) {
  JsonObject event;
  event.text("event", "start")
      .text("schema", "deltarule-events-1")
      .text("version", DELTARULE_VERSION)
      .text("data", command.data.path)
      .count("rows", plan.rows)
      .count("columns", plan.columns)
      .count("missing_cells", plan.missing_cells)
      .text("task", name_of(plan.task))
      .list("targets", plan.targets)
      .list("features", plan.features)
      .list("classes", plan.classes)
      .raw("split", split_json(plan));
  event.text("network", plan.network)
      .count("weights", plan.weight_count)
      .raw("choices", choices_json(plan.choices))
      .count("epochs", plan.epochs)
      .count("seed", command.fit.seed)
      .count("threads", plan.threads)
      .text("arithmetic", plan.arithmetic)
      .list("notices", plan.notices)
      .raw("record", text_or_null(record))
      .text("model", model);
  return event.str() + "\n";
}

std::string epoch_event(const FitProgress& progress) {
  JsonObject event;
  event.text("event", "epoch")
      .text("phase", progress.phase == FitPhase::training ? "training" : "refit")
      .count("epoch", progress.epoch.epoch)
      .count("epochs", progress.epochs)
      .number("training_loss", progress.epoch.training_loss)
      .number("validation_loss", progress.epoch.validation_loss)
      .number("best_validation_loss", progress.epoch.best_validation_loss)
      .number("validation_score", progress.epoch.validation_score)
      .number("best_validation_score", progress.epoch.best_validation_score)
      .count("steps", progress.epoch.steps)
      .number("rate_factor", progress.epoch.rate_factor);
  return event.str() + "\n";
}

namespace {

void add_result(JsonObject& event, const FitReport& report, const Model& model) {
  event.text("stop", stop_name(report.stop))
      .text("stop_on", report.plan.stop_on)
      .count("epochs", report.training.epochs)
      .count("best_epoch", report.training.best_epoch)
      .count("steps", report.training.steps)
      .raw("rollbacks", rollbacks_json(report.training.rollbacks))
      .raw("refit_epochs", report.refitted ? std::to_string(report.refit_epochs) : "null")
      .count("rows_seen", report.rows_seen)
      .number("training_tss", report.training_tss)
      .text("measured_on", report.measured_on)
      .truth("start_may_have_seen", report.start_may_have_seen)
      .list("classes", report.plan.classes);
  // Rows that were not kept apart never appear under "test".
  const std::size_t classes = model.classes().size();
  const bool has_confusion = classes > 0 && report.confusion.size() == classes * classes;
  const std::string measured =
      measured_json(report, has_confusion ? confusion_json(report.confusion, classes) : "null");
  event.raw("test", report.measured_on == "test" ? measured : "null");
  if (report.measured_on != "test") event.raw(report.measured_on, measured);
  event.raw("baseline", baselines_json(report.baselines))
      .text("verdict", report.verdict)
      .raw("health", health_json(report.health, report.plan.task))
      .list("notices", report.notices)
      .text("weights_digest", report.weights_digest);
}

}  // namespace

std::string done_event(const FitReport& report, const Model& model, const std::string& path,
                       const std::string& record) {
  JsonObject event;
  event.text("event", "done");
  add_result(event, report, model);
  event.raw("record", text_or_null(record)).text("model", path);
  return event.str() + "\n";
}

std::string report_json(const FitReport& report, const Model& model) {
  JsonObject object;
  object.text("schema", "deltarule-report-1");
  add_result(object, report, model);
  return object.str() + "\n";
}

std::string error_event(const Error& error, const Diagnosis* diagnosis) {
  JsonObject event;
  event.text("event", "error")
      .text("code", code_name(error.code))
      .count("exit_code", static_cast<unsigned>(exit_code_of(error.code)))
      .text("place", error.place)
      .text("got", error.got)
      .text("needed", error.needed)
      .text("fix", error.fix);
  if (diagnosis != nullptr) event.raw("diagnosis", diagnosis_json(*diagnosis));
  return event.str() + "\n";
}

}  // namespace deltarule::cli
