#include "app/fit/continued.hpp"

#include <algorithm>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/fit/monotone.hpp"
#include "app/fit/settings.hpp"
#include "base/text.hpp"
#include "data/binding.hpp"

namespace deltarule::app {
namespace {

template <class Rule>
std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const Rule& rule : rules) names.push_back(rule.name);
  return names;
}

std::vector<std::string> only_in(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  std::vector<std::string> rest;
  for (const std::string& name : some)
    if (std::find(others.begin(), others.end(), name) == others.end()) rest.push_back(name);
  return rest;
}

[[noreturn]] void refuse_model(std::string got, std::string needed, std::string fix) {
  throw Exception({ErrorCode::data, "--start-from", std::move(got), std::move(needed), std::move(fix)});
}

/// The same names, in any order: a model finds columns and classes by name.
/// `all` are the table's names, `used` those of them that a new model would know.
void check_names(const std::string& what, const std::vector<std::string>& model, const std::vector<std::string>& all,
                 const std::vector<std::string>& used, const std::string& fix) {
  const std::vector<std::string> lacking = only_in(model, all), unknown = only_in(used, model);
  if (lacking.empty() && unknown.empty()) return;
  std::string got;
  if (!lacking.empty()) got = "a model with the " + what + " " + base::listed(lacking, 24) + ", not used here";
  if (!unknown.empty()) {
    got += (got.empty() ? "a model" : ", and") + std::string(" without the ") + what + " " + base::listed(unknown, 24);
  }
  refuse_model(std::move(got), "a model with the same " + what, fix);
}

void check_match(const data::Preprocessing& model, const data::Preprocessing& table,
                 const std::vector<std::string>& columns) {
  if (model.task != table.task) {
    refuse_model("a model for " + std::string(name_of(public_task(model.task))),
                 "one for " + std::string(name_of(public_task(table.task))), "Choose the task with --task");
  }
  if (names_of(model.targets) != names_of(table.targets)) {
    refuse_model("a model of " + base::listed(names_of(model.targets), 24),
                 "one of " + base::listed(names_of(table.targets), 24) + ", in this order", "Change --target");
  }
  check_names("columns", names_of(model.features), columns, names_of(table.features),
              "Choose columns with --features and --ignore");
  check_names("classes", model.classes, table.classes, table.classes,
              "Train a new model, or use data with the model's classes");
}

/// How the rows were split; nothing for a split at random.
std::string split_of(const model::Model& model) {
  for (const auto& [name, value] : model.settings)
    if (name.starts_with("split")) return name + " " + value;
  return {};
}

/// Weights of a run on the same rows, split alike, have not seen its test rows; unless that run began with weights.
bool same_split(const model::Model& first, const model::Model& result) {
  const model::Provenance& a = first.provenance;
  const model::Provenance& b = result.provenance;
  const bool drawn = std::none_of(first.settings.begin(), first.settings.end(),
                                  [](const auto& setting) { return setting.first == "first_weights"; });
  const std::string split = split_of(first);
  if (split != split_of(result) || split.ends_with(kGivenRows)) return false;
  return drawn && !a.data_fingerprint.empty() && a.data_fingerprint == b.data_fingerprint && a.seed == b.seed &&
         a.training_rows == b.training_rows && a.validation_rows == b.validation_rows && a.test_rows == b.test_rows;
}

}  // namespace

FitOptions with_continued(const FitOptions& options) {
  if (!options.continue_from) return options;
  if (options.network || options.start_from || options.hidden.units || options.activation ||
      options.output_activation || options.normalise) {
    throw Exception({ErrorCode::usage, "--start-from", "a model together with a wiring or weights", "one of them",
                     "The model brings its own wiring and weights"});
  }
  FitOptions all = options;
  const model::Model& model = ModelAccess::state(*options.continue_from).model;
  all.network = model.network;
  all.start_from = model.weights_as_double();
  all.monotone = with_monotone_of(model, options.monotone);
  return all;
}

data::Preprocessing rules_of_model(const Model& model, const data::Table& table, const data::Schema& schema,
                                   const data::Split& split, data::Notices& notices) {
  const data::Preprocessing& rules = ModelAccess::state(model).model.preprocessing;
  data::Notices not_fitted;
  std::vector<std::string> columns;
  for (const std::size_t column : schema.features) columns.push_back(table.columns[column].name);
  check_match(rules, unwrap(data::fit_preprocessing(table, schema, split.training, {}, not_fitted)), columns);
  (void)unwrap(
      data::bind_table(table, rules, {data::Unseen::missing, data::Targets::required, schema.weights}, notices));
  return rules;
}

bool is_scaled(const data::Preprocessing& rules) {
  return std::any_of(rules.targets.begin(), rules.targets.end(),
                     [](const data::TargetRule& target) { return target.shift != 0.0 || target.scale != 1.0; });
}

void note_earlier_fit(const FitOptions& options, const model::Model& result, FitReport& report) {
  if (!options.start_from || report.measured_on == "training") return;  // those were seen anyway
  const bool has_test = result.provenance.test_rows > 0;
  if (options.continue_from && has_test && same_split(ModelAccess::state(*options.continue_from).model, result)) return;
  report.start_may_have_seen = true;
  report.notices.push_back(
      "the starting weights may have been fitted on some of the rows that the metrics are "
      "measured on, which would flatter them");
}

}  // namespace deltarule::app
