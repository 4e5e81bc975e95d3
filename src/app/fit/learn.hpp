// From settings and rows to weights: training with early stopping, then, if asked for, again on training and validation
// rows for the length found. Chooses nothing, measures nothing beyond the training error.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "app/fit/class_weights.hpp"
#include "app/fit/keeper.hpp"
#include "app/fit/settings.hpp"
#include "app/record/recorder.hpp"
#include "data/preprocessing.hpp"
#include "data/split.hpp"
#include "data/table.hpp"
#include "deltarule/fit.hpp"
#include "model/model.hpp"

namespace deltarule::app {

/// The user's callback, kept away from the engine: what it throws stops the run and is thrown again from rethrow().
class Watch {
 public:
  explicit Watch(const FitEvents& events) : events_(&events) {}
  /// To be called after each epoch of a phase; true stops.
  [[nodiscard]] std::function<bool(const EpochReport&)> after_epoch(FitPhase phase, std::size_t epochs);
  /// To be called after each weight change of a phase; true stops.
  [[nodiscard]] std::function<bool(const StepReport&)> after_step(FitPhase phase);
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }
  [[nodiscard]] bool interrupted() const { return interrupted_; }
  [[nodiscard]] bool has_thrown() const { return thrown_ != nullptr; }

 private:
  /// What a callback answers; one that throws stops the run.
  template <class Call>
  bool asks(const Call& call);

  const FitEvents* events_;
  bool interrupted_ = false;
  std::exception_ptr thrown_ = nullptr;
};

struct Material {
  const data::Table& table;
  const data::Schema& schema;
  const data::Split& split;
  const data::Table* own_validation = nullptr;  // a table of validation rows; then split.validation is empty
  std::vector<std::uint32_t> own_validation_rows = {};
  std::vector<double> own_validation_weights = {};  // of that table's rows, or none
  [[nodiscard]] const data::Table& validation_table() const {
    return own_validation != nullptr ? *own_validation : table;
  }
  [[nodiscard]] const std::vector<std::uint32_t>& validation_rows() const {
    return own_validation != nullptr ? own_validation_rows : split.validation;
  }
  [[nodiscard]] std::span<const double> validation_weights() const {
    return own_validation != nullptr ? own_validation_weights : schema.weights;
  }
};

struct Learned {
  NetworkSpec network = {};
  model::Weights weights = {};
  data::Preprocessing preprocessing = {};
  FitResult training = {};
  double learning_rate = 0.0;  // of the rule, before a schedule; NaN for one without
  FitStop stop = FitStop::epochs;
  bool refitted = false;
  std::size_t refit_epochs = 0;
  std::size_t rows_seen = 0;
  double tss = 0.0;
  ClassFactors class_factors = {};                                  // of the rows seen
  std::vector<std::shared_ptr<const RecordedPhase>> recorded = {};  // the training, then the refit; or none
  std::vector<std::string> notices = {};
};

/// `preprocessing` was fitted on the training rows. Throws: spec, shape, data, diverged, what the watch caught, and
/// RunLeft where the keeper, if there is one, leaves the run.
[[nodiscard]] Learned learn(const Material& material, const data::Preprocessing& preprocessing,
                            const Settings& settings, Watch& watch, Keeper* keeper = nullptr);

/// Table rows of the training and validation parts together, ascending.
[[nodiscard]] std::vector<std::uint32_t> training_and_validation(const data::Split& split);

}  // namespace deltarule::app
