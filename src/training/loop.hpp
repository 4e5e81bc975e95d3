// The upper rungs of training: epochs over a source of patterns, with order, stopping, callback and history.
#pragma once

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "training/fit_state.hpp"
#include "training/trainer.hpp"

namespace deltarule::training {

/// Trains for some epochs. `validation` may be null. Shape error when sources and network do not fit, spec error for
/// settings that make no sense (patience without validation patterns, an order that names patterns that do not exist),
/// diverged with epoch, batch, layer and pattern, weights then being those before the bad batch. The functions
/// among the settings must not throw. With `checkpoints` the run can be kept and taken up again: what a run that goes
/// on from a state ends with are the bits of the run that was never left, given the same network, patterns and
/// settings. Shape error for a state that is not of such a run.
template <class T>
Result<FitResult> fit(Trainer<T>& trainer, const base::PatternSource<T>& training,
                      const base::PatternSource<T>* validation, const FitSettings& settings,
                      const Checkpoints<T>& checkpoints = {});

extern template Result<FitResult> fit<float>(Trainer<float>&, const base::PatternSource<float>&,
                                             const base::PatternSource<float>*, const FitSettings&,
                                             const Checkpoints<float>&);
extern template Result<FitResult> fit<double>(Trainer<double>&, const base::PatternSource<double>&,
                                              const base::PatternSource<double>*, const FitSettings&,
                                              const Checkpoints<double>&);

}  // namespace deltarule::training
