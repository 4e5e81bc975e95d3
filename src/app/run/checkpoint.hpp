// A checkpoint: where the phases of a run stand, as plain data and as a file (docs/formats.md). Numbers are in
// canonical order, so that the file knows no layout of memory. Knows no folder and no clock.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/record/moments.hpp"
#include "deltarule/error.hpp"
#include "training/fit_state.hpp"
#include "training/trainer.hpp"

namespace deltarule::app {

inline constexpr unsigned kCheckpointVersion = 1;

/// The arrays of a state to go back to. Empty: there is none.
template <class T>
struct SavedGood {
  std::vector<T> weights = {};
  std::vector<std::vector<T>> rule = {};
};

/// One phase: the state of its training, arrays apart.
template <class T>
struct SavedPhase {
  training::FitState<T> state = {};  // without parameters and arrays of the rule, best and good ones as well
  std::vector<T> weights = {};
  std::vector<std::vector<T>> rule = {};  // none when the phase has ended
  std::vector<T> best = {};               // empty: none
  SavedGood<T> good = {}, next = {};      // that the run would go back to, now or after another good epoch
  MomentRanges moments = {};              // what is recorded: which records of the phase's spool
};

template <class T>
struct SavedPhases {
  std::optional<SavedPhase<T>> training = {}, refit = {};
};

struct Checkpoint {
  std::string run = {};  // which run it is of: the digest of its run.json
  double seconds = 0.0;  // that training has taken so far
  std::variant<SavedPhases<float>, SavedPhases<double>> phases = {};
};

/// Equal checkpoints give equal bytes.
Result<std::vector<std::byte>> checkpoint_to_bytes(const Checkpoint& checkpoint);
/// Format error with the byte or field at fault. What it gives has numbers of the right kind and lists of the right
/// length among themselves; whether they fit a network is to be asked of restored_phase().
Result<Checkpoint> parse_checkpoint(std::span<const std::byte> bytes, const std::string& name);

template <class T>
[[nodiscard]] SavedPhase<T> saved_phase(const training::FitState<T>& state, const network::Network<T>& network);
/// `trainer` as the phase begins. Format error (place: `name`) for a phase of another network or rule, and for numbers
/// where none may be.
template <class T>
Result<training::FitState<T>> restored_phase(const SavedPhase<T>& saved, training::Trainer<T>& trainer,
                                             const std::string& name);

extern template SavedPhase<float> saved_phase(const training::FitState<float>&, const network::Network<float>&);
extern template SavedPhase<double> saved_phase(const training::FitState<double>&, const network::Network<double>&);
extern template Result<training::FitState<float>> restored_phase(const SavedPhase<float>&, training::Trainer<float>&,
                                                                 const std::string&);
extern template Result<training::FitState<double>> restored_phase(const SavedPhase<double>&, training::Trainer<double>&,
                                                                  const std::string&);

}  // namespace deltarule::app
