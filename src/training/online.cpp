#include "training/online.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>

#include "network/passes.hpp"
#include "training/options.hpp"

namespace deltarule::training {
namespace {

using base::ActivationKind;
using kernels::RankOne;
using network::View;

}  // namespace

template <class T>
std::unique_ptr<Online<T>> Online<T>::create(network::Network<T>& network, const TrainerOptions& options,
                                             UpdateState<T>& state, std::size_t look_ahead_weights) {
  if (!is_plain(options) || network.is_normalised()) return nullptr;
  if (const auto* rule = std::get_if<DeltaRule>(&options.optimizer))
    return std::make_unique<Online>(network, rule->learning_rate, state, T{0}, look_ahead_weights);
  if (const auto* rule = std::get_if<Momentum>(&options.optimizer))
    return std::make_unique<Online>(network, rule->learning_rate, state, static_cast<T>(rule->momentum),
                                    look_ahead_weights);
  return nullptr;
}

template <class T>
Online<T>::Online(network::Network<T>& network, double rate, UpdateState<T>& state, T momentum,
                  std::size_t look_ahead_weights)
    : network_(network),
      kernels_(kernels::kernels<T>()),
      rate_setting_(rate),
      rate_(static_cast<T>(rate * state.rate_factor)),
      momentum_(momentum),
      velocity_(state.arrays.empty() ? nullptr : state.arrays[0].data()),
      bound_(std::sqrt(std::numeric_limits<T>::max()) / T{2}) {
  std::size_t from_inputs = 0, widest = 1;
  bool masked = false;  // x · x' is not what a masked unit sees of it, and the kernel for lists knows no masks
  for (const View& view : network.views()) {
    if (view.is_weights() && view.source == 0) {
      from_inputs += view.senders * view.units;
      masked = masked || view.has_mask;
    }
    widest = std::max(widest, view.units);
  }
  may_skip_ = velocity_ == nullptr && !masked;
  looks_ahead_ = may_skip_ && from_inputs > look_ahead_weights;
  one_ = base::AlignedBuffer<T>(base::padded<T>(1));
  one_[0] = T{1};
  zeros_ = base::AlignedBuffer<T>(base::padded<T>(widest));
  d_ = base::AlignedBuffer<T>(base::padded<T>(widest));
  plan();
  plan_chain();
  for (int i = 0; i < (looks_ahead_ ? 4 : 2); ++i) add_side();
}

template <class T>
Online<T>::~Online() {
  if (last_ != nullptr && has_pending(last_)) network_.settle();
}

template <class T>
void Online<T>::set_rate_factor(double factor) noexcept {
  rate_ = static_cast<T>(rate_setting_ * factor);
  chain_.rate = rate_;
}

// ---- what does not change ----

template <class T>
void Online<T>::plan_masks() {
  for (const View& view : network_.views()) {
    auto& bytes = movable_.emplace_back();
    auto& words = movable_bits_.emplace_back();
    if (!view.has_mask) continue;
    const T* const from = network_.movable().data() + view.offset;
    for (std::size_t i = 0; i < view.size; ++i) bytes.push_back(from[i] != T{0} ? kernels::kMoves : std::int8_t{0});
    const auto block = view.in(network_.movable().data());
    for (std::size_t p = 0; p < block.count(); ++p)
      for (std::size_t i = 0; i < view.senders; ++i) {
        std::uint32_t& word = words.emplace_back(0);
        for (std::size_t u = 0; u < block.units_in(p); ++u)
          if (block.panel(p)[i * block.width(p) + u] != T{0}) word |= std::uint32_t{1} << u;
      }
  }
}

template <class T>
void Online<T>::plan() {
  plan_masks();
  const std::size_t last = network_.graph().layers().size() - 1;
  for (std::size_t l = 0; l <= last; ++l) plan_layer(l);
  for (std::size_t l = 0; l <= last; ++l)
    if (layers_[l].from_inputs) beside_.push_back(l);
  if (beside_.size() != 2) beside_.clear();
  plain_loss_ = network_.loss().kind == base::LossKind::half_squared_error && layers_[last].plain;
  places_.resize(network_.inputs() + 16);
}

/// A narrow chain goes through one kernel (kernels/chain.hpp).
template <class T>
void Online<T>::plan_chain() {
  bool narrow = plain_loss_ && velocity_ == nullptr && !looks_ahead_;
  for (const View& view : network_.views()) narrow = narrow && !view.has_mask && (!view.is_weights() || !view.frozen);
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    narrow = narrow && layer.units <= base::kPanel<T> && layer.blocks.size() == 1 && layer.blocks[0].source == l &&
             kernels::suits_chain(layer.kind);
  }
  if (!narrow) return;
  for (const Layer& layer : layers_)
    chain_layers_.push_back({layer.blocks[0].weights.w, layer.bias, layer.bias != nullptr && layer.bias_moves,
                             layer.bounded, layer.kind, layer.parameter, layer.blocks[0].weights.senders, layer.units});
  std::size_t widest = network_.inputs();
  for (const Layer& layer : layers_) widest = std::max(widest, layer.units);
  chain_ = {chain_layers_.data(), chain_layers_.size(), widest, rate_, bound_, places_.data()};
}

