// Every choice of a run, made: what the user gave, else what defaults.hpp says. Also the list of choices for people.
// Trains nothing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/fit/defaults.hpp"
#include "app/fit/monotone_columns.hpp"
#include "base/graph.hpp"
#include "data/preprocessing.hpp"
#include "deltarule/fit.hpp"
#include "derivation/registry.hpp"
#include "network/metric_registry.hpp"

namespace deltarule::app {

struct Settings {
  data::PreprocessingOptions preprocessing;
  std::optional<data::Preprocessing> own_rules;  // a model's, kept as they are; otherwise fitted to the rows
  bool f64 = false;
  NetworkSpec network;      // inputs and outputs filled in
  bool own_wiring = false;  // the user's: its number of inputs is fixed
  std::string init;
  bool begin_at_mean = false;      // biases of exp outputs begin at the log of the mean target
  std::vector<double> start_from;  // empty: drawn
  TrainerOptions trainer;
  std::vector<MonotoneColumn> monotone;  // the trainer's signs follow from them, anew where a refit has other inputs
  double usual_rate = 0.0;               // what would be chosen for the rule; 0 for one without a rate
  ClassWeights class_weight;
  FitSettings training;
  const network::MetricEntry* stop_on = nullptr;  // nothing: the network's loss
  derivation::Loss stop_on_loss;                  // what a metric of a loss is measured by
  bool refit = false;
  RecordOptions record;
  Seed seed;
};

/// The choices so far, in the order of the report.
class ChoiceList {
 public:
  void add(std::string what, std::string value, std::string option, bool given);
  [[nodiscard]] const std::vector<Choice>& all() const { return choices_; }

 private:
  std::vector<Choice> choices_;
};

/// Takes what was given, else what was chosen, and writes down which.
template <class V, class Text>
V pick(ChoiceList& choices, const char* what, const char* option, const std::optional<V>& given, V chosen, Text text) {
  V value = given.value_or(std::move(chosen));
  choices.add(what, text(value), option, given.has_value());
  return value;
}

/// Usage errors for numbers that make no sense and options that contradict each other.
void check_options(const FitOptions& options);

/// The split's value among the choices when its rows were given.
inline constexpr const char* kGivenRows = "given rows";

struct Shares {
  double validation = 0.0, test = 0.0;
};
[[nodiscard]] Shares choose_shares(const FitOptions& options, const data::Schema& schema, ChoiceList& choices);

[[nodiscard]] data::PreprocessingOptions choose_preprocessing(const FitOptions& options, ChoiceList& choices);

/// Everything after the split and the preprocessing are known. Throws: spec, shape, usage.
[[nodiscard]] Settings choose_settings(const FitOptions& options, const Size& size,
                                       const data::Preprocessing& preprocessing, ChoiceList& choices);

/// The rule with its settings, and the penalty: decay of a rule without one apart from the slope goes into the slope.
/// In rule.cpp.
void choose_rule(const FitOptions& options, const Defaults& defaults, Settings& settings, ChoiceList& choices);

/// What the rule's rate is multiplied by over the epochs of the run. In schedule.cpp. Throws: usage, spec.
void choose_schedule(const FitOptions& options, Settings& settings, ChoiceList& choices);

/// What the rule takes beside the network and its slopes when it moves all weights together; 0 otherwise. In
/// method.cpp.
[[nodiscard]] double rule_bytes(const Settings& settings, const base::Graph& graph);
/// Usage and spec errors for a run that such a rule is not for. Adds its memory to the choices.
void check_method(const FitOptions& options, const Settings& settings, ChoiceList& choices);

/// Rates of layers, clipping, norms, decay of biases. In limits.cpp. Throws: usage, spec.
void choose_limits(const FitOptions& options, Settings& settings, ChoiceList& choices);

/// Output activation and loss for the task, with what the user gave. In output.cpp.
struct OutputChoice {
  std::string activation;
  std::string loss;
};
[[nodiscard]] OutputChoice choose_output(const FitOptions& options, data::Task task);
/// The loss that the user named, as an option or in a network; none when it is chosen by the task.
[[nodiscard]] std::optional<derivation::Loss> given_loss(const FitOptions& options);

}  // namespace deltarule::app
