// The activation functions, each with its derivative beside it, in the number type T of the derivation. The formulas
// only: names and ranges are in entries.cpp, the choice by kind is in activation_functions.hpp, SIMD twins in kernels.
// Each pair is written so that both tails keep their digits; a kink's derivative is stated where there is one.
#pragma once

#include <span>

#include "derivation/number.hpp"

namespace deltarule::derivation {

struct Identity {
  template <class T>
  static T value(T I) {
    return I;
  }
  template <class T>
  static T derivative(T /*I*/) {
    return number<T>(1.0);
  }
};

/// 1 / (1 + e^−I). The derivative a (1 − a) with 1 − a = f(−I), which does not cancel.
struct Sigmoid {
  template <class T>
  static T value(T I) {
    return sigmoid(I);
  }
  template <class T>
  static T derivative(T I) {
    return sigmoid(I) * sigmoid(-I);
  }
};

/// The derivative 1 − tanh² = 1 / cosh², written as 4 e^(−2|I|) / (1 + e^(−2|I|))², which does not cancel.
struct Tanh {
  template <class T>
  static T value(T I) {
    return tanh(I);
  }
  template <class T>
  static T derivative(T I) {
    const T e = exp(number<T>(-2.0) * magnitude(I));
    const T sum = number<T>(1.0) + e;
    return number<T>(4.0) * e / (sum * sum);
  }
};

/// 1.7159 tanh(2/3 I) (LeCun, Bottou, Orr & Müller 1998).
struct ScaledTanh {
  static constexpr double kHeight = 1.7159;
  template <class T>
  static T inner(T I) {
    return number<T>(2.0) * I / number<T>(3.0);
  }
  template <class T>
  static T value(T I) {
    return number<T>(kHeight) * tanh(inner(I));
  }
  template <class T>
  static T derivative(T I) {
    return number<T>(kHeight) * number<T>(2.0) / number<T>(3.0) * Tanh::derivative(inner(I));
  }
};

/// I above 0, slope · I below. The derivative at 0 is the slope below.
struct LeakyRelu {
  template <class T>
  static T value(T I, T slope) {
    return real_part(I) > 0 ? I : slope * I;
  }
  template <class T>
  static T derivative(T I, T slope) {
    return real_part(I) > 0 ? number<T>(1.0) : slope;
  }
};

/// max(0, I). f′(0) = 0.
struct Relu {
  template <class T>
  static T value(T I) {
    return real_part(I) > 0 ? I : number<T>(0.0);
  }
  template <class T>
  static T derivative(T I) {
    return real_part(I) > 0 ? number<T>(1.0) : number<T>(0.0);
  }
};

/// I above 0, alpha (e^I − 1) below (Clevert, Unterthiner & Hochreiter 2016). f′(0) = alpha.
struct Elu {
  template <class T>
  static T value(T I, T alpha) {
    return real_part(I) > 0 ? I : alpha * expm1(I);
  }
  template <class T>
  static T derivative(T I, T alpha) {
    return real_part(I) > 0 ? number<T>(1.0) : alpha * exp(I);
  }
};

/// lambda · elu(alpha) with the constants of Klambauer, Unterthiner, Mayr & Hochreiter 2017. f′(0) = lambda alpha.
struct Selu {
  static constexpr double kLambda = 1.0507009873554804934193349852946;
  static constexpr double kAlpha = 1.6732632423543772848170429916717;
  template <class T>
  static T value(T I) {
    return number<T>(kLambda) * Elu::value(I, number<T>(kAlpha));
  }
  template <class T>
  static T derivative(T I) {
    return number<T>(kLambda) * Elu::derivative(I, number<T>(kAlpha));
  }
};

/// I Φ(I), Φ the normal distribution, by erfc, which keeps the digits of its lower tail (Hendrycks & Gimpel 2016; not
/// their tanh approximation).
struct Gelu {
  static constexpr double kOneOverRoot2 = 0.70710678118654752440;
  static constexpr double kOneOverRoot2Pi = 0.39894228040143267794;
  template <class T>
  static T distribution(T I) {
    return number<T>(0.5) * erfc(I * number<T>(-kOneOverRoot2));
  }
  template <class T>
  static T value(T I) {
    return I * distribution(I);
  }
  template <class T>
  static T derivative(T I) {
    const T density = number<T>(kOneOverRoot2Pi) * exp(number<T>(-0.5) * I * I);
    return distribution(I) + I * density;
  }
};

/// I sigmoid(I) (also called SiLU).
struct Swish {
  template <class T>
  static T value(T I) {
    return I * sigmoid(I);
  }
  template <class T>
  static T derivative(T I) {
    return sigmoid(I) * (number<T>(1.0) + I * sigmoid(-I));
  }
};

/// log(1 + e^I), written as max(0, I) + log(1 + e^−|I|), which does not overflow. At 0 both parts take the side of I >
/// 0, so that the two corners cancel for complex I, too.
struct Softplus {
  template <class T>
  static T value(T I) {
    const T positive_part = real_part(I) < 0 ? number<T>(0.0) : I;
    return positive_part + log1p(exp(-magnitude(I)));
  }
  template <class T>
  static T derivative(T I) {
    return sigmoid(I);
  }
};

/// e^I: the inverse of the log link, for outputs that are means of counts or of positive amounts.
struct Exponential {
  template <class T>
  static T value(T I) {
    return exp(I);
  }
  template <class T>
  static T derivative(T I) {
    return exp(I);
  }
};

/// I / (1 + |I|).
struct Softsign {
  template <class T>
  static T value(T I) {
    return I / (number<T>(1.0) + magnitude(I));
  }
  template <class T>
  static T derivative(T I) {
    const T root = number<T>(1.0) / (number<T>(1.0) + magnitude(I));
    return root * root;
  }
};

/// e^(−I²).
struct Gaussian {
  template <class T>
  static T value(T I) {
    return exp(-I * I);
  }
  template <class T>
  static T derivative(T I) {
    return number<T>(-2.0) * I * exp(-I * I);
  }
};

struct Sine {
  template <class T>
  static T value(T I) {
    return sin(I);
  }
  template <class T>
  static T derivative(T I) {
    return cos(I);
  }
};

/// I between −1 and 1, the nearer of the two outside. f′(±1) = 0.
struct HardTanh {
  template <class T>
  static T value(T I) {
    if (real_part(I) >= 1) return number<T>(1.0);
    return real_part(I) <= -1 ? number<T>(-1.0) : I;
  }
  template <class T>
  static T derivative(T I) {
    return real_part(I) > -1 && real_part(I) < 1 ? number<T>(1.0) : number<T>(0.0);
  }
};

/// a_j = e^(I_j) / Σ_k e^(I_k) over a group of units. The largest net input is subtracted first: no overflow.
struct Softmax {
  template <class T>
  static auto largest(std::span<const T> I) {
    auto most = real_part(I[0]);
    for (const T& one : I)
      if (real_part(one) > most) most = real_part(one);
    return most;
  }
  /// I, a: [units], may be the same array.
  template <class T>
  static void value(std::span<const T> I, std::span<T> a) {
    const T most = static_cast<T>(largest(I));
    T sum = number<T>(0.0);
    for (std::size_t j = 0; j < a.size(); ++j) sum += a[j] = exp(I[j] - most);
    for (T& one : a) one /= sum;
  }
  /// The Jacobian ∂a_j/∂I_k = a_j ([j = k] − a_k), applied to the slopes ∂E/∂a: slopes become ∂E/∂I in place.
  template <class T>
  static void apply_jacobian(std::span<const T> a, std::span<T> slopes) {
    T mean = number<T>(0.0);
    for (std::size_t k = 0; k < a.size(); ++k) mean += slopes[k] * a[k];
    for (std::size_t j = 0; j < a.size(); ++j) slopes[j] = a[j] * (slopes[j] - mean);
  }
};

}  // namespace deltarule::derivation