template <class T>
void Online<T>::plan_layer(std::size_t l) {
  const auto index = [&](const View& view) { return static_cast<std::size_t>(&view - network_.views().data()); };
  T* const w = network_.parameters().data();
  const base::Layer& from = network_.graph().layers()[l];
  const auto& f = network_.activation(l);
  Layer layer;
  layer.units = from.units;
  layer.padded = base::padded<T>(from.units);
  layer.kind = f.kind;
  layer.parameter = static_cast<T>(f.parameter);
  layer.plain = f.kind != ActivationKind::softmax && f.kind != ActivationKind::custom;
  layer.bounded = f.is_bounded();
  for (std::size_t b = 0; b < from.blocks.size(); ++b) {
    const View& view = network_.block_view(l, b);
    layer.blocks.push_back({{w + view.offset, view.senders, view.units}, index(view), view.source});
    layer.from_inputs = layer.from_inputs || view.source == 0;
  }
  if (const View* bias = network_.bias_view(l)) {
    layer.bias = w + bias->offset;
    layer.bias_view = index(*bias);
    layer.bias_moves = !bias->frozen;
  }
  for (std::size_t above = network_.graph().layers().size(); above-- > l + 1;)
    for (std::size_t b = 0; b < network_.graph().layers()[above].blocks.size(); ++b) {
      const View& view = network_.block_view(above, b);
      if (view.source == l + 1) layer.feeds.push_back({{w + view.offset, view.senders, view.units}, above});
    }
  layers_.push_back(std::move(layer));
}

template <class T>
void Online<T>::add_side() {
  auto side = std::make_unique<Side>(Side{network::Workspace<T>(network_, 1, true), {}, {}, {}, {}});
  for (const Layer& layer : layers_) side->d.emplace_back(layer.padded);
  for (const View& view : network_.views()) {
    RankOne<T> change;
    change.a = !view.is_weights() ? one_.data() : side->rows.source(view.source).data;
    change.d = view.frozen ? nullptr : side->d[view.layer].data();
    change.velocity = velocity_ == nullptr ? nullptr : velocity_ + view.offset;
    change.momentum = momentum_;
    if (view.has_mask) {
      change.movable = movable_[side->changes.size()].data();
      change.movable_bits = movable_bits_[side->changes.size()].data();
    }
    side->changes.push_back(change);
  }
  for (std::size_t l = 0; l < layers_.size(); ++l)
    side->chain_rows.push_back(
        {side->rows.net(l).data, side->rows.activations(l).data, side->rows.deltas(l).data, side->d[l].data()});
  side->chain = {side->rows.inputs().data, side->rows.targets().data, side->chain_rows.data(), 0};
  sides_.push_back(std::move(side));
}

