// The wiring of a network as plain data: layers of units, what feeds them, how they respond, which loss is minimised.
// Says nothing about weights. Checked when a network is built from it, not here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace deltarule {

/// Starting point of everything random in a run. Equal seeds give equal bits.
struct Seed {
  std::uint64_t value = 0;
};

/// One source of a layer. Source 0 is the input, source k the k-th layer.
struct Connection {
  std::size_t source = 0;
  /// Empty: every sending unit feeds every receiving unit. Otherwise [receiving unit][sending unit], row by row,
  /// 1 = connected, 0 = there is no such weight.
  std::vector<std::uint8_t> mask = {};

  Connection(std::size_t source_number) : source(source_number) {}
  Connection(std::size_t source_number, std::vector<std::uint8_t> connected)
      : source(source_number), mask(std::move(connected)) {}
  friend bool operator==(const Connection&, const Connection&) = default;
};

/// A group of units with one activation and one or more sources.
struct LayerSpec {
  std::size_t units = 0;
  /// Registry name, with a parameter in brackets where the activation has one: "tanh", "leaky_relu(0.2)".
  std::string activation = "sigmoid";
  /// Ascending source numbers; empty means the layer before. Several sources are skip connections.
  std::vector<Connection> from = {};
  bool bias = true;        ///< has a weight from the unit that is always 1
  bool train_bias = true;  ///< false: biases stay as they are set
  /// "" for none, "layer" or "batch": net inputs are taken to mean 0 and variance 1, then times a gain of each unit,
  /// plus its bias: over the units of the layer for each pattern (Ba, Kiros & Hinton 2016), or over the patterns of the
  /// batch for each unit, in predictions with running means and variances (Ioffe & Szegedy 2015).
  std::string normalise = {};
  friend bool operator==(const LayerSpec&, const LayerSpec&) = default;
};

/// A directed acyclic graph of layers. The last layer is the output.
struct NetworkSpec {
  std::size_t inputs = 0;
  std::vector<LayerSpec> layers = {};
  /// Registry name, with a parameter in brackets where the loss has one: "half_squared_error", "huber(1.5)".
  std::string loss = "half_squared_error";
  friend bool operator==(const NetworkSpec&, const NetworkSpec&) = default;
};

}  // namespace deltarule
