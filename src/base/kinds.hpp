// Numbers for the built-in activations, losses and kinds of parameters, shared by the rooms that compute with them.
// Their mathematics is in src/derivation, their SIMD twins in src/kernels.
#pragma once

#include <cstdint>

namespace deltarule::base {

enum class ActivationKind : std::uint8_t {
  identity,
  sigmoid,
  tanh,
  scaled_tanh,  // 1.7159 tanh(2/3 I)
  relu,
  leaky_relu,  // parameter: slope below zero
  elu,         // parameter: alpha
  selu,
  gelu,   // erf form
  swish,  // I * sigmoid(I)
  softplus,
  exp,
  softsign,
  gaussian,  // exp(-I²)
  sin,
  hard_tanh,
  softmax,  // over the units of the output layer
  custom,   // registered at run time
};

enum class LossKind : std::uint8_t {
  half_squared_error,     // the derivation's (1)
  mean_squared_error,     // mean over the outputs
  binary_cross_entropy,   // one sigmoid, or several independent ones
  softmax_cross_entropy,  // a softmax group
  huber,                  // parameter: where it turns linear
  absolute_error,
  pinball,           // parameter: the quantile
  poisson_deviance,  // from net inputs; exp outputs
  gamma_deviance,    // likewise
  output_sum,        // sum of the outputs, for tests of the passes
  custom,
};

/// Over what net inputs are normalised: the units of the layer, or the patterns of a batch.
enum class Normalisation : std::uint8_t { none, layer, batch };

/// What the numbers of a network are. All but the weights are one for each unit of a layer; the running statistics
/// follow from the patterns, not from slopes.
enum class ParameterKind : std::uint8_t { weights, biases, gains, running_means, running_variances };

}  // namespace deltarule::base