template <class T>
typename Online<T>::Side& Online<T>::next_side() {
  Side& side = *sides_[turn_];
  turn_ = turn_ + 1 == sides_.size() ? 0 : turn_ + 1;
  return side;
}

template <class T>
bool Online<T>::has_pending(const Side* side) const {
  return network_.pending() == side->changes.data();
}

// ---- one pattern ----

template <class T>
bool Online<T>::take(Side& now, const T* x, const T* t) {
  const auto inputs = kernels_.online.take_row(x, now.rows.inputs().data, network_.inputs());
  const auto targets = kernels_.online.take_row(t, now.rows.targets().data, network_.outputs());
  now.chain.nonzeros = inputs.nonzeros;
  return inputs.squares <= bound_ && targets.squares <= bound_;
}

template <class T>
bool Online<T>::skips_zeros(const Side& now, const Side& before) const {
  return may_skip_ && kernels::worth_listing(now.chain.nonzeros, before.chain.nonzeros, network_.inputs());
}

/// The net inputs of one layer (4), and the pending change of all that leads to it. inputs_done: bias and the weights
/// of the inputs are in them already.
template <class T>
void Online<T>::into_layer(const Layer& layer, Side& now, const Side* before, std::size_t l, bool inputs_done) {
  const auto& k = kernels_.online;
  T* const net = now.rows.net(l).data;
  if (!inputs_done || !layer.from_inputs)
    k.start(layer.bias, before != nullptr && layer.bias_moves ? &before->changes[layer.bias_view] : nullptr,
            layer.units, net);
  for (const Block& block : layer.blocks) {
    if (inputs_done && block.source == 0) continue;
    const T* const x = now.rows.source(block.source).data;
    if (before == nullptr)
      k.forward({block.weights.w, block.weights.senders, block.weights.units}, x, net);
    else if (block.source == 0 && skips_zeros(now, *before))
      k.advance_listed(block.weights, before->changes[block.view], x, places_.data(),
                       k.list_nonzeros(before->changes[block.view].a, x, block.weights.senders, places_.data()), net);
    else
      k.advance(block.weights, before->changes[block.view], x, net);
  }
}

/// into_layer() for the weights of the inputs, and the biases, of two layers at once: one of them is a shortcut, which
/// has few units as a rule, and would wait for its sums alone.
template <class T>
void Online<T>::begin_beside(Side& now, const Side& before) {
  kernels::RowChange<T> both[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const Layer& layer = layers_[beside_[i]];
    T* const net = now.rows.net(beside_[i]).data;
    kernels_.online.start(layer.bias, layer.bias_moves ? &before.changes[layer.bias_view] : nullptr, layer.units, net);
    const Block& block = layer.blocks.front();  // sources ascend
    both[i] = {block.weights, before.changes[block.view], net};
  }
  kernels_.online.advance_both(both[0], both[1], now.rows.inputs().data);
}

template <class T>
bool Online<T>::forward(Side& now, const Side* before, bool inputs_done) {
  bool small = true;
  if (!beside_.empty() && !inputs_done && before != nullptr && !skips_zeros(now, *before)) {
    begin_beside(now, *before);
    inputs_done = true;
  }
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    into_layer(layer, now, before, l, inputs_done);
    T* const a = now.rows.activations(l).data;
    if (layer.plain)
      kernels_.activate(layer.kind, layer.parameter, now.rows.net(l).data, a, layer.padded);
    else
      network::activate_one(network_, now.rows, l);
    if (!layer.bounded) small &= kernels_.online.squares(a, layer.units) <= bound_;
  }
  return small;
}

/// η δ of a layer, and whether its deltas are plainly finite.
template <class T>
bool Online<T>::take_steps(Side& now, std::size_t l) {
  return kernels_.online.take_step(now.rows.deltas(l).data, rate_, layers_[l].units, now.d[l].data()) <= bound_;
}

