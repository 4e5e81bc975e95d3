// The settings of the update rules: which Δw follows from a slope g = ∂E/∂w. Plain data; the arithmetic is in
// src/training/updates, one file each.
#pragma once

#include <variant>

namespace deltarule {

/// Equation (6): Δw = −η g.
struct DeltaRule {
  double learning_rate = 0.1;
};

/// v ← μ v − η g, Δw = v (Rumelhart, Hinton & Williams 1986).
struct Momentum {
  double learning_rate = 0.1;
  double momentum = 0.9;
};

/// v ← μ v − η g, Δw = μ v − η g: momentum looked one step ahead (Nesterov 1983, in the form of Sutskever et al. 2013
/// as deep-learning libraries write it).
struct Nesterov {
  double learning_rate = 0.1;
  double momentum = 0.9;
};

/// m ← β₁m + (1−β₁)g, s ← β₂s + (1−β₂)g², Δw = −η m̂ / (√ŝ + ε) with m̂ = m/(1−β₁ᵗ), ŝ = s/(1−β₂ᵗ) (Kingma & Ba 2015).
struct Adam {
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// Adam, and each weight (not each bias) also shrinks by η λ w per step, apart from the slope (Loshchilov & Hutter
/// 2019).
struct AdamW {
  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;
};

/// s ← ρ s + (1−ρ)g², Δw = −η g / (√s + ε) (Tieleman & Hinton 2012, lecture 6.5; ε outside the root, as Adam and
/// deep-learning libraries have it).
struct RMSProp {
  double learning_rate = 0.001;
  double rho = 0.9;
  double epsilon = 1e-8;
};

/// Any of the rules.
using Optimizer = std::variant<DeltaRule, Momentum, Nesterov, Adam, AdamW, RMSProp>;

}  // namespace deltarule
