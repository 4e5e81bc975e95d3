#include "app/run/folder_keeper.hpp"

#include <algorithm>

#include "app/engine/unwrap.hpp"
#include "app/fit/time_limit.hpp"
#include "base/text.hpp"
#include "io/file.hpp"
#include "io/spool.hpp"

namespace deltarule::app {
namespace {

/// Where a checkpoint stands, in words.
std::string place_of(const Checkpoint& checkpoint) {
  return std::visit(
      [](const auto& phases) {
        const auto& phase = phases.refit ? phases.refit : phases.training;
        const std::string which = phases.refit ? "the refit" : "training";
        if (phase->state.ended) return which + " is over, after epoch " + std::to_string(phase->state.result.epochs);
        return (phases.refit ? "the refit, epoch " : "epoch ") + std::to_string(phase->state.epoch) + ", step " +
               std::to_string(phase->state.result.steps);
      },
      checkpoint.phases);
}

/// The phase of a checkpoint, const or not.
template <class Phases>
auto& phase_of(Phases& phases, FitPhase phase) {
  return phase == FitPhase::training ? phases.training : phases.refit;
}

MomentRanges moments_in(const Checkpoint& checkpoint, FitPhase phase) {
  return std::visit(
      [phase](const auto& phases) {
        const auto& saved = phase_of(phases, phase);
        return saved ? saved->moments : MomentRanges();
      },
      checkpoint.phases);
}

}  // namespace

FolderKeeper::FolderKeeper(const RunFolder& folder, const RunOptions& options, const RunEvents& events)
    : folder_(folder), options_(options), events_(events), watch_(stopwatch()) {}

void FolderKeeper::warn(const std::string& text) const {
  if (events_.on_warning) events_.on_warning(text);
}

Result<Checkpoint> FolderKeeper::read(std::uint64_t number, const std::string& run) const {
  const std::string name = checkpoint_name(number);
  const auto file = io::read_file(folder_.file(name));
  if (!file) return file.error();
  auto checkpoint = parse_checkpoint(file->bytes(), name);
  if (checkpoint && checkpoint->run != run)
    return Error{ErrorCode::format, name, "a checkpoint of another run", "one of this run", {}};
  for (const FitPhase phase : {FitPhase::training, FitPhase::refit}) {
    if (!checkpoint) break;
    const std::uint64_t records = records_of(moments_in(*checkpoint, phase));
    if (records == 0) continue;
    if (auto whole = io::check_spool(spool_of(phase), records); !whole)
      return Error{ErrorCode::format,
                   name,
                   "what was recorded up to it is gone: " + whole.error().message(),
                   "all its moments",
                   {}};
  }
  return checkpoint;
}

void FolderKeeper::start(const std::string& run) {
  if (auto cleared = folder_.remove_leftovers(); !cleared) throw Exception(cleared.error());
  std::vector<std::uint64_t> numbers = unwrap(folder_.checkpoints());
  now_.run = run;
  for (; !numbers.empty(); numbers.pop_back()) {
    auto checkpoint = read(numbers.back(), run);
    if (checkpoint) {
      now_ = std::move(*checkpoint);
      name_ = checkpoint_name(numbers.back());
      break;
    }
    Error error = checkpoint.error();
    error.fix.clear();
    warn("passed over a checkpoint that cannot be used: " + error.message());
    damaged_.push_back(numbers.back());
  }
  seconds_before_ = now_.seconds;
  watch_ = stopwatch();
  const bool found = !name_.empty();
  if (!found && !damaged_.empty()) warn("no checkpoint can be used: the run starts again from the beginning");
  if (events_.on_start) events_.on_start(found ? "from " + name_ + ": " + place_of(now_) : "from the beginning");
}

template <class T>
std::optional<training::FitState<T>> FolderKeeper::state_in(FitPhase phase, training::Trainer<T>& trainer) {
  last_ = {};
  last_seconds_ = watch_();
  if (name_.empty()) {
    if (!std::holds_alternative<SavedPhases<T>>(now_.phases)) now_.phases = SavedPhases<T>();
    return std::nullopt;
  }
  auto* const phases = std::get_if<SavedPhases<T>>(&now_.phases);
  if (phases == nullptr)
    throw Exception({ErrorCode::format, name_, "numbers of another precision than the run's", "those of this run",
                     "Use an undamaged copy of the run"});
  const auto& saved = phase_of(*phases, phase);
  if (!saved) return std::nullopt;
  last_ = {saved->state.result.steps, saved->state.result.epochs};
  return unwrap(restored_phase(*saved, trainer, name_));
}

std::optional<training::FitState<float>> FolderKeeper::state_of(FitPhase phase, training::Trainer<float>& trainer) {
  return state_in(phase, trainer);
}
std::optional<training::FitState<double>> FolderKeeper::state_of(FitPhase phase, training::Trainer<double>& trainer) {
  return state_in(phase, trainer);
}

bool FolderKeeper::is_due(FitPhase /*phase*/, const training::FitPlace& place) {
  const CheckpointInterval& every = options_.every;
  if (leaves()) return true;
  if (every.steps > 0 && place.steps - last_.steps >= every.steps) return true;
  if (every.epochs > 0 && place.epochs - last_.epochs >= every.epochs) return true;
  return every.seconds > 0.0 && watch_() - last_seconds_ >= every.seconds;
}

MomentRanges FolderKeeper::moments_of(FitPhase phase) const {
  return name_.empty() ? MomentRanges() : moments_in(now_, phase);
}

template <class T>
void FolderKeeper::keep_in(FitPhase phase, const training::FitState<T>& state, const network::Network<T>& network,
                           const MomentRanges& moments) {
  auto& saved = phase_of(std::get<SavedPhases<T>>(now_.phases), phase);
  saved = saved_phase(state, network);
  saved->moments = moments;
  now_.seconds = seconds_before_ + watch_();
  write();
  last_ = {state.result.steps, state.result.epochs};
  last_seconds_ = watch_();
}

void FolderKeeper::keep(FitPhase phase, const training::FitState<float>& state, const network::Network<float>& network,
                        const MomentRanges& moments) {
  keep_in(phase, state, network, moments);
}
void FolderKeeper::keep(FitPhase phase, const training::FitState<double>& state,
                        const network::Network<double>& network, const MomentRanges& moments) {
  keep_in(phase, state, network, moments);
}

void FolderKeeper::write() {
  const std::vector<std::byte> bytes = unwrap(checkpoint_to_bytes(now_));
  const auto written = folder_.add_checkpoint(bytes, options_.keep, damaged_);
  if (written) {
    damaged_.clear();
    return;
  }
  warn("no checkpoint could be written, training goes on, older ones stay: " + written.error().message());
}

}  // namespace deltarule::app