/// (9) and (10), times the pattern's weight; E is without it.
template <class T>
bool Online<T>::output_deltas(Side& now, double* loss, T weight) {
  const std::size_t last = layers_.size() - 1;
  const Layer& layer = layers_[last];
  if (!plain_loss_) {
    network::output_deltas_of_one(network_, now.rows);
    if (weight != T{1}) kernels_.scale(weight, now.rows.deltas(last).data, layer.padded);
    if (loss != nullptr) *loss = now.rows.loss(0);
    const bool small = take_steps(now, last);
    return small && std::isfinite(now.rows.loss(0));
  }
  // E is finite where the squares of targets and activations are small.
  const T *const a = now.rows.outputs().data, *const t = now.rows.targets().data;
  T* const delta = now.rows.deltas(last).data;
  double squares = 0;
  for (std::size_t u = 0; u < layer.units; u += base::kPanel<T>)
    kernels_.squared_errors(t + u, a + u, std::min(layer.padded - u, base::kPanel<T>),
                            std::min(layer.units - u, base::kPanel<T>), 1, delta + u, &squares);
  kernels_.multiply_derivative(layer.kind, layer.parameter, now.rows.net(last).data, a, delta, layer.padded);
  if (weight != T{1}) kernels_.scale(weight, delta, layer.padded);
  if (loss != nullptr) *loss = 0.5 * squares;
  return take_steps(now, last);
}

/// (11) and (12).
template <class T>
bool Online<T>::back(Side& now) {
  bool small = true;
  for (std::size_t l = layers_.size() - 1; l-- > 0;) {
    const Layer& layer = layers_[l];
    T* const delta = now.rows.deltas(l).data;
    bool add = false;
    for (const Feed& feed : layer.feeds) {
      kernels_.online.back(feed.weights, now.rows.deltas(feed.layer).data, add, delta);
      add = true;
    }
    if (layer.plain)
      kernels_.multiply_derivative(layer.kind, layer.parameter, now.rows.net(l).data, now.rows.activations(l).data,
                                   delta, layer.padded);
    else
      network::multiply_derivative_of_one(network_, now.rows, l);
    small &= take_steps(now, l);
  }
  return small;
}

/// Output deltas, the way back, and the change left pending, when everything is plainly finite: |δ a|² ≤ Σ δ² Σ a² then
/// is, too, for every slope and for their sum. No weight is looked at, and none changes, before that is known.
template <class T>
bool Online<T>::finish(Side& now, double* loss, bool small, T weight) {
  small &= output_deltas(now, loss, weight);
  small &= back(now);
  return leave(now, small);
}

template <class T>
bool Online<T>::leave(Side& now, bool small) {
  last_ = small ? &now : nullptr;
  network_.leave_pending(small ? now.changes.data() : nullptr);
  return small;
}

template <class T>
bool Online<T>::learn(const T* x, const T* t, double* loss, T weight) noexcept {
  if (last_ != nullptr && !has_pending(last_)) last_ = nullptr;  // made by somebody who looked
  if (last_ == nullptr) network_.settle();                       // somebody else's
  const Side* const before = last_;
  Side& now = next_side();
  // The kernel for chains knows no weights; the general way has its bits.
  if (before != nullptr && chain_.count > 0 && weight == T{1})
    return leave(now, kernels_.learn_chain(chain_, now.chain, before->chain, x, t, loss));
  bool small = take(now, x, t);
  small &= forward(now, before, false);
  return finish(now, loss, small, weight);
}

template <class T>
bool Online<T>::change_now(network::Workspace<T>& rows) noexcept {
  const auto& k = kernels_.online;
  bool small = k.squares(rows.inputs().data, network_.inputs()) <= bound_;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    small &= k.squares(rows.activations(l).data, layers_[l].units) <= bound_;
    small &= k.squares(rows.deltas(l).data, layers_[l].units) <= bound_;
  }
  if (!small) return false;
  network_.settle();
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const auto change = [&](std::size_t view, const T* a) {
      RankOne<T> made = sides_[0]->changes[view];
      made.a = a;
      made.d = d_.data();
      return made;
    };
    kernels_.online.take_step(rows.deltas(l).data, rate_, layer.units, d_.data());
    for (const Block& block : layer.blocks)
      kernels_.online.settle(block.weights, change(block.view, rows.source(block.source).data));
    if (layer.bias != nullptr && layer.bias_moves)
      kernels_.online.settle({layer.bias, 1, layer.units}, change(layer.bias_view, one_.data()));
  }
  return true;
}

