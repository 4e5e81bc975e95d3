// Between the state of a training, which lies as the kernels want it, and what a checkpoint keeps of it.
#include <cmath>

#include "app/run/checkpoint.hpp"

namespace deltarule::app {
namespace {

template <class T>
training::FitState<T> without_arrays(const training::FitState<T>& state) {
  training::FitState<T> plain;
  training::copy_numbers(state.trainer.update, plain.trainer.update);
  plain.trainer.refused = state.trainer.refused;
  plain.ended = state.ended;
  plain.epoch = state.epoch;
  plain.patterns = state.patterns;
  plain.loss_sum = state.loss_sum;
  plain.result = state.result;
  plain.best.loss = state.best.loss;
  plain.best.epoch = state.best.epoch;
  plain.best.steps = state.best.steps;
  plain.best_loss = state.best_loss;
  plain.rates = state.rates;
  training::copy_numbers(state.back.good.trainer.update, plain.back.good.trainer.update);
  plain.back.good.trainer.refused = state.back.good.trainer.refused;
  plain.back.good.epochs = state.back.good.epochs;
  plain.back.good.best_loss = state.back.good.best_loss;
  plain.back.good.plateau = state.back.good.plateau;
  plain.back.patterns = state.back.patterns;
  plain.back.first_norm = state.back.first_norm;
  return plain;
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

}  // namespace

template <class T>
SavedPhase<T> saved_phase(const training::FitState<T>& state, const network::Network<T>& network) {
  SavedPhase<T> saved{without_arrays(state), network.to_canonical(state.trainer.parameters.span())};
  for (const auto& array : state.trainer.update.arrays) saved.rule.push_back(network.to_canonical(array.span()));
  if (!state.best.parameters.empty()) saved.best = network.to_canonical(std::span<const T>(state.best.parameters));
  const training::TrainerState<T>& good = state.back.good.trainer;
  if (state.ended || good.parameters.size() == 0) return saved;
  saved.good = network.to_canonical(good.parameters.span());
  for (const auto& array : good.update.arrays) saved.good_rule.push_back(network.to_canonical(array.span()));
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
  for (const std::vector<T>* numbers_of : {&saved.weights, &saved.best, &saved.good}) {
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
  training::TrainerState<T> good = trainer.snapshot();
  if (!saved.good.empty()) {
    const bool agree =
        saved.good_rule.size() == arrays && saved.state.back.good.trainer.update.numbers.size() == numbers;
    if (!agree) return wrong(name, "a good state of another rule", "that of the run");
    fits = fits && parameters_of(saved.good, good.parameters);
    for (std::size_t k = 0; k < arrays; ++k)
      fits = fits && put<T>(network, saved.good_rule[k], good.update.arrays[k].span(), true);
    state.back.good.trainer.parameters = std::move(good.parameters);
    state.back.good.trainer.update.arrays = std::move(good.update.arrays);
  }
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
