// A copy of the network with a trainer of its own: the step that is explained is a step that it makes, in f64, with the
// code that trains. Also what the engine has beside the derivation's numbers. Explains nothing.
#pragma once

#include <memory>
#include <vector>

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "explain/step/rule_parts.hpp"
#include "explain/trace/trace.hpp"
#include "training/trainer.hpp"

namespace deltarule::explain {

class Learner {
 public:
  static Result<Learner> create(const Subject& subject, const TrainerOptions& options);

  /// One weight change from one pattern. Data and diverged errors for a pattern that training refuses.
  Result<void> learn(const std::vector<double>& x, const std::vector<double>& t);
  /// All weights as they are, canonical order.
  [[nodiscard]] std::vector<double> weights() const { return network_->weights(); }
  /// A weight as the rule will meet it in the next step, its slope by the derivation.
  [[nodiscard]] WeightMoment moment(const Trace& trace, const Link& link) const;
  /// True for rules that move all weights together.
  [[nodiscard]] bool moves_together() const;

 private:
  Learner(std::unique_ptr<network::Network<double>> network, training::Trainer<double> trainer)
      : network_(std::move(network)), trainer_(std::move(trainer)) {}

  std::unique_ptr<network::Network<double>> network_;  // stays where it is: the trainer knows it
  training::Trainer<double> trainer_;
};

/// The engine's numbers for the pattern, in its own precision, beside the trace's: to so many digits of the largest
/// number of each kind they agree.
struct BesideTheEngine {
  double E = 0.0;
  double digits_of_E = 0.0, digits_of_activations = 0.0, digits_of_deltas = 0.0;
};
[[nodiscard]] Result<BesideTheEngine> beside_the_engine(const Trace& trace, bool single);

/// The engine's slopes for the pattern, in f64, canonical order.
[[nodiscard]] Result<std::vector<double>> engine_slopes(const Subject& subject);

}  // namespace deltarule::explain
