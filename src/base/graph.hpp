// A NetworkSpec that has been checked, with everything about the wiring that can be derived from it: blocks of
// weights, who feeds whom, and the canonical order of all weights. No numbers live here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/kinds.hpp"
#include "deltarule/error.hpp"
#include "deltarule/spec.hpp"

namespace deltarule::base {

/// The weights between one source and one layer.
struct Block {
  std::size_t source = 0;        // 0 is the input, k the k-th layer
  std::size_t sending = 0;       // units of the source
  std::size_t first_weight = 0;  // canonical position; weight [unit][sender] is at first_weight + unit·sending + sender
  std::vector<std::uint8_t> mask;  // empty, or [unit][sender], 1 = connected
  [[nodiscard]] bool connected(std::size_t unit, std::size_t sender) const {
    return mask.empty() || mask[unit * sending + sender] != 0;
  }
};

/// Numbers of a layer that are one for each unit: biases, gains, running statistics.
struct UnitRow {
  ParameterKind kind = ParameterKind::biases;
  std::size_t first = 0;  // canonical position of unit 0's
};

/// One layer with its blocks, sources ascending.
struct Layer {
  std::size_t units = 0;
  std::string activation = {};
  std::vector<Block> blocks = {};
  bool bias = true;
  bool train_bias = true;
  std::size_t first_bias = 0;           // canonical position of unit 0's bias
  std::vector<std::size_t> feeds = {};  // layer indices (0-based) that this layer feeds, ascending
  Normalisation normalisation = Normalisation::none;
  std::vector<UnitRow> rows = {};  // what the layer has of them, in canonical order; biases among them
  [[nodiscard]] bool is_normalised() const { return normalisation != Normalisation::none; }
  /// The row of a kind, or null when the layer has none.
  [[nodiscard]] const UnitRow* row(ParameterKind kind) const {
    for (const UnitRow& one : rows)
      if (one.kind == kind) return &one;
    return nullptr;
  }
};

/// Canonical order of weights, used by files, the derivation and every accessor: layer by layer; in a layer block by
/// block, sources ascending, [unit][sender]; then the layer's biases; of a normalised layer its gains and, for batches,
/// its running means and running variances. A masked weight has its place and is zero.
class Graph {
 public:
  /// Checks the spec: at least one input and layer, no empty layer, sources before the layer and ascending, masks of
  /// the right size, known normalisations, every hidden layer used, sizes that fit in memory. Activation and loss names
  /// are not looked at.
  static Result<Graph> create(NetworkSpec spec);

  [[nodiscard]] const NetworkSpec& spec() const { return spec_; }
  [[nodiscard]] const std::vector<Layer>& layers() const { return layers_; }
  [[nodiscard]] std::size_t inputs() const { return spec_.inputs; }
  [[nodiscard]] std::size_t outputs() const { return layers_.back().units; }
  /// Units of source s (0 = input).
  [[nodiscard]] std::size_t units_of(std::size_t source) const {
    return source == 0 ? spec_.inputs : layers_[source - 1].units;
  }
  /// Places in the canonical order: masked places and running statistics included.
  [[nodiscard]] std::size_t weight_count() const { return weight_count_; }
  /// Weights, biases and gains that exist (masked places left out): what a user calls the size of the network.
  [[nodiscard]] std::size_t connection_count() const { return connection_count_; }

 private:
  NetworkSpec spec_;
  std::vector<Layer> layers_;
  std::size_t weight_count_ = 0;
  std::size_t connection_count_ = 0;
};

}  // namespace deltarule::base
