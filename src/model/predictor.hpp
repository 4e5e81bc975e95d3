// From a model and the rows of a table to predictions: output activations, classes with probabilities, numbers in the
// target's own units. Const and free of state, so one predictor serves many threads. Writes no text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "base/pattern_source.hpp"
#include "data/binding.hpp"
#include "deltarule/error.hpp"
#include "model/model.hpp"
#include "network/network.hpp"

namespace deltarule::model {

/// What output activations mean for the task. Of the three lists, those that do not apply are empty.
struct Decisions {
  std::size_t rows = 0;
  /// binary, multiclass: place in preprocessing.classes, [rows]; multilabel: 0 or 1, [row · targets + target].
  std::vector<std::uint32_t> classes;
  /// binary, multiclass: [row · classes + class]; multilabel: of a 1, [row · targets + target].
  std::vector<double> probabilities;
  /// regression: in the target's own units, [row · targets + target].
  std::vector<double> values;
};

class Predictor {
 public:
  /// Takes a copy of what it needs. Spec, shape and data errors for a model that is none (Model::parse gives no such).
  static Result<Predictor> create(const Model& model);

  [[nodiscard]] std::size_t inputs() const { return inputs_; }
  [[nodiscard]] std::size_t outputs() const { return outputs_; }

  /// Output activations of all patterns of a source, (4) and f layer by layer, [pattern · outputs + output], widened
  /// from the model's precision. The same bits for any number of threads and any company a row is in. Only the overload
  /// of the model's precision exists at run time: shape error for the other one, and for a wrong number of inputs.
  Result<std::vector<double>> activations(const base::PatternSource<float>& patterns, std::size_t threads = 1) const;
  Result<std::vector<double>> activations(const base::PatternSource<double>& patterns, std::size_t threads = 1) const;
  /// The same for chosen rows of a table, prepared in the model's precision. Data error for a row whose activations are
  /// not finite.
  Result<std::vector<double>> activations(const data::BoundTable& table, std::span<const std::uint32_t> rows,
                                          std::size_t threads = 1) const;

  /// Reads activations as decisions. Binary: class 1 from 0.5 up; multiclass: the largest, the first of equals. Outputs
  /// that are not probabilities by nature (no softmax, no sigmoid) are cut to [0, 1]; those of several classes without
  /// softmax are divided by their sum.
  [[nodiscard]] Decisions decide(std::span<const double> activations) const;

 private:
  using AnyNetwork = std::variant<network::Network<float>, network::Network<double>>;
  Predictor(AnyNetwork network, data::Preprocessing preprocessing);

  AnyNetwork network_;
  data::Preprocessing preprocessing_;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  bool softmax_ = false;
};

}  // namespace deltarule::model
