// Between the state of a training, which lies as the kernels want it, and what a checkpoint keeps of it.
#include <cmath>

#include "app/run/checkpoint.hpp"

namespace deltarule::app {
namespace {

template <class T>
void drop_arrays(training::TrainerState<T>& state) {
  state.parameters = {};
  state.update.arrays.clear();
}

/// What lies as the kernels want it is kept apart.
template <class T>
training::FitState<T> without_arrays(training::FitState<T> state) {
  drop_arrays(state.trainer);
  drop_arrays(state.back.good.trainer);
  drop_arrays(state.back.next.trainer);
  state.best.parameters.clear();
  return state;
}

Error wrong(const std::string& name, std::string got, std::string needed) {
  return {ErrorCode::format, name, std::move(got), std::move(needed), "Use an undamaged copy of the run"};
}

/// One array of the flat block out of its canonical numbers. Places that hold no weight stay as they are in `flat`;
/// false when a place that cannot move is told to be something else.
template <class T>
bool put(const network::Network<T>& network, std::span<const T> canonical, std::span<T> flat, bool keeps_still) {
  const std::span<const T> movable = network.movable();
  for (std::size_t i = 0; i < canonical.size(); ++i) {
    const std::size_t place = network.place_of(i);
    const bool still = network.is_masked(i) || (keeps_still && !movable.empty() && movable[place] == T{0});
    if (still && canonical[i] != flat[place]) return false;
    if (!still) flat[place] = canonical[i];
  }
  return true;
}

template <class T>
SavedGood<T> saved_good(const training::GoodState<T>& state, const network::Network<T>& network) {
  if (state.trainer.parameters.size() == 0) return {};
  SavedGood<T> saved{network.to_canonical(state.trainer.parameters.span())};
  for (const auto& array : state.trainer.update.arrays) saved.rule.push_back(network.to_canonical(array.span()));
  return saved;
}

/// The arrays of a state to go back to, where there is one. False when they are not of this network and rule.
template <class T>
bool restore_good(const SavedGood<T>& saved, const network::Network<T>& network, training::TrainerState<T> fresh,
                  training::GoodState<T>& state) {
  if (saved.weights.empty()) return true;
  bool fits = saved.rule.size() == fresh.update.arrays.size() &&
              state.trainer.update.numbers.size() == fresh.update.numbers.size() &&
              put<T>(network, saved.weights, fresh.parameters.span(), false);
  for (std::size_t k = 0; fits && k < saved.rule.size(); ++k)
    fits = put<T>(network, saved.rule[k], fresh.update.arrays[k].span(), true);
  state.trainer.parameters = std::move(fresh.parameters);
  state.trainer.update.arrays = std::move(fresh.update.arrays);
  return fits;
}

}  // namespace

template <class T>
SavedPhase<T> saved_phase(const training::FitState<T>& state, const network::Network<T>& network) {
  SavedPhase<T> saved{without_arrays(state), network.to_canonical(state.trainer.parameters.span())};
  for (const auto& array : state.trainer.update.arrays) saved.rule.push_back(network.to_canonical(array.span()));
  if (!state.best.parameters.empty()) saved.best = network.to_canonical(std::span<const T>(state.best.parameters));
  if (state.ended) return saved;
  saved.good = saved_good(state.back.good, network);
  if (state.back.has_next) saved.next = saved_good(state.back.next, network);
  return saved;
}

template <class T>
Result<training::FitState<T>> restored_phase(const SavedPhase<T>& saved, training::Trainer<T>& trainer,
                                             const std::string& name) {
  const network::Network<T>& network = trainer.network();
  const std::size_t weights = network.graph().weight_count();
  const std::size_t arrays = saved.state.ended ? 0 : trainer.update().state_names().size();
  if (saved.weights.size() != weights)
    return wrong(name, std::to_string(saved.weights.size()) + " weights", std::to_string(weights) + ", as the network");
  if (saved.rule.size() != arrays)
    return wrong(name, std::to_string(saved.rule.size()) + " arrays of the rule", std::to_string(arrays));
  const std::size_t kept = saved.state.trainer.update.numbers.size();
  const std::size_t numbers = saved.state.ended ? 0 : trainer.update().number_names().size();
  if (kept != numbers) return wrong(name, std::to_string(kept) + " numbers of the rule", std::to_string(numbers));
  for (const std::vector<T>* numbers_of : {&saved.weights, &saved.best, &saved.good.weights, &saved.next.weights}) {
    network::Network<T> tried = network;  // which knows what weights and statistics may be
    if (const auto set = tried.set_weights(*numbers_of); !set && !numbers_of->empty())
      return wrong(name, set.error().message(), "weights as a network has them");
  }
  training::FitState<T> state = without_arrays(saved.state);
  training::TrainerState<T> fresh = trainer.snapshot();
  const std::string still = "zero at weights that do not exist, and nothing to remember of what is not trained";
  const auto parameters_of = [&](const std::vector<T>& canonical, base::AlignedBuffer<T>& flat) {
    return put<T>(network, canonical, flat.span(), false);
  };
  base::AlignedBuffer<T> best(saved.best.empty() ? 0 : fresh.parameters.size());
  bool fits = saved.best.empty() || parameters_of(saved.best, best);
  fits = fits && parameters_of(saved.weights, fresh.parameters);
  for (std::size_t k = 0; k < arrays; ++k)
    fits = fits && put<T>(network, saved.rule[k], fresh.update.arrays[k].span(), true);
  if (!state.ended && (!saved.good.weights.empty() || !saved.next.weights.empty()))
    fits = fits && restore_good(saved.good, network, trainer.snapshot(), state.back.good) &&
           restore_good(saved.next, network, trainer.snapshot(), state.back.next);
  if (!fits) return wrong(name, "numbers where no weight can move", still);
  state.trainer.parameters = std::move(fresh.parameters);
  if (!state.ended) state.trainer.update.arrays = std::move(fresh.update.arrays);
  state.best.parameters.assign(best.data(), best.data() + best.size());
  return state;
}

template SavedPhase<float> saved_phase(const training::FitState<float>&, const network::Network<float>&);
template SavedPhase<double> saved_phase(const training::FitState<double>&, const network::Network<double>&);
template Result<training::FitState<float>> restored_phase(const SavedPhase<float>&, training::Trainer<float>&,
                                                          const std::string&);
template Result<training::FitState<double>> restored_phase(const SavedPhase<double>&, training::Trainer<double>&,
                                                           const std::string&);

}  // namespace deltarule::app
