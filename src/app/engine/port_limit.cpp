// The least time of a step, from a machine's limits: how many loads, stores and multiply-adds no way of computing it
// can do without, each at the rate of the level of memory that the numbers lie in. Measures nothing.
#include <algorithm>

#include "base/graph.hpp"
#include "deltarule/machine.hpp"
#include "training/updates/registry.hpp"

namespace deltarule {
namespace {

constexpr double kGiga = 1e9;

/// Numbers that the rule keeps for each weight.
std::size_t state_numbers(const Optimizer& rule) { return training::make_update<float>(rule)->state_names().size(); }

double seconds_for(double work, double rate) { return rate > 0.0 ? work / (rate * kGiga) : 0.0; }

/// A machine as one kind of number sees it.
struct Core {
  const MachineLimits& machine;
  bool f64;
  double number = f64 ? 8.0 : 4.0;  // bytes

  [[nodiscard]] double arithmetic(double operations) const {
    return seconds_for(operations, f64 ? machine.multiply_add_f64 : machine.multiply_add_f32);
  }
  /// The nearest level that holds so many numbers.
  [[nodiscard]] MemoryLevel holding(double numbers) const {
    for (const MemoryLevel& level : machine.levels) {
      if (numbers * number <= static_cast<double>(level.capacity)) return level;
    }
    return machine.levels.empty() ? MemoryLevel{} : machine.levels.back();
  }
  [[nodiscard]] double read(double numbers, const MemoryLevel& level) const {
    return seconds_for(numbers * number, level.read);
  }
  /// Changed in place: one load and one store each.
  [[nodiscard]] double update(double numbers, const MemoryLevel& level) const {
    return seconds_for(2.0 * numbers * number, level.update);
  }
};

double weights_of(const base::Block& block, const base::Layer& layer) {
  return static_cast<double>(block.sending) * static_cast<double>(layer.units);
}

/// Calls visit(weights, is_first) for every block; is_first: no delta is passed down through it.
template <class Visit>
void for_each_block(const base::Graph& graph, const Visit& visit) {
  for (const base::Layer& layer : graph.layers()) {
    for (const base::Block& block : layer.blocks) visit(weights_of(block, layer), block.source == 0);
  }
}

double biases_of(const base::Graph& graph) {
  double biases = 0.0;
  for (const base::Layer& layer : graph.layers()) biases += layer.bias ? static_cast<double>(layer.units) : 0.0;
  return biases;
}

}  // namespace

Result<WorkLimit> step_limit(const MachineLimits& machine, const NetworkSpec& spec, std::size_t batch,
                             const Optimizer& rule, bool f64) {
  const auto graph = base::Graph::create(spec);
  if (!graph) return graph.error();
  const Core core{machine, f64};
  const double patterns = static_cast<double>(std::max<std::size_t>(batch, 1));
  const double kept = 1.0 + static_cast<double>(state_numbers(rule));  // the weight, and what the rule keeps for it
  const MemoryLevel all = core.holding(kept * static_cast<double>(graph->weight_count()));
  WorkLimit limit;
  for_each_block(*graph, [&](double weights, bool is_first) {
    const double operations = (is_first ? 4.0 : 6.0) * weights * patterns;
    // Batches read the weights once more, for the forward pass; a single pattern's change is made in the forward pass
    // of the next one. Deltas are passed down soon after or before: from the nearest level that holds the block.
    double traffic = core.update(kept * weights, all);
    if (patterns > 1.0) traffic += core.read(weights, all);
    if (!is_first) traffic += core.read(weights, core.holding(weights));
    limit.seconds += std::max(traffic, core.arithmetic(operations));
    limit.operations += operations;
  });
  limit.seconds += core.update(kept * biases_of(*graph), all);
  return limit;
}

Result<WorkLimit> prediction_limit(const MachineLimits& machine, const NetworkSpec& spec, std::size_t patterns,
                                   bool f64) {
  const auto graph = base::Graph::create(spec);
  if (!graph) return graph.error();
  const Core core{machine, f64};
  const MemoryLevel all = core.holding(static_cast<double>(graph->weight_count()));
  WorkLimit limit;
  for_each_block(*graph, [&](double weights, bool) {
    const double operations = 2.0 * weights * static_cast<double>(patterns);
    limit.seconds += std::max(core.read(weights, all), core.arithmetic(operations));
    limit.operations += operations;
  });
  limit.seconds += core.read(biases_of(*graph), all);
  return limit;
}

}  // namespace deltarule
