// Chooses the formulas of activations.hpp by what the registry resolved: one switch, so that `f_j` and `f_j′` can
// differ from unit to unit. Nothing here allocates; a registered activation is called through its std::function.
#pragma once

#include <span>

#include "derivation/activations.hpp"
#include "derivation/registry.hpp"

namespace deltarule::derivation {

namespace detail {

/// A registered function at a T. It is a function of a double: a complex T gives NaN, never a wrong continuation.
template <class Function, class... T>
auto call_registered(const Function& function, T... arguments) {
  using Number = std::common_type_t<T...>;
  if constexpr (std::floating_point<Number>)
    return static_cast<Number>(function(static_cast<double>(arguments)...));
  else
    return not_a_number<Number>();
}

}  // namespace detail

/// a = f(I) of one unit. NaN for softmax, which has no value for one unit alone, and for a registered one if T is
/// complex.
template <class T>
[[nodiscard]] T activate(const Activation& f, T I) {
  using Kind = base::ActivationKind;
  switch (f.kind) {
    case Kind::identity:
      return Identity::value(I);
    case Kind::sigmoid:
      return Sigmoid::value(I);
    case Kind::tanh:
      return Tanh::value(I);
    case Kind::scaled_tanh:
      return ScaledTanh::value(I);
    case Kind::relu:
      return Relu::value(I);
    case Kind::leaky_relu:
      return LeakyRelu::value(I, number<T>(f.parameter));
    case Kind::elu:
      return Elu::value(I, number<T>(f.parameter));
    case Kind::selu:
      return Selu::value(I);
    case Kind::gelu:
      return Gelu::value(I);
    case Kind::swish:
      return Swish::value(I);
    case Kind::softplus:
      return Softplus::value(I);
    case Kind::exp:
      return Exponential::value(I);
    case Kind::softsign:
      return Softsign::value(I);
    case Kind::gaussian:
      return Gaussian::value(I);
    case Kind::sin:
      return Sine::value(I);
    case Kind::hard_tanh:
      return HardTanh::value(I);
    case Kind::softmax:
      return not_a_number<T>();
    case Kind::custom:
      return detail::call_registered(f.custom->value, I);
  }
  return not_a_number<T>();
}

/// f′(I) of one unit, the right-hand side of (8). NaN where activate() is.
template <class T>
[[nodiscard]] T derivative(const Activation& f, T I) {
  using Kind = base::ActivationKind;
  switch (f.kind) {
    case Kind::identity:
      return Identity::derivative(I);
    case Kind::sigmoid:
      return Sigmoid::derivative(I);
    case Kind::tanh:
      return Tanh::derivative(I);
    case Kind::scaled_tanh:
      return ScaledTanh::derivative(I);
    case Kind::relu:
      return Relu::derivative(I);
    case Kind::leaky_relu:
      return LeakyRelu::derivative(I, number<T>(f.parameter));
    case Kind::elu:
      return Elu::derivative(I, number<T>(f.parameter));
    case Kind::selu:
      return Selu::derivative(I);
    case Kind::gelu:
      return Gelu::derivative(I);
    case Kind::swish:
      return Swish::derivative(I);
    case Kind::softplus:
      return Softplus::derivative(I);
    case Kind::exp:
      return Exponential::derivative(I);
    case Kind::softsign:
      return Softsign::derivative(I);
    case Kind::gaussian:
      return Gaussian::derivative(I);
    case Kind::sin:
      return Sine::derivative(I);
    case Kind::hard_tanh:
      return HardTanh::derivative(I);
    case Kind::softmax:
      return not_a_number<T>();
    case Kind::custom:
      return detail::call_registered(f.custom->derivative, I);
  }
  return not_a_number<T>();
}

/// a = f(I) of a whole layer, softmax included. I, a: [units], may be the same array.
template <class T>
void activate_layer(const Activation& f, std::span<const T> I, std::span<T> a) {
  if (f.kind == base::ActivationKind::softmax) return Softmax::value(I, a);
  for (std::size_t j = 0; j < a.size(); ++j) a[j] = activate(f, I[j]);
}

/// f′(I) of a whole layer. For softmax the diagonal of its Jacobian, a (1 − a): what the unit's own net input does.
template <class T>
void derivative_layer(const Activation& f, std::span<const T> I, std::span<const T> a, std::span<T> slopes) {
  const bool group = f.kind == base::ActivationKind::softmax;
  for (std::size_t j = 0; j < a.size(); ++j) slopes[j] = group ? a[j] * (number<T>(1.0) - a[j]) : derivative(f, I[j]);
}

}  // namespace deltarule::derivation