// ---- two patterns ----

/// Makes the changes pending for the weights of the inputs and goes forward with both patterns: the first's net inputs
/// with biases, the second's without, since its biases are those after the first.
template <class T>
void Online<T>::begin_pair(Side& one, Side& two) {
  const auto& k = kernels_.online;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    if (!layer.from_inputs) continue;
    T *const net_one = one.rows.net(l).data, *const net_two = two.rows.net(l).data;
    k.start(layer.bias, last_ != nullptr && layer.bias_moves ? &last_->changes[layer.bias_view] : nullptr, layer.units,
            net_one);
    std::fill_n(net_two, layer.padded, T{0});
    for (const Block& block : layer.blocks) {
      if (block.source != 0) continue;
      // A change that is not there is one by nothing.
      RankOne<T> first{one.rows.inputs().data, zeros_.data()};
      RankOne<T> second = first;
      if (first_ != nullptr) first = first_->changes[block.view];
      if (last_ != nullptr) second = last_->changes[block.view];
      k.advance_pair(block.weights, first, second, one.rows.inputs().data, net_one, two.rows.inputs().data, net_two);
    }
  }
  first_ = nullptr;
}

/// The second pattern's net inputs: what the first has changed since, and biases.
template <class T>
void Online<T>::begin_second(const Side& one, Side& two) {
  const auto& k = kernels_.online;
  const T product = k.dot(const_cast<Side&>(one).rows.inputs().data, two.rows.inputs().data, network_.inputs());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    if (!layer.from_inputs) continue;
    T* const net = two.rows.net(l).data;
    k.add_multiple(one.d[l].data(), product, layer.units, net);
    k.start(layer.bias, layer.bias_moves ? &one.changes[layer.bias_view] : nullptr, layer.units, d_.data());
    kernels_.add(d_.data(), net, layer.padded);
  }
}

template <class T>
std::size_t Online<T>::learn_pair(const std::array<const T*, 2>& x, const std::array<const T*, 2>& t,
                                  std::array<double, 2>& losses, const std::array<T, 2>& weights) noexcept {
  if (last_ != nullptr && !has_pending(last_)) last_ = first_ = nullptr;
  if (last_ == nullptr) network_.settle();
  Side &one = next_side(), &two = next_side();
  bool small_one = take(one, x[0], t[0]);
  const bool small_two = take(two, x[1], t[1]);
  // One at a time where numbers are not finite, so that they stay among themselves, and where zeros are better skipped.
  if (!small_one || !small_two || skips_zeros(one, two)) {
    finish_pairs();
    if (!learn(x[0], t[0], &losses[0], weights[0])) return 0;
    return learn(x[1], t[1], &losses[1], weights[1]) ? 2 : 1;
  }
  begin_pair(one, two);
  small_one &= forward(one, last_, true);
  if (!finish(one, &losses[0], small_one, weights[0])) return 0;
  begin_second(one, two);
  const bool small = forward(two, &one, true);
  // Made but for the weights of the inputs: whoever looks at the weights now must make that part first.
  first_ = &one;
  if (finish(two, &losses[1], small, weights[1])) return 2;
  finish_pairs();
  return 1;
}

template <class T>
void Online<T>::finish_pairs() noexcept {
  if (first_ != nullptr)
    for (const Layer& layer : layers_)
      for (const Block& block : layer.blocks)
        if (block.source == 0) kernels_.online.settle(block.weights, first_->changes[block.view]);
  first_ = nullptr;
}

template class Online<float>;
template class Online<double>;

}  // namespace deltarule::training
