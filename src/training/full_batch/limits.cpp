#include "training/full_batch/limits.hpp"

#include <cmath>
#include <string>
#include <variant>

#include "training/full_batch/gauss_newton.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

constexpr double kMebibyte = 1048576.0;

std::string mebibytes(double bytes) { return std::to_string(static_cast<std::uint64_t>(std::ceil(bytes / kMebibyte))); }

Result<void> check_memory(const LevenbergMarquardt& rule, const base::Graph& graph, double needed) {
  if (needed <= rule.memory_mb * kMebibyte) return {};
  return Error{
      ErrorCode::spec, "optimizer lm",
      std::to_string(movable_count(graph)) + " weights, which take " + mebibytes(needed) + " MB",
      "at most memory_mb, " + mebibytes(rule.memory_mb * kMebibyte) + " MB",
      "Raise memory_mb, use fewer units, or use lbfgs or scg, whose memory grows with the number of weights and "
      "not with its square"};
}

}  // namespace

std::size_t movable_count(const base::Graph& graph) {
  std::size_t count = graph.connection_count();
  for (const base::Layer& layer : graph.layers())
    if (layer.bias && !layer.train_bias) count -= layer.units;
  return count;
}

double method_bytes(const Optimizer& optimizer, const base::Graph& graph, std::size_t number_size) {
  const auto weights = static_cast<double>(graph.weight_count());
  if (std::holds_alternative<LevenbergMarquardt>(optimizer)) return GaussNewton<double>::bytes(movable_count(graph));
  if (std::holds_alternative<ScaledConjugateGradient>(optimizer)) return 2 * weights * static_cast<double>(number_size);
  if (std::holds_alternative<LBFGS>(optimizer))
    return weights * (2 * static_cast<double>(number_size) + static_cast<double>(sizeof(double)));
  return 0;
}

Result<void> check_method(const TrainerOptions& options, const base::Graph& graph, base::LossKind loss) {
  const std::string place = "optimizer " + std::string(name_of(options.optimizer));
  if (entry_of(options.optimizer).together && (options.dropout.any() || options.input_noise != 0))
    return Error{ErrorCode::spec, place, "dropout or noise on the inputs", "the same error function at every step",
                 "Leave them out, or use a rule that changes one weight at a time, as adam"};
  const auto* const rule = std::get_if<LevenbergMarquardt>(&options.optimizer);
  if (rule == nullptr) return {};
  if (loss != base::LossKind::half_squared_error)
    return Error{ErrorCode::spec, "optimizer lm", "a loss that is no sum of squares", "the loss half_squared_error",
                 "Use that loss, or the optimizer lbfgs or scg, which take any"};
  if (rule->bayesian != 0 && (options.l2 != 0 || options.l1 != 0))
    return Error{ErrorCode::spec, "optimizer lm", "bayesian=1 with an l1 or l2 penalty",
                 "no penalty beside the one that it finds itself", "Leave out the weight decay, or bayesian=1"};
  return check_memory(*rule, graph, method_bytes(options.optimizer, graph, sizeof(double)));
}

}  // namespace deltarule::training
