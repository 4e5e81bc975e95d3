// Jobs with small networks of one kind, trained one per lane of a vector (kernels/lanes.hpp), with the bits of training
// each alone by fit() of loop.hpp. Which jobs may share lanes decides speed, never bits. Knows no threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "deltarule/rows.hpp"
#include "deltarule/training.hpp"
#include "network/network.hpp"

namespace deltarule::training {

/// Chosen rows of the caller's arrays: inputs with their targets. Pattern p is row p, or chosen[p].
template <class T>
struct ChosenRows {
  Rows<T> x = {}, t = {};
  std::span<const std::uint32_t> chosen = {};  // empty: all
  std::span<const T> weights = {};             // of all rows; empty: 1 each
  [[nodiscard]] std::size_t size() const { return chosen.empty() ? x.count : chosen.size(); }
  [[nodiscard]] std::size_t row(std::size_t pattern) const { return chosen.empty() ? pattern : chosen[pattern]; }
};

/// One job. Everything must outlive it; the rows exist and are whole.
template <class T>
struct LaneJob {
  network::Network<T>* network = nullptr;
  const TrainerOptions* options = nullptr;
  ChosenRows<T> training = {};
  ChosenRows<T> validation = {};          // of size 0: none
  const FitSettings* settings = nullptr;  // on_epoch must not throw
  std::optional<FitResult> result = {};   // out; none when the job has to be trained alone, from its first weights
  std::size_t epochs_reported = 0;        // out: how often on_epoch was called all the same
  /// out: what on_epoch made of the weights, by epoch, canonical; only where it changed them.
  std::vector<std::pair<std::size_t, std::vector<T>>> changes = {};
};

/// True for a job that lanes are made for: a small network, nothing of the caller's own inside, settings that fit()
/// would accept, numbers of ordinary size. A job that is not one has to be trained alone, and may be wrong.
template <class T>
[[nodiscard]] bool suits_lanes(const LaneJob<T>& job);

/// True when two jobs that suit lanes may be in the same vector.
template <class T>
[[nodiscard]] bool share_lanes(const LaneJob<T>& one, const LaneJob<T>& other);

/// Where a vector of lanes gets its next job; null when there are no more.
template <class T>
using NextLaneJob = std::function<LaneJob<T>*()>;

/// Trains jobs that share lanes, up to `lanes` at a time; a lane whose job has ended takes the next. A job that meets
/// numbers so large that the refusal rule has to be asked (trainer.hpp) is left without a result.
template <class T>
void fit_in_lanes(std::size_t lanes, const NextLaneJob<T>& next);

}  // namespace deltarule::training
