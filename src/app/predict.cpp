// Model::predict and Model::evaluate: bind a table to the model, run the predictor, put the decisions into words.
#include <algorithm>
#include <cmath>

#include "app/access.hpp"
#include "app/engine/unwrap.hpp"
#include "app/measure.hpp"
#include "app/targets.hpp"
#include "base/text.hpp"
#include "data/row_weights.hpp"
#include "io/number.hpp"

namespace deltarule {
namespace {

data::BoundTable bound(const Table& table, const app::ModelState& model, const PredictOptions& options,
                       data::Targets targets, std::vector<std::string>& texts) {
  data::Notices notices;
  const data::BindOptions bind{options.refuse_unseen ? data::Unseen::error : data::Unseen::missing, targets};
  data::BoundTable result =
      unwrap(data::bind_table(app::TableAccess::table(table), model.model.preprocessing, bind, notices));
  app::append_texts(notices, texts);
  return result;
}

model::Decisions decisions_for(const app::ModelState& model, const data::BoundTable& table,
                               const std::vector<std::uint32_t>& rows, std::size_t threads) {
  return model.predictor.decide(unwrap(model.predictor.activations(table, rows, threads)));
}

/// A prediction of an f32 model carries no more than its digits.
void put_numbers(const model::Decisions& decisions, bool single, Predictions& out) {
  for (const double value : decisions.values) {
    const auto narrow = static_cast<float>(value);
    const bool as_single = single && std::isfinite(narrow);  // a target's scale may carry it beyond the range of f32
    out.values.push_back(as_single ? static_cast<double>(narrow) : value);
    out.text.push_back(as_single ? io::to_text(narrow) : io::to_text(value));
  }
}

void put_classes(const model::Decisions& decisions, const data::Preprocessing& rules, Predictions& out) {
  const bool labels = rules.task == data::Task::multilabel;
  out.classes = labels ? rules.output_names() : rules.classes;
  out.probabilities = decisions.probabilities;
  for (const std::uint32_t place : decisions.classes)
    out.text.push_back(labels ? std::to_string(place) : rules.classes[place]);
}

/// The weights of the chosen rows, without those of weight 0.
std::vector<double> weigh(const model::Model& model, const data::Table& table, const std::string& column,
                          std::vector<std::uint32_t>& chosen, std::vector<std::string>& notices) {
  if (column.empty()) {
    for (const auto& [setting, value] : model.settings)
      if (setting == "weight_column")
        notices.push_back("trained with weights of rows, measured without: --weight " + value +
                          " takes them from this table, if it has them");
    return {};
  }
  std::vector<double> weights = unwrap(data::read_weights(table, column, "--weight", chosen));
  const std::size_t left_out = data::leave_out_weightless(weights, chosen);
  if (left_out > 0) notices.push_back(base::counted(left_out, "row") + " left out: the weight is 0");
  return weights;
}

}  // namespace

Predictions Model::predict(const Table& table, const PredictOptions& options) const {
  const app::ModelState& model = app::ModelAccess::state(*this);
  Predictions out;
  out.targets = targets();
  const data::BoundTable rows = bound(table, model, options, data::Targets::none, out.notices);
  const model::Decisions decisions = decisions_for(model, rows, rows.all_rows(), options.threads);
  if (model.model.preprocessing.task == data::Task::regression) {
    put_numbers(decisions, model.model.precision() == "f32", out);
  } else {
    put_classes(decisions, model.model.preprocessing, out);
  }
  return out;
}

Evaluation Model::evaluate(const Table& table, const PredictOptions& options, Seed seed) const {
  const app::ModelState& model = app::ModelAccess::state(*this);
  Evaluation out;
  const data::BoundTable rows = bound(table, model, options, data::Targets::required, out.notices);
  std::vector<std::uint32_t> chosen = rows.rows_with_targets();
  if (chosen.empty()) {
    throw Exception({ErrorCode::data, table.source(), "no row with a target", "at least one row to compare with",
                     "Use predict for rows without targets"});
  }
  const std::size_t left_out = rows.table().rows() - chosen.size();
  if (left_out > 0) out.notices.push_back(std::to_string(left_out) + " rows without a target were left out");
  const std::vector<double> weights = weigh(model.model, rows.table(), options.weight, chosen, out.notices);
  const derivation::Loss loss = unwrap(derivation::find_loss(model.model.network.loss));
  app::check_targets(rows, chosen, loss);
  app::Measurement measured =
      app::measure(decisions_for(model, rows, chosen, options.threads), rows, chosen, seed, loss, weights);
  out.rows = chosen.size();
  out.metrics = std::move(measured.metrics);
  out.confusion = std::move(measured.confusion);
  for (std::string& notice : measured.notices) out.notices.push_back(std::move(notice));
  out.classes = classes();
  return out;
}

}  // namespace deltarule
