// The response of the output units and the loss that goes with it: by task, unless one of the two was given and decides
// the other.
#include "app/fit/named.hpp"
#include "app/fit/settings.hpp"
#include "derivation/registry.hpp"

namespace deltarule::app {
namespace {

using base::ActivationKind;
using base::LossKind;

OutputChoice for_task(data::Task task) {
  switch (task) {
    case data::Task::multiclass:
      return {"softmax", "softmax_cross_entropy"};
    case data::Task::binary:
    case data::Task::multilabel:
      return {"sigmoid", "binary_cross_entropy"};
    case data::Task::regression:
      break;
  }
  return {"identity", "half_squared_error"};
}

std::string loss_for(const derivation::Activation& output, data::Task task) {
  if (task == data::Task::regression) return "half_squared_error";
  if (output.kind == ActivationKind::softmax) return "softmax_cross_entropy";
  if (output.kind == ActivationKind::sigmoid) return "binary_cross_entropy";
  return "half_squared_error";
}

std::string activation_for(const derivation::Loss& loss, data::Task task) {
  const std::string_view own = derivation::output_of(loss);
  return own.empty() ? for_task(task).activation : std::string(own);
}

/// Quantiles, counts and amounts are numbers.
void refuse_for_labels(const derivation::Loss& loss, data::Task task) {
  const bool of_numbers = loss.kind == LossKind::pinball || loss.kind == LossKind::poisson_deviance ||
                          loss.kind == LossKind::gamma_deviance;
  if (!of_numbers || task == data::Task::regression) return;
  throw Exception({ErrorCode::usage, "--loss", loss.name + " for " + std::string(data::task_name(task)) + " targets",
                   "a loss for labels", "Use --task regression if the target is a number"});
}

bool is_cross_entropy(const std::string& name) { return name == "cross-entropy" || name == "cross_entropy"; }

/// "cross-entropy" is the one that fits the output units.
std::string cross_entropy(const FitOptions& options, data::Task task) {
  if (task == data::Task::regression) {
    throw Exception({ErrorCode::usage, "--loss", "\"cross-entropy\" for a regression", "a loss for numbers",
                     "Use --loss half_squared_error, or --task binary or multiclass if the target means classes"});
  }
  if (!options.output_activation) return for_task(task).loss;
  const bool softmax =
      activation_named("--output-activation", *options.output_activation).kind == ActivationKind::softmax;
  return softmax ? "softmax_cross_entropy" : "binary_cross_entropy";
}

}  // namespace

std::optional<derivation::Loss> given_loss(const FitOptions& options) {
  const bool by_network = !options.loss && options.network;
  if (!options.loss && !by_network) return std::nullopt;
  const std::string& name = by_network ? options.network->loss : *options.loss;
  if (is_cross_entropy(name)) return std::nullopt;
  if (!by_network) return loss_named(name);
  const auto found = derivation::find_loss(name);  // what is wrong with it is said when the network is built
  return found ? std::optional(*found) : std::nullopt;
}

OutputChoice choose_output(const FitOptions& options, data::Task task) {
  OutputChoice choice = options.textbook ? OutputChoice{"sigmoid", "half_squared_error"} : for_task(task);
  std::optional<std::string> loss = options.loss;
  if (loss && is_cross_entropy(*loss)) loss = cross_entropy(options, task);
  if (options.output_activation) {
    const auto output = activation_named("--output-activation", *options.output_activation);
    choice.activation = output.name;
    if (!options.textbook) choice.loss = loss_for(output, task);
  }
  if (loss) {
    const auto found = loss_named(*loss);
    refuse_for_labels(found, task);
    choice.loss = found.name;
    const bool has_own = !derivation::output_of(found).empty();
    if (!options.output_activation && (has_own || !options.textbook)) choice.activation = activation_for(found, task);
  }
  return choice;
}

}  // namespace deltarule::app
