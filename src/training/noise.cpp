#include "training/noise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/panels.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "kernels/kernels.hpp"

namespace deltarule::training {
namespace {

using base::Panels;
using base::Random;
using base::Stream;

bool is_probability(double p) { return p >= 0 && p < 1; }

Result<void> check_probability(const std::string& of, double p) {
  if (is_probability(p)) return {};
  return Error{
      ErrorCode::spec, "dropout of " + of, std::to_string(p), "a probability from 0 up to, but not including, 1", {}};
}

std::string hidden_layers(std::size_t count) {
  if (count == 0) return "none, since the network has no hidden layers";
  return count == 1 ? "h1, the only hidden layer" : "the hidden layers h1 to h" + std::to_string(count);
}

Result<void> check_layers(const Dropout& dropout, std::size_t hidden) {
  const auto& own = dropout.by_layer;
  if (dropout.hidden != 0 && !own.empty())
    return Error{ErrorCode::spec, "dropout", "one probability for all hidden layers and some of single layers",
                 "one of them", "Name every layer with its own"};
  if (dropout.hidden != 0 && hidden == 0)
    return Error{ErrorCode::spec, "dropout", "a probability for hidden layers", hidden_layers(hidden),
                 "Leave it out, or drop inputs"};
  if (own.size() > hidden)
    return Error{ErrorCode::spec, "dropout", "a probability for h" + std::to_string(own.size()), hidden_layers(hidden),
                 "Leave it out"};
  return {};
}

/// The numbers of one layer (0: the inputs) for one pattern. The step counts modulo 2^32.
Random numbers_of(std::uint64_t seed, Stream stream, std::uint32_t pattern, std::uint64_t step, std::size_t layer) {
  return {seed, stream, pattern, static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(layer)};
}

/// change(number) for every unit of one row, ascending.
template <class T, class Change>
void for_each_unit(const Panels<T>& all, std::size_t row, const Change& change) {
  for (std::size_t p = 0; p < all.count(); ++p) {
    T* const numbers = all.panel(p) + row * all.width(p);
    for (std::size_t u = 0; u < all.units_in(p); ++u) change(numbers[u]);
  }
}

}  // namespace

template <class T>
Result<void> check_noise(const NetworkSpec& spec, const TrainerOptions& options) {
  const Dropout& dropout = options.dropout;
  if (auto checked = check_probability("inputs", dropout.inputs); !checked) return checked;
  if (auto checked = check_probability("hidden layers", dropout.hidden); !checked) return checked;
  for (std::size_t l = 0; l < dropout.by_layer.size(); ++l)
    if (auto checked = check_probability("h" + std::to_string(l + 1), dropout.by_layer[l]); !checked) return checked;
  if (auto checked = check_layers(dropout, spec.layers.empty() ? 0 : spec.layers.size() - 1); !checked) return checked;
  if (!(options.input_noise >= 0 && std::isfinite(options.input_noise)))
    return Error{ErrorCode::spec,
                 "input noise",
                 std::to_string(options.input_noise),
                 "a standard deviation: a finite number that is not negative",
                 {}};
  if (!std::isfinite(static_cast<T>(options.input_noise)))
    return Error{ErrorCode::spec,
                 "input noise",
                 "a deviation beyond the largest number of the run's type",
                 "a smaller one, or f64",
                 {}};
  return {};
}

template <class T>
typename Noise<T>::Dropped Noise<T>::dropped(double probability) {
  constexpr double kDraws = 0x1p32;
  const double threshold = std::min(std::floor(probability * kDraws + 0.5), kDraws - 1);
  return {static_cast<std::uint32_t>(threshold), static_cast<T>(1.0 / (1.0 - probability))};
}

template <class T>
Result<Noise<T>> Noise<T>::create(const network::Network<T>& network, const TrainerOptions& options) {
  if (auto checked = check_noise<T>(network.spec(), options); !checked) return checked.error();
  Noise noise;
  noise.seed_ = options.seed.value;
  noise.deviation_ = options.input_noise;
  noise.layers_.assign(network.graph().layers().size() + 1, {});
  noise.layers_[0] = dropped(options.dropout.inputs);
  for (std::size_t l = 1; l + 1 < noise.layers_.size(); ++l) {
    const auto& own = options.dropout.by_layer;
    noise.layers_[l] = dropped(l <= own.size() ? own[l - 1] : options.dropout.hidden);
  }
  noise.has_dropout_ =
      std::any_of(noise.layers_.begin(), noise.layers_.end(), [](const Dropped& layer) { return layer.is_on(); });
  return noise;
}

template <class T>
void Noise<T>::make_room(network::Workspace<T>& workspace) const {
  for (std::size_t l = 1; l < layers_.size(); ++l)
    if (layers_[l].is_on()) static_cast<void>(workspace.mask_layer(l - 1).ok());  // hidden: create() has seen to it
}

template <class T>
T Noise<T>::apply(network::Workspace<T>& workspace, network::RowRange rows, std::span<const std::uint32_t> patterns,
                  std::uint64_t step) const {
  const Panels<T> inputs = workspace.inputs();
  for (std::size_t r = 0; r < rows.count; ++r) {
    const std::uint32_t pattern = patterns.empty() ? 0 : patterns[r];
    const std::size_t row = rows.first + r;
    if (deviation_ != 0) {
      Random random = numbers_of(seed_, Stream::input_noise, pattern, step, 0);
      for_each_unit(inputs, row, [&](T& x) { x += static_cast<T>(deviation_ * random.normal()); });
    }
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (!layers_[l].is_on()) continue;
      Random random = numbers_of(seed_, Stream::dropout, pattern, step, l);
      if (l == 0) {
        for_each_unit(inputs, row, [&](T& x) { x *= layers_[0].of(random.bits()); });
      } else {
        for_each_unit(workspace.mask(l - 1), row, [&](T& factor) { factor = layers_[l].of(random.bits()); });
      }
    }
  }
  const Panels<T> own = inputs.slice(rows.first, rows.count);
  T squares = 0;
  for (std::size_t p = 0; p < own.count(); ++p)
    squares += kernels::kernels<T>().rough_square_sum(own.panel(p), own.rows * own.width(p));
  return squares;
}

template <class T>
void Noise<T>::to_own_inputs(std::span<T> input_slopes, std::uint64_t step) const {
  if (layers_.empty() || !layers_[0].is_on()) return;
  Random random = numbers_of(seed_, Stream::dropout, 0, step, 0);
  for (T& slope : input_slopes) slope *= layers_[0].of(random.bits());
}

template Result<void> check_noise<float>(const NetworkSpec&, const TrainerOptions&);
template Result<void> check_noise<double>(const NetworkSpec&, const TrainerOptions&);
template class Noise<float>;
template class Noise<double>;

}  // namespace deltarule::training
