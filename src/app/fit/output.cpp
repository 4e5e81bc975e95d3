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
  if (loss.kind == LossKind::softmax_cross_entropy) return "softmax";
  if (loss.kind == LossKind::binary_cross_entropy) return "sigmoid";
  return for_task(task).activation;
}

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

OutputChoice choose_output(const FitOptions& options, data::Task task) {
  OutputChoice choice = options.textbook ? OutputChoice{"sigmoid", "half_squared_error"} : for_task(task);
  std::optional<std::string> loss = options.loss;
  if (loss == "cross-entropy" || loss == "cross_entropy") loss = cross_entropy(options, task);
  if (options.output_activation) {
    const auto output = activation_named("--output-activation", *options.output_activation);
    choice.activation = output.name;
    if (!options.textbook) choice.loss = loss_for(output, task);
  }
  if (loss) {
    const auto found = loss_named(*loss);
    choice.loss = found.name;
    if (!options.output_activation && !options.textbook) choice.activation = activation_for(found, task);
    if (!options.output_activation && found.kind == LossKind::softmax_cross_entropy) choice.activation = "softmax";
  }
  return choice;
}

}  // namespace deltarule::app
