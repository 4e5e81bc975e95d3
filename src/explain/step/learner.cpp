#include "explain/step/learner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "explain/proof/proof.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::explain {
namespace {

class OnePattern final : public base::PatternSource<double> {
 public:
  OnePattern(const std::vector<double>& x, const std::vector<double>& t) : x_(x), t_(t) {}
  [[nodiscard]] std::size_t size() const override { return 1; }
  [[nodiscard]] std::size_t inputs() const override { return x_.size(); }
  [[nodiscard]] std::size_t targets() const override { return t_.size(); }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<double> x,
              base::MatrixView<double> t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      std::copy(x_.begin(), x_.end(), x.row(r));
      std::copy(t_.begin(), t_.end(), t.row(r));
    }
  }

 private:
  const std::vector<double>& x_;
  const std::vector<double>& t_;
};

template <class T>
Result<network::Network<T>> network_of(const Subject& subject) {
  auto network = network::Network<T>::create(subject.graph.spec());
  if (!network) return network;
  const std::vector<T> w(subject.w.begin(), subject.w.end());
  if (const auto set = network->set_weights(w); !set) return set.error();
  return network;
}

/// l2/2 Σw², biases left out.
double penalty(const Subject& subject, double l2) {
  double squares = 0;
  for (const base::Layer& layer : subject.graph.layers())
    for (const base::Block& block : layer.blocks)
      for (std::size_t k = 0; l2 != 0 && k < layer.units * block.sending; ++k)
        squares += subject.w[block.first_weight + k] * subject.w[block.first_weight + k];
  return 0.5 * l2 * squares;
}

/// Keeps the largest number and the largest difference of a kind.
struct Apart {
  double largest = 0.0, difference = 0.0;
  void add(double ours, double theirs) {
    largest = std::max(largest, std::fabs(ours));
    difference = std::max(difference, std::fabs(ours - theirs));
  }
  [[nodiscard]] double digits() const { return digits_of_agreement(largest, largest + difference); }
};

template <class T>
Result<BesideTheEngine> beside(const Trace& trace) {
  const Subject& subject = trace.subject();
  auto network = network_of<T>(subject);
  if (!network) return network.error();
  network::Workspace<T> workspace(*network, 1, true);
  const std::vector<T> x(subject.x.begin(), subject.x.end()), t(subject.t.begin(), subject.t.end());
  workspace.put_inputs(0, x.data());
  workspace.put_targets(0, t.data());
  network::forward(*network, workspace, {0, 1});
  network::deltas(*network, workspace, {0, 1});
  Apart a, delta;
  for (std::size_t l = 0; l < subject.graph.layers().size(); ++l)
    for (std::size_t j = 0; j < subject.graph.layers()[l].units; ++j) {
      a.add(trace.a({l + 1, j}), static_cast<double>(workspace.activations(l)(0, j)));
      delta.add(trace.delta({l + 1, j}), static_cast<double>(workspace.deltas(l)(0, j)));
    }
  const double E = workspace.loss(0);
  return BesideTheEngine{E, digits_of_agreement(trace.E(), E), a.digits(), delta.digits()};
}

}  // namespace

Result<Learner> Learner::create(const Subject& subject, const TrainerOptions& options) {
  auto network = network_of<double>(subject);
  if (!network) return network.error();
  auto kept = std::make_unique<network::Network<double>>(*std::move(network));
  auto trainer = training::Trainer<double>::create(*kept, options);
  if (!trainer) return trainer.error();
  return Learner(std::move(kept), *std::move(trainer));
}

Result<void> Learner::learn(const std::vector<double>& x, const std::vector<double>& t) {
  const OnePattern source(x, t);
  const std::array<std::uint32_t, 1> first{0};
  const auto loss = trainer_.step(source, first);
  if (!loss) return loss.error();
  return {};
}

bool Learner::moves_together() const { return training::entry_of(trainer_.options().optimizer).together; }

WeightMoment Learner::moment(const Trace& trace, const Link& link) const {
  const training::UpdateState<double>& state = trainer_.state();
  const double l2 = trainer_.options().l2;
  WeightMoment moment;
  moment.w = trace.w(link);
  moment.gradient = trace.slope(link);
  moment.decays = !link.bias;
  moment.l2_slope = link.bias ? 0.0 : l2 * moment.w;
  moment.step = state.steps + 1;
  const std::size_t place = network_->place_of(link.position);
  for (const auto& array : state.arrays) moment.memory.push_back(array.data()[place]);
  moment.error_has_risen = trace.E() + penalty(trace.subject(), l2) > state.errors.now;
  return moment;
}

Result<BesideTheEngine> beside_the_engine(const Trace& trace, bool single) {
  return single ? beside<float>(trace) : beside<double>(trace);
}

Result<std::vector<double>> engine_slopes(const Subject& subject) {
  auto network = network_of<double>(subject);
  if (!network) return network.error();
  auto trainer = training::Trainer<double>::create(*network, TrainerOptions{});
  if (!trainer) return trainer.error();
  const OnePattern source(subject.x, subject.t);
  const std::array<std::uint32_t, 1> first{0};
  return trainer->slopes(source, first);
}

}  // namespace deltarule::explain
