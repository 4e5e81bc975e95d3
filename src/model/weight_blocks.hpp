// The blocks of a network's weights by name, place and shape: how the canonical row of numbers is cut into the tensors
// of a file and the matrices of the JSON form. Holds no numbers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/graph.hpp"

namespace deltarule::model {

/// One matrix [units][sending], or a row of one number for each unit of a layer, [units].
struct WeightBlock {
  std::string name;       // "layer2.from1.weight", "layer2.bias"; layers count from 1, source 0 is the input
  std::size_t first = 0;  // canonical position
  std::size_t units = 0;
  std::size_t sending = 1;  // 1 for rows
  base::ParameterKind kind = base::ParameterKind::weights;
  const base::Block* block = nullptr;  // null for rows; points into the graph
  [[nodiscard]] std::size_t size() const { return units * sending; }
  [[nodiscard]] bool is_row() const { return block == nullptr; }
};

/// "bias", "gain", "running_mean", "running_variance": what rows are called in files.
[[nodiscard]] std::string_view row_name(base::ParameterKind kind);

/// All blocks in canonical order; they cover it without gaps. The graph must outlive the list.
[[nodiscard]] std::vector<WeightBlock> weight_blocks(const base::Graph& graph);

}  // namespace deltarule::model
