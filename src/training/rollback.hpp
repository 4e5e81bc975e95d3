// When a run has gone astray, and what it goes back to. Plain data: copying it is all that keeping a run takes. What a
// run does with it is in loop.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/pattern_source.hpp"
#include "deltarule/error.hpp"
#include "deltarule/training.hpp"
#include "training/schedule.hpp"
#include "training/trainer.hpp"
#include "training/trainer_state.hpp"

namespace deltarule::training {

inline constexpr std::size_t kMostRollbacks = 5;
/// Above so many times the smallest training loss so far, above twice that of the first weights, and above 1, an epoch
/// has run away.
inline constexpr double kRunawayLoss = 1000.0;
/// So many patterns tell the loss of the first weights.
inline constexpr std::size_t kPatternsOfFirstLoss = 256;
/// Weights are astray whose norm is above so many times max(1, what it was at first).
inline constexpr double kRunawayNorm = 1e6;
/// So many patterns must have been learnt between two good states. A copy, with the weights that it drives out of the
/// caches, costs as much as 5 to 20 of them: with 256 runs took 2 % longer (bench/watch.cpp).
inline constexpr std::uint64_t kPatternsPerGoodState = 2048;

/// The end of an epoch at which all was well, or the beginning. What vouches for it is the validation loss, or else the
/// training loss of the epoch after it: an epoch's own is of the weights on the way.
template <class T>
struct GoodState {
  TrainerState<T> trainer = {};
  std::size_t epochs = 0;                                       // that were over
  double best_loss = std::numeric_limits<double>::quiet_NaN();  // the smallest of the validation losses
  PlateauState plateau = {};
};

/// All that a run carries of it. Empty where it does not go back.
template <class T>
struct RollbackCourse {
  GoodState<T> good = {};
  GoodState<T> next = {};  // good as soon as another epoch has gone well
  bool has_next = false;
  std::uint64_t patterns = 0;                                    // learnt since the good state
  double first_norm = 0.0;                                       // of the weights
  double first_loss = std::numeric_limits<double>::quiet_NaN();  // with them; NaN: not known
};

/// The mean of E_p with the weights as they are, of the first patterns; NaN when it is not finite.
template <class T>
[[nodiscard]] double first_loss(Trainer<T>& trainer, const base::PatternSource<T>& source);
/// Of that and the history's training losses; infinite without any.
[[nodiscard]] double smallest_loss(double first, const FitResult& result);
/// The largest training loss that the next epoch may have.
[[nodiscard]] double largest_loss(double first, double smallest);
/// The error of an epoch with a larger one.
[[nodiscard]] Error runaway_loss(std::size_t epoch, double loss, double most);

/// Root of the sum of squares of all weights and biases, tiles in order; infinite where one is not finite.
template <class T>
[[nodiscard]] double weight_norm(Trainer<T>& trainer);
[[nodiscard]] Error runaway_norm(std::size_t epoch, double norm, double most);

/// True when the run may go back once more after such an error.
[[nodiscard]] bool may_go_back(const FitSettings& settings, const Optimizer& rule, const FitResult& result,
                               const Error& error);
/// The error of a run that ends here, with what it had tried.
[[nodiscard]] Error given_up(Error error, const FitResult& result);

extern template double first_loss<float>(Trainer<float>&, const base::PatternSource<float>&);
extern template double first_loss<double>(Trainer<double>&, const base::PatternSource<double>&);
extern template double weight_norm<float>(Trainer<float>&);
extern template double weight_norm<double>(Trainer<double>&);

}  // namespace deltarule::training
