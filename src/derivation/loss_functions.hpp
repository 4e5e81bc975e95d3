// Losses of a whole output layer, chosen by what the registry resolved: E takes the place of (1), its slopes that of
// (9), the output deltas that of (10). Nothing here allocates; the pair of loss and activation has passed check_pair().
#pragma once

#include <span>

#include "derivation/equations.hpp"
#include "derivation/losses.hpp"
#include "derivation/registry.hpp"

namespace deltarule::derivation {

/// True when the loss is computed from net inputs and its delta needs no f′.
[[nodiscard]] inline bool is_cross_entropy(const Loss& loss) {
  return loss.kind == base::LossKind::binary_cross_entropy || loss.kind == base::LossKind::softmax_cross_entropy;
}

namespace detail {

/// The share of output j, for every loss that is a sum over outputs.
template <class T>
T loss_of_output(const Loss& loss, T outputs, T I, T a, T t) {
  using Kind = base::LossKind;
  switch (loss.kind) {
    case Kind::half_squared_error:
      return half_squared_error(t, a);
    case Kind::mean_squared_error:
      return MeanSquaredError::value(a, t, outputs);
    case Kind::binary_cross_entropy:
      return BinaryCrossEntropy::value(I, t);
    case Kind::huber:
      return Huber::value(a, t, number<T>(loss.parameter));
    case Kind::absolute_error:
      return AbsoluteError::value(a, t);
    case Kind::output_sum:
      return OutputSum::value(a);
    case Kind::custom:
      return call_registered(loss.custom->value, a, t);
    case Kind::softmax_cross_entropy:
      break;  // a sum over the group, not over outputs
  }
  return not_a_number<T>();
}

template <class T>
T slope_of_output(const Loss& loss, T outputs, T I, T a, T t) {
  using Kind = base::LossKind;
  switch (loss.kind) {
    case Kind::half_squared_error:
      return equation_9_dE_da(t, a);
    case Kind::mean_squared_error:
      return MeanSquaredError::slope(a, t, outputs);
    case Kind::binary_cross_entropy:
      return BinaryCrossEntropy::slope(I, t);
    case Kind::huber:
      return Huber::slope(a, t, number<T>(loss.parameter));
    case Kind::absolute_error:
      return AbsoluteError::slope(a, t);
    case Kind::output_sum:
      return OutputSum::slope(a);
    case Kind::custom:
      return call_registered(loss.custom->slope, a, t);
    case Kind::softmax_cross_entropy:
      break;
  }
  return not_a_number<T>();
}

}  // namespace detail

/// E of one pattern. net, a, t: [outputs].
template <class T>
[[nodiscard]] T loss(const Loss& loss, const Activation& /*output*/, std::span<const T> net, std::span<const T> a,
                     std::span<const T> t) {
  if (loss.kind == base::LossKind::softmax_cross_entropy) return SoftmaxCrossEntropy::value(net, t);
  const T outputs = number<T>(a.size());
  T E = number<T>(0.0);
  for (std::size_t j = 0; j < a.size(); ++j) E += detail::loss_of_output(loss, outputs, net[j], a[j], t[j]);
  return E;
}

/// (9) for this loss: ∂E/∂a of every output, the other activations held. net, a, t, dE_da: [outputs]. For the
/// cross-entropies they grow without bound as a target of 1 meets an activation of 0; their deltas never use them.
template <class T>
void loss_slopes(const Loss& loss, const Activation& /*output*/, std::span<const T> net, std::span<const T> a,
                 std::span<const T> t, std::span<T> dE_da) {
  if (loss.kind == base::LossKind::softmax_cross_entropy) return SoftmaxCrossEntropy::slopes(net, t, dE_da);
  const T outputs = number<T>(a.size());
  for (std::size_t j = 0; j < a.size(); ++j) dE_da[j] = detail::slope_of_output(loss, outputs, net[j], a[j], t[j]);
}

/// (7) with (8) for a whole layer: slopes ∂E/∂a become deltas −∂E/∂I in place, by f′ or by the Jacobian of softmax.
/// net, a, slopes: [units].
template <class T>
void slopes_to_deltas(const Activation& f, std::span<const T> net, std::span<const T> a, std::span<T> slopes) {
  if (f.kind == base::ActivationKind::softmax) {
    Softmax::apply_jacobian(a, slopes);
    for (T& dE_dI : slopes) dE_dI = equation_5_delta(dE_dI);
    return;
  }
  for (std::size_t j = 0; j < a.size(); ++j) slopes[j] = equation_7_delta(slopes[j], equation_8_da_dI(f, net[j]));
}

/// (10) for this loss and activation; t − a for the cross-entropies. net, a, t, delta: [outputs].
template <class T>
void output_deltas(const Loss& loss, const Activation& output, std::span<const T> net, std::span<const T> a,
                   std::span<const T> t, std::span<T> delta) {
  if (loss.kind == base::LossKind::binary_cross_entropy) {
    for (std::size_t j = 0; j < a.size(); ++j) delta[j] = BinaryCrossEntropy::delta(a[j], t[j]);
    return;
  }
  if (loss.kind == base::LossKind::softmax_cross_entropy) {
    T target_sum = number<T>(0.0);
    for (const T& one : t) target_sum += one;
    for (std::size_t j = 0; j < a.size(); ++j) delta[j] = SoftmaxCrossEntropy::delta(a[j], t[j], target_sum);
    return;
  }
  loss_slopes(loss, output, net, a, t, delta);
  slopes_to_deltas<T>(output, net, a, delta);
}

}  // namespace deltarule::derivation
