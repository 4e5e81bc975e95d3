#include "model/weight_blocks.hpp"

namespace deltarule::model {

std::string_view row_name(base::ParameterKind kind) {
  switch (kind) {
    case base::ParameterKind::biases:
      return "bias";
    case base::ParameterKind::gains:
      return "gain";
    case base::ParameterKind::running_means:
      return "running_mean";
    case base::ParameterKind::running_variances:
      return "running_variance";
    case base::ParameterKind::weights:
      break;
  }
  return "weight";
}

std::vector<WeightBlock> weight_blocks(const base::Graph& graph) {
  std::vector<WeightBlock> blocks;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    const std::string prefix = "layer" + std::to_string(l + 1) + ".";
    for (const base::Block& block : layer.blocks)
      blocks.push_back({prefix + "from" + std::to_string(block.source) + ".weight", block.first_weight, layer.units,
                        block.sending, base::ParameterKind::weights, &block});
    for (const base::UnitRow& row : layer.rows)
      blocks.push_back({prefix + std::string(row_name(row.kind)), row.first, layer.units, 1, row.kind, nullptr});
  }
  return blocks;
}

}  // namespace deltarule::model
