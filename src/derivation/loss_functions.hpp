// Losses of a whole output layer, chosen by what the registry resolved: E takes the place of (1), its slopes that of
// (9), the output deltas that of (10). Nothing here allocates; the pair of loss and activation has passed check_pair().
#pragma once

#include <span>

#include "derivation/equations.hpp"
#include "derivation/losses.hpp"
#include "derivation/registry.hpp"

namespace deltarule::derivation {

/// True for the losses that are computed from net inputs, belong to one output activation and have deltas that need no
/// f′: the cross-entropies and the deviances.
[[nodiscard]] inline bool is_from_net_inputs(const Loss& loss) {
  using Kind = base::LossKind;
  return loss.kind == Kind::binary_cross_entropy || loss.kind == Kind::softmax_cross_entropy ||
         loss.kind == Kind::poisson_deviance || loss.kind == Kind::gamma_deviance;
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
    case Kind::pinball:
      return Pinball::value(a, t, number<T>(loss.parameter));
    case Kind::poisson_deviance:
      return PoissonDeviance::value(I, t);
    case Kind::gamma_deviance:
      return GammaDeviance::value(I, t);
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
    case Kind::pinball:
      return Pinball::slope(a, t, number<T>(loss.parameter));
    case Kind::poisson_deviance:
      return PoissonDeviance::slope(I, t);
    case Kind::gamma_deviance:
      return GammaDeviance::slope(I, t);
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
/// losses from net inputs they grow without bound as a target above 0 meets an activation of 0; their deltas never use
/// them.
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

/// (10) for this loss and activation; t − a, or of its form, for the losses from net inputs. net, a, t, delta:
/// [outputs].
template <class T>
void output_deltas(const Loss& loss, const Activation& output, std::span<const T> net, std::span<const T> a,
                   std::span<const T> t, std::span<T> delta) {
  using Kind = base::LossKind;
  const auto each = [&](const auto& delta_of) {
    for (std::size_t j = 0; j < a.size(); ++j) delta[j] = delta_of(a[j], t[j]);
  };
  if (loss.kind == Kind::binary_cross_entropy) return each(BinaryCrossEntropy::delta<T>);
  if (loss.kind == Kind::poisson_deviance) return each(PoissonDeviance::delta<T>);
  if (loss.kind == Kind::gamma_deviance) return each(GammaDeviance::delta<T>);
  if (loss.kind == Kind::softmax_cross_entropy) {
    T target_sum = number<T>(0.0);
    for (const T& one : t) target_sum += one;
    return each([&](T a_j, T t_j) { return SoftmaxCrossEntropy::delta(a_j, t_j, target_sum); });
  }
  loss_slopes(loss, output, net, a, t, delta);
  slopes_to_deltas<T>(output, net, a, delta);
}

}  // namespace deltarule::derivation
