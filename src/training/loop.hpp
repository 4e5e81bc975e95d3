// The upper rungs of training: epochs over a source of patterns, with order, stopping, callback and history.
#pragma once

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "training/trainer.hpp"

namespace deltarule::training {

/// Trains for some epochs. `validation` may be null. Shape error when sources and network do not fit, spec error for
/// settings that make no sense (patience without validation patterns, an order that names patterns that do not exist),
/// diverged with epoch, batch, layer and pattern, weights then being those before the bad batch. The functions
/// among the settings must not throw.
template <class T>
Result<FitResult> fit(Trainer<T>& trainer, const base::PatternSource<T>& training,
                      const base::PatternSource<T>* validation, const FitSettings& settings);

extern template Result<FitResult> fit<float>(Trainer<float>&, const base::PatternSource<float>&,
                                             const base::PatternSource<float>*, const FitSettings&);
extern template Result<FitResult> fit<double>(Trainer<double>&, const base::PatternSource<double>&,
                                              const base::PatternSource<double>*, const FitSettings&);

}  // namespace deltarule::training
