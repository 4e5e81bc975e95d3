// The blocks of a network's weights by name, place and shape: how the canonical row of numbers is cut into the tensors
// of a file and the matrices of the JSON form. Holds no numbers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/graph.hpp"

namespace deltarule::model {

/// One matrix [units][sending], or the biases of a layer, [units].
struct WeightBlock {
  std::string name;       // "layer2.from1.weight", "layer2.bias"; layers count from 1, source 0 is the input
  std::size_t first = 0;  // canonical position
  std::size_t units = 0;
  std::size_t sending = 1;  // 1 for biases
  bool is_bias = false;
  const base::Block* block = nullptr;  // null for biases; points into the graph
  [[nodiscard]] std::size_t size() const { return units * sending; }
};

/// All blocks in canonical order; they cover it without gaps. The graph must outlive the list.
[[nodiscard]] std::vector<WeightBlock> weight_blocks(const base::Graph& graph);

}  // namespace deltarule::model
