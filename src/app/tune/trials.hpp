// Trials on their way: trained side by side, one core each, every one by fit() with the rows of the search. Chooses no
// settings.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "deltarule/tune.hpp"

namespace deltarule::app {

/// A trial and what the search remembers of it beside its result.
struct Attempt {
  Trial trial;
  std::size_t epochs = 0;                // of the next training
  bool ended = false;                    // trained at least once
  FitStop stop = FitStop::epochs;        // of the training that is kept
  std::vector<double> best_so_far = {};  // the score, per epoch
  std::vector<double> seconds = {};      // since its first epoch began, per epoch
  /// With more epochs it would be the same run.
  [[nodiscard]] bool is_complete() const { return stop == FitStop::patience || stop == FitStop::error_below; }
};

/// The goal of a search.
struct Goal {
  std::string metric = "loss";
  bool higher_is_better = false;
  /// By the score, then the loss, then the number; one without a score is worse than any.
  [[nodiscard]] bool better(const Trial& a, const Trial& b) const;
  [[nodiscard]] bool reaches(double score, double level) const {
    return higher_is_better ? score >= level : score <= level;
  }
};

class Trials {
 public:
  /// `rows` for every trial; what it refers to must outlive it.
  Trials(const Dataset& data, const RowSplit& rows, const Goal& goal, const TuneOptions& how, const TuneEvents& events,
         std::function<bool()> deadline);

  /// Trains each for its `epochs`. A training that comes to more than the one before is kept, so is an error
  /// where there was none. `seconds_each`, if above 0, ends each after so long in place of the deadline of all.
  void train(std::span<Attempt* const> attempts, double seconds_each = 0.0);

  [[nodiscard]] bool is_over() { return is_interrupted() || (deadline_ && deadline_()); }
  [[nodiscard]] bool is_interrupted();
  void plan(std::size_t trainings) { planned_ = trainings; }

 private:
  void train_one(Attempt& attempt, double seconds);
  [[nodiscard]] Attempt trained(const Attempt& attempt, double seconds);
  void keep(Attempt& attempt, Attempt now);
  void fill(Attempt& attempt, const FitReport& report) const;

  const Dataset& data_;
  const RowSplit& rows_;
  const Goal& goal_;
  const TuneOptions& how_;
  const TuneEvents& events_;
  std::function<bool()> deadline_;
  std::atomic<bool> interrupted_{false};
  std::mutex mutex_;
  std::size_t ended_ = 0, planned_ = 0;
  const Attempt* leading_ = nullptr;
  std::exception_ptr thrown_ = nullptr;
};

}  // namespace deltarule::app
