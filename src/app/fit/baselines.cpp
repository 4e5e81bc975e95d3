#include "app/fit/baselines.hpp"

#include <algorithm>
#include <cmath>

#include "app/engine/unwrap.hpp"
#include "app/measure_loss.hpp"
#include "app/targets.hpp"
#include "app/words.hpp"
#include "base/text.hpp"
#include "data/binding.hpp"
#include "data/row_weights.hpp"
#include "model/predictor.hpp"

namespace deltarule::app {
namespace {

data::BoundTable bound_to(const data::Table& table, const data::Preprocessing& preprocessing,
                          std::span<const double> weights) {
  data::Notices told_before;
  return unwrap(
      data::bind_table(table, preprocessing, {data::Unseen::missing, data::Targets::required, weights}, told_before));
}

/// The rows seen and the rows measured, as targets of one preprocessing.
struct Bound {
  const data::BoundTable& seen;
  const data::BoundTable& measured;
};

template <class V>
void repeat(std::vector<V>& out, const std::vector<V>& line, std::size_t times) {
  out.reserve(line.size() * times);
  for (std::size_t i = 0; i < times; ++i) out.insert(out.end(), line.begin(), line.end());
}

Baseline most_frequent_class(const Bound& bound, const Judge& judge) {
  const data::Preprocessing& rules = bound.seen.preprocessing();
  std::vector<double> shares(rules.classes.size());
  for (const std::uint32_t row : judge.seen)
    shares[static_cast<std::size_t>(bound.seen.targets()[0].classes[row])] += data::weight_of(judge.weights, row);
  auto most = std::max_element(shares.begin(), shares.end()) - shares.begin();
  for (double& share : shares) share /= data::weight_of(judge.weights, judge.seen);
  if (shares.size() == 2 && shares[1] >= 0.5) most = 1;  // of equals, as an output of 0.5 is taken
  model::Decisions decisions;
  decisions.rows = judge.measured.size();
  decisions.classes.assign(decisions.rows, static_cast<std::uint32_t>(most));
  repeat(decisions.probabilities, shares, decisions.rows);
  return {"trivial", "always " + rules.classes[static_cast<std::size_t>(most)],
          judge.measure(decisions, bound.measured).metrics};
}

std::vector<double> quantiles(const data::BoundTable& bound, const Judge& judge) {
  std::vector<double> result;
  for (const data::BoundTarget& target : bound.targets()) {
    std::vector<double> seen, weights;
    for (const std::uint32_t row : judge.seen) {
      seen.push_back(target.numbers[row]);
      if (!judge.weights.empty()) weights.push_back(judge.weights[row]);
    }
    result.push_back(quantile(std::move(seen), judge.loss.parameter, weights));
  }
  return result;
}

std::vector<double> means(const data::BoundTable& bound, const Judge& judge) {
  std::vector<double> result;
  for (const data::BoundTarget& target : bound.targets()) {
    double sum = 0.0;
    for (const std::uint32_t row : judge.seen) sum += data::weight_of(judge.weights, row) * target.numbers[row];
    result.push_back(sum / data::weight_of(judge.weights, judge.seen));
  }
  return result;
}

Baseline constant(const Bound& bound, const Judge& judge) {
  const bool is_quantile = judge.loss.kind == base::LossKind::pinball;
  const std::vector<double> mean = is_quantile ? quantiles(bound.seen, judge) : means(bound.seen, judge);
  const bool labels = bound.seen.preprocessing().task == data::Task::multilabel;
  model::Decisions decisions;
  decisions.rows = judge.measured.size();
  repeat(labels ? decisions.probabilities : decisions.values, mean, decisions.rows);
  if (labels)
    for (const double share : decisions.probabilities) decisions.classes.push_back(share >= 0.5 ? 1 : 0);
  std::string description = labels        ? "each label's share"
                            : is_quantile ? "always the " + rounded(judge.loss.parameter) + "-quantile"
                                          : "always the mean";
  if (!labels && mean.size() == 1) description += ", " + rounded(mean[0]);
  return {"trivial", std::move(description), judge.measure(decisions, bound.measured).metrics};
}

std::string linear_name(data::Task task, const derivation::Loss& loss) {
  if (loss.kind == base::LossKind::pinball) return "linear quantile regression";
  if (loss.kind == base::LossKind::poisson_deviance) return "Poisson regression";
  if (loss.kind == base::LossKind::gamma_deviance) return "gamma regression";
  switch (task) {
    case data::Task::binary:
      return "logistic regression";
    case data::Task::multiclass:
      return "softmax regression";
    case data::Task::multilabel:
      return "a logistic regression for each label";
    case data::Task::regression:
      break;
  }
  return "linear regression";
}

/// Beaten beyond the interval: training went wrong, which says nothing about the features.
std::string worse(const std::string& subject, const std::string& name, const std::string& figures, bool linear) {
  const bool simpler = name == "linear" && !linear;
  return subject + " is worse than the " + name + " model (" + figures +
         "): " + (simpler ? "--hidden none does better; " : "") +
         "more --epochs, --scale standard or another --learning-rate may help.";
}

/// What a verdict goes by. Whoever weighs the classes has other goals than to be right most often.
const Metric* main_metric(const std::vector<Metric>& metrics, bool weighs_classes) {
  for (const char* name : {weighs_classes ? "balanced_accuracy" : "accuracy", "d2", "r2"})
    for (const Metric& metric : metrics)
      if (metric.name == name) return &metric;
  return nullptr;
}

}  // namespace

Baseline trivial_baseline(const Material& material, const data::Preprocessing& preprocessing, const Judge& judge) {
  const data::BoundTable seen = bound_to(material.table, preprocessing, judge.weights);
  const data::BoundTable measured = bound_to(judge.measured_table, preprocessing, judge.measured_weights);
  const bool classes = data::has_classes(preprocessing.task);
  return classes ? most_frequent_class({seen, measured}, judge) : constant({seen, measured}, judge);
}

Measurement measure_learned(const model::Model& model, const Judge& judge, std::size_t threads) {
  const data::BoundTable bound = bound_to(judge.measured_table, model.preprocessing, judge.measured_weights);
  const model::Predictor predictor = unwrap(model::Predictor::create(model));
  const auto activations = unwrap(predictor.activations(bound, judge.measured, threads));
  return judge.measure(predictor.decide(activations), bound);
}

std::optional<Baseline> linear_baseline(const Material& material, const Size& size, const FitOptions& options,
                                        const Judge& judge, const FitEvents& events) {
  FitOptions own{.hidden = Hidden::none()};
  own.seed = options.seed;
  own.threads = options.threads;
  own.class_weight = options.class_weight;  // the same errors count
  if (judge.loss.kind == base::LossKind::pinball || keeps_targets(judge.loss)) own.loss = judge.loss.name;
  Size shape = size;
  shape.textbook = false;
  shape.linear = true;
  ChoiceList unseen;
  data::Notices told_before;
  const data::PreprocessingOptions scaling = choose_preprocessing(own, unseen);
  const data::Preprocessing rules =
      unwrap(data::fit_preprocessing(material.table, material.schema, material.split.training, scaling, told_before));
  Settings settings = choose_settings(own, shape, rules, unseen);
  settings.preprocessing = scaling;
  Watch watch(events);
  const Learned learned = learn(material, rules, settings, watch);
  if (watch.interrupted()) return std::nullopt;
  model::Model model;
  model.network = learned.network;
  model.weights = learned.weights;
  model.preprocessing = learned.preprocessing;
  return Baseline{"linear", linear_name(rules.task, judge.loss),
                  measure_learned(model, judge, options.threads).metrics};
}

std::string verdict(const FitReport& report, bool linear) {
  const auto& choices = report.plan.choices;
  const bool weighs_classes = std::any_of(choices.begin(), choices.end(),
                                          [](const Choice& choice) { return choice.option == "--class-weight"; });
  const Metric* own = main_metric(report.metrics, weighs_classes);
  if (own == nullptr || report.baselines.empty() || std::isnan(own->value)) return {};
  const std::string figures =
      own->name + " " + rounded(own->value) + ", 95 % from " + rounded(own->low) + " to " + rounded(own->high);
  if (report.measured_on == "training") {
    return "Measured on the rows that it was trained on (" + figures +
           "): this cannot tell whether it beats a simpler model on new rows.";
  }
  const std::string subject = linear ? "The linear model" : "The network";
  for (const Baseline& baseline : report.baselines) {
    const Metric* other = main_metric(baseline.metrics, weighs_classes);
    if (other == nullptr || own->low > other->value) continue;
    const std::string both = figures + "; " + baseline.name + " " + rounded(other->value);
    if (report.measured_rows < kFewMeasured) {
      return "Too few rows to tell whether " + std::string(linear ? "the linear model" : "the network") +
             " beats the " + baseline.name + " model: " + base::counted(report.measured_rows, "row") + " (" + both +
             ").";
    }
    if (own->high < other->low)
      return worse(subject, baseline.name, both, linear);  // neither interval reaches the other
    return subject + " does not beat the " + baseline.name + " model beyond the interval (" + both + "): " +
           (baseline.name == "linear" ? "prefer --hidden none, which does as well and is simpler."
                                      : "the features may not tell much about the target.");
  }
  return subject + " beats the " + report.baselines.front().name +
         (report.baselines.size() > 1 ? " and the linear model" : " model") + " beyond the interval (" + figures + ").";
}

}  // namespace deltarule::app
