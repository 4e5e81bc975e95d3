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

/// s ← s + g², Δw = −η g / (√s + ε) (Duchi, Hazan & Singer 2011, the diagonal form; ε outside the root, as
/// deep-learning libraries have it). s grows for ever, up to the largest number of the run's type.
struct Adagrad {
  double learning_rate = 0.01;
  double epsilon = 1e-10;
};

/// s ← ρ s + (1−ρ)g², u = √(d + ε) / √(s + ε) · g, d ← ρ d + (1−ρ)u², Δw = −η u (Zeiler 2012, algorithm 1, where
/// η = 1).
struct Adadelta {
  double learning_rate = 1.0;
  double rho = 0.95;
  double epsilon = 1e-6;
};

/// c = β₁m + (1−β₁)g, Δw = −η (sign(c) + λ w), m ← β₂m + (1−β₂)g, with sign(0) = 0; no λ for biases (Chen et al. 2023,
/// algorithm 2). Each step has the size η: rates are 3 to 10 times smaller than those of Adam, decays as much larger.
struct Lion {
  double learning_rate = 0.0001;
  double beta1 = 0.9;
  double beta2 = 0.99;
  double weight_decay = 0.0;
};

/// The Rprop family, for full batches: of the slope only the sign counts, and each weight has a step size Δ of its own,
/// Δ₀ at first. With g' the slope that is remembered from the step before (0 at first), the names of Igel & Hüsken
/// (2000, "Improving the Rprop learning algorithm"), and the constants of Riedmiller & Braun (1993):
///   g g' > 0:  Δ ← min(η⁺ Δ, Δmax),  Δw = −sign(g) Δ,  g is remembered;
///   g g' = 0:                        Δw = −sign(g) Δ,  g is remembered;
///   g g' < 0:  Δ ← max(η⁻ Δ, Δmin),  and then the four differ.
/// Rprop−, algorithm 2: without weight backtracking: Δw = −sign(g) Δ, g is remembered.
struct RpropMinus {
  double delta0 = 0.1;
  double eta_plus = 1.2;
  double eta_minus = 0.5;
  double delta_min = 1e-6;
  double delta_max = 50.0;
};

/// Rprop+, algorithm 1 and Riedmiller & Braun's: takes the weight's last change back, Δw = −Δw', and remembers 0.
struct RpropPlus {
  double delta0 = 0.1;
  double eta_plus = 1.2;
  double eta_minus = 0.5;
  double delta_min = 1e-6;
  double delta_max = 50.0;
};

/// iRprop−, algorithm 4: Δw = 0, and remembers 0.
struct IRpropMinus {
  double delta0 = 0.1;
  double eta_plus = 1.2;
  double eta_minus = 0.5;
  double delta_min = 1e-6;
  double delta_max = 50.0;
};

/// iRprop+, algorithm 3: Δw = −Δw' if the error of the batch (with penalties) is larger than in the step before, else
/// 0; remembers 0. Where there is no error to compare, in the first step and with slopes of your own, it has not risen.
struct IRpropPlus {
  double delta0 = 0.1;
  double eta_plus = 1.2;
  double eta_minus = 0.5;
  double delta_min = 1e-6;
  double delta_max = 50.0;
};

/// Quickprop, for full batches: the minimum of a parabola through this slope and the last (Fahlman 1988, "An empirical
/// study of learning speed in back-propagation networks", CMU-CS-88-162, as his program has it). s = g + λ w (no λ for
/// biases), with Δw' and s' of the step before, 0 at first, and the shrink factor μ / (1 + μ):
///   Δw' < 0:  Δw = (s ≥ shrink s' ? μ Δw' : Δw' s / (s' − s)) − (s > 0 ? ε s : 0);
///   Δw' > 0:  Δw = (s ≤ shrink s' ? μ Δw' : Δw' s / (s' − s)) − (s < 0 ? ε s : 0);
///   Δw' = 0:  Δw = −ε s.
/// His slopes are summed over the batch (reduction `sum`), and his decay, 0.0001 in his program, is of biases, too.
struct Quickprop {
  double learning_rate = 0.1;  ///< ε
  double mu = 1.75;            ///< the largest growth of a step
  double weight_decay = 0.0;   ///< λ
};

// The three below move all weights together, by E and slopes of whole batches: one step per epoch, with batch size 0.
// They cannot learn one pattern after the other: learn_one() and backward() say LearnStatus::needs_batch. Every step
// lowers E, with its penalties, or leaves the weights as they were; what is not finite on the way is a trial that
// failed.

/// Scaled conjugate gradients (Møller 1993, "A scaled conjugate gradient algorithm for fast supervised learning").
struct ScaledConjugateGradient {
  double sigma = 1e-4;   ///< how far along the direction its curvature is measured
  double lambda = 1e-6;  ///< the first scale
};

/// L-BFGS (Nocedal 1980) with a line search for the strong Wolfe conditions (Nocedal & Wright 2006, algorithms 7.4, 3.5
/// and 3.6).
struct LBFGS {
  double history = 10;      ///< pairs of changes that are remembered: a whole number
  double c1 = 1e-4;         ///< E(w + αp) ≤ E + c₁ α E′p
  double c2 = 0.9;          ///< |E′(w + αp)p| ≤ c₂ |E′p|
  double evaluations = 25;  ///< at most so many per step: a whole number
};

/// Levenberg-Marquardt for half squared errors (Marquardt 1963; Hagan & Menhaj 1994): (Σ J Jᵀ + μ) Δw = −g with the
/// Jacobian J of the outputs; μ falls after a step that lowers E and rises until there is one. Its memory grows with
/// the square of the number of weights.
struct LevenbergMarquardt {
  double mu = 0.001;  ///< the first μ
  double mu_increase = 4;
  double mu_decrease = 0.5;
  double mu_max = 1e10;  ///< beyond it there is no step
  /// 1: E is β/2 Σe² + α/2 Σw² over all that may move, α and β re-estimated before each step from the evidence (MacKay
  /// 1992; Foresee & Hagan 1997); then l1 and l2 must be 0. 0: no such thing.
  double bayesian = 0;
  double memory_mb = 1024;  ///< the most that it may take, in 2^20 bytes
};

/// Any of the rules.
using Optimizer =
    std::variant<DeltaRule, Momentum, Nesterov, Adam, AdamW, RMSProp, Adagrad, Adadelta, Lion, RpropMinus, RpropPlus,
                 IRpropMinus, IRpropPlus, Quickprop, ScaledConjugateGradient, LBFGS, LevenbergMarquardt>;

}  // namespace deltarule
