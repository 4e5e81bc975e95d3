#include "training/full_batch/limits.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "training/full_batch/gauss_newton.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

constexpr double kMebibyte = 1048576.0;

std::string mebibytes(double bytes) { return std::to_string(static_cast<std::uint64_t>(std::ceil(bytes / kMebibyte))); }

Result<void> check_memory(const LevenbergMarquardt& rule, std::size_t weights, double needed) {
  if (needed <= rule.memory_mb * kMebibyte) return {};
  return Error{
      ErrorCode::spec, "optimizer lm", std::to_string(weights) + " weights, which take " + mebibytes(needed) + " MB",
      "at most memory_mb, " + mebibytes(rule.memory_mb * kMebibyte) + " MB",
      "Raise memory_mb, use fewer units, or use lbfgs or scg, whose memory grows with the number of weights and "
      "not with its square"};
}

}  // namespace

bool is_frozen(const TrainerOptions& options, std::size_t layer) {
  return std::any_of(options.layer_rates.begin(), options.layer_rates.end(),
                     [&](const LayerRate& one) { return one.layer == layer + 1 && one.factor == 0; });
}

std::size_t movable_count(const base::Graph& graph, const TrainerOptions& options) {
  std::size_t count = 0;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    if (is_frozen(options, l)) continue;
    if (layer.bias && layer.train_bias) count += layer.units;
    if (layer.is_normalised()) count += layer.units;  // gains
    for (const base::Block& block : layer.blocks)
      count += block.mask.empty() ? layer.units * block.sending
                                  : static_cast<std::size_t>(std::count_if(block.mask.begin(), block.mask.end(),
                                                                           [](auto one) { return one != 0; }));
  }
  return count;
}

double method_bytes(const TrainerOptions& options, const base::Graph& graph, std::size_t number_size) {
  const auto weights = static_cast<double>(graph.weight_count()), number = static_cast<double>(number_size);
  const Optimizer& rule = options.optimizer;
  if (std::holds_alternative<LevenbergMarquardt>(rule))
    return GaussNewton<double>::bytes(movable_count(graph, options));
  if (std::holds_alternative<ScaledConjugateGradient>(rule)) return 2 * weights * number;
  if (std::holds_alternative<LBFGS>(rule)) return weights * (2 * number + static_cast<double>(sizeof(double)));
  return 0;
}

Result<void> check_method(const TrainerOptions& options, const base::Graph& graph, base::LossKind loss) {
  const std::string place = "optimizer " + std::string(name_of(options.optimizer));
  if (!entry_of(options.optimizer).together) return {};
  if (options.dropout.any() || options.input_noise != 0)
    return Error{ErrorCode::spec, place, "dropout or noise on the inputs", "the same error function at every step",
                 "Leave them out, or use a rule that changes one weight at a time, as adam"};
  if (options.clip_value != 0 || options.clip_norm != 0 || options.max_norm != 0)
    return Error{ErrorCode::spec, place, "slopes that are clipped or weights that are limited (max_norm)",
                 "the slopes of the error as they are, and its own steps",
                 "Leave them out, or use a rule that changes one weight at a time, as adam"};
  if (!options.signs.empty())
    return Error{ErrorCode::spec, place, "weights that must keep their signs",
                 "steps that may be cut off weight by weight: that of all weights together would lose its direction",
                 "Use a rule that changes one weight at a time, as adam"};
  for (std::size_t l = 0; l < graph.layers().size(); ++l)
    if (graph.layers()[l].normalisation == base::Normalisation::batch)
      return Error{ErrorCode::spec, place, "layer " + std::to_string(l + 1) + ", which is normalised by batch",
                   "an error function that is the sum of those of the patterns",
                   "Normalise by \"layer\", or use a rule that changes one weight at a time, as adam"};
  const auto* const rule = std::get_if<LevenbergMarquardt>(&options.optimizer);
  if (rule == nullptr) return {};
  if (loss != base::LossKind::half_squared_error)
    return Error{ErrorCode::spec, "optimizer lm", "a loss that is no sum of squares", "the loss half_squared_error",
                 "Use that loss, or the optimizer lbfgs or scg, which take any"};
  if (rule->bayesian != 0 && (options.l2 != 0 || options.l1 != 0))
    return Error{ErrorCode::spec, "optimizer lm", "bayesian=1 with an l1 or l2 penalty",
                 "no penalty beside the one that it finds itself", "Leave out the weight decay, or bayesian=1"};
  return check_memory(*rule, movable_count(graph, options), method_bytes(options, graph, sizeof(double)));
}

}  // namespace deltarule::training
