#include "model/weight_blocks.hpp"

namespace deltarule::model {

std::vector<WeightBlock> weight_blocks(const base::Graph& graph) {
  std::vector<WeightBlock> blocks;
  for (std::size_t l = 0; l < graph.layers().size(); ++l) {
    const base::Layer& layer = graph.layers()[l];
    const std::string prefix = "layer" + std::to_string(l + 1) + ".";
    for (const base::Block& block : layer.blocks)
      blocks.push_back({prefix + "from" + std::to_string(block.source) + ".weight", block.first_weight, layer.units,
                        block.sending, false, &block});
    if (layer.bias) blocks.push_back({prefix + "bias", layer.first_bias, layer.units, 1, true, nullptr});
  }
  return blocks;
}

}  // namespace deltarule::model
