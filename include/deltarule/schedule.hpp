// How the learning rate changes over a run, as plain data: a factor from 0 to 1 by which the rule's rate is multiplied,
// so that the rate that is given is the largest of the run. The arithmetic is in src/training/schedule.hpp. Rules
// without a rate (the Rprop family) have none to change.
#pragma once

#include <variant>

namespace deltarule {

/// 1 throughout.
struct ConstantRate {};

/// factor^⌊(e − 1) / every⌋ in epoch e.
struct StepRate {
  double every = 30;  ///< epochs, a whole number
  double factor = 0.1;
};

/// factor^(e − 1) in epoch e.
struct ExponentialRate {
  double factor = 0.95;
};

/// Linear warm-up, then half a cosine down (Loshchilov & Hutter 2017, without restarts). With time in epochs, fractions
/// counted, b where a step begins and n where it ends, W the warm-up and L the length:
///   b < W: min(1, n / W);  else  minimum + (1 − minimum) (1 + cos(π p)) / 2,  p = (b − W) / (L − W), at most 1.
struct CosineRate {
  double warmup = 0;   ///< W, epochs
  double minimum = 0;  ///< a share of the rate
  double epochs = 0;   ///< L; 0: those of the run
};

/// One cycle (Smith & Topin 2018, with cosines as deep-learning libraries have it; the momentum stays as it is):
///   b < rise L: from `start` to 1, else from 1 to `end`, each along half a cosine.
struct OneCycleRate {
  double rise = 0.3;     ///< share of the length that goes up
  double start = 0.04;   ///< a share of the rate
  double end = 0.00001;  ///< likewise
  double epochs = 0;     ///< L; 0: those of the run
};

/// Multiplied by `factor`, down to `minimum`, when for `patience` epochs nothing was better: the score of the
/// validation patterns if early stopping goes by one, else their loss, else the training loss. Better is what is better
/// by more than FitSettings::min_improvement.
struct PlateauRate {
  double patience = 10;  ///< epochs, a whole number
  double factor = 0.5;
  double minimum = 0.001;  ///< a share of the rate
};

/// Any of them.
using Schedule = std::variant<ConstantRate, StepRate, ExponentialRate, CosineRate, OneCycleRate, PlateauRate>;

}  // namespace deltarule
