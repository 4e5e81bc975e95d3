#include "explain/trace/trace.hpp"

#include <span>

#include "derivation/loss_functions.hpp"

namespace deltarule::explain {

using derivation::ReferenceLayer;

Trace::Trace(const Subject& subject, double eta, Mistake mistake) : subject_(&subject), eta_(eta), mistake_(mistake) {
  if (mistake == Mistake::none || mistake == Mistake::wrong_index || mistake == Mistake::missing_half) {
    pass_ = derivation::reference_pass<double>(subject.graph, subject.resolved, subject.w, subject.x, subject.t);
    if (mistake == Mistake::missing_half) pass_.E *= 2;
    return;
  }
  go_forward();
  go_back();
}

double Trace::change(const Link& link) const {
  const double a_i = mistake_ == Mistake::wrong_index ? a(link.to) : carried(link);
  return derivation::equation_6_change(eta_, delta_of(link), a_i);
}

double Trace::weight_in_11(const Link& link) const {
  if (mistake_ != Mistake::transpose) return w(link);
  for (const base::Block& block : subject_->graph.layers()[link.to.layer()].blocks)
    if (block.source == link.from.source) {
      const std::size_t receiving = subject_->graph.layers()[link.to.layer()].units;
      return subject_->w[block.first_weight + link.from.index * receiving + link.to.index];
    }
  return w(link);
}

double Trace::weight_in_12(const Link& link) const {
  return mistake_ == Mistake::updated_weights ? w(link) + change(link) : weight_in_11(link);
}

std::vector<double> Trace::shares() const {
  const derivation::Loss& loss = subject_->resolved.loss;
  const ReferenceLayer<double>& last = pass_.layers.back();
  std::vector<double> shares;
  if (loss.kind == base::LossKind::softmax_cross_entropy) {
    const double most = derivation::Softmax::largest<double>(last.y);
    const double above = derivation::SoftmaxCrossEntropy::log_sum_above<double>(last.y, most);
    for (std::size_t j = 0; j < last.y.size(); ++j) shares.push_back(subject_->t[j] * ((most - last.y[j]) + above));
    return shares;
  }
  const auto outputs = static_cast<double>(last.a.size());
  const double factor = mistake_ == Mistake::missing_half ? 2.0 : 1.0;
  for (std::size_t j = 0; j < last.a.size(); ++j)
    shares.push_back(factor * derivation::detail::loss_of_output(loss, outputs, last.y[j], last.a[j], subject_->t[j]));
  return shares;
}

std::vector<double> Trace::changed_weights() const {
  std::vector<double> w = subject_->w;
  for (std::size_t l = 0; l < subject_->graph.layers().size(); ++l)
    for (std::size_t j = 0; j < subject_->graph.layers()[l].units; ++j)
      for (const Link& link : feeding(*subject_, {l + 1, j}))
        if (is_trained(*subject_, link)) w[link.position] += change(link);
  return w;
}

// ---- the pass with a mistake ----

void Trace::go_forward() {
  std::vector<double> w = subject_->w;
  if (mistake_ == Mistake::forgot_bias)
    for (const base::Layer& layer : subject_->graph.layers())
      for (std::size_t j = 0; layer.bias && j < layer.units; ++j) w[layer.first_bias + j] = 0;
  pass_ = derivation::reference_forward<double>(subject_->graph, subject_->resolved, w, subject_->x);
  if (mistake_ != Mistake::derivative_of_output) return;
  for (std::size_t l = 0; l < pass_.layers.size(); ++l)
    derivation::derivative_layer<double>(subject_->resolved.activations[l], pass_.layers[l].a, pass_.layers[l].a,
                                         pass_.layers[l].f_prime);
}

void Trace::output_deltas() {
  derivation::detail::output_slopes_and_deltas<double>(subject_->resolved, subject_->t, pass_);
  ReferenceLayer<double>& last = pass_.layers.back();
  const bool cancels = derivation::is_from_net_inputs(subject_->resolved.loss);
  const bool softmax = subject_->resolved.activations.back().kind == base::ActivationKind::softmax;
  for (std::size_t j = 0; j < last.a.size(); ++j) {
    if (mistake_ == Mistake::sign) {
      last.dE_da[j] = -last.dE_da[j];
      last.delta_y[j] = -last.delta_y[j];
    }
    if (mistake_ == Mistake::no_derivative && !cancels) last.delta_y[j] = -last.dE_da[j];
    if (mistake_ == Mistake::derivative_of_output && !cancels && !softmax)
      last.delta_y[j] = derivation::equation_7_delta(last.dE_da[j], last.f_prime[j]);
  }
  last.delta = last.delta_y;
}

void Trace::hidden_deltas(std::size_t l) {
  ReferenceLayer<double>& layer = pass_.layers[l];
  layer.dE_da.resize(layer.a.size());
  layer.delta_y.resize(layer.a.size());
  for (std::size_t j = 0; j < layer.a.size(); ++j) {
    std::vector<double> deltas, in_11, in_12;
    for (const Link& link : fed_by(*subject_, {l + 1, j})) {
      deltas.push_back(delta(link.to));
      in_11.push_back(weight_in_11(link));
      in_12.push_back(weight_in_12(link));
    }
    layer.dE_da[j] = derivation::equation_11_dE_da<double>(deltas, in_11);
    const double f_prime = mistake_ == Mistake::no_derivative ? 1.0 : layer.f_prime[j];
    layer.delta_y[j] = derivation::equation_12_delta<double>(f_prime, deltas, in_12);
  }
  layer.delta = layer.delta_y;
}

void Trace::go_back() {
  output_deltas();
  for (std::size_t l = pass_.layers.size() - 1; l-- > 0;) hidden_deltas(l);
  pass_.dE_dx.clear();
  for (std::size_t i = 0; i < subject_->graph.inputs(); ++i) {
    std::vector<double> deltas, weights;
    for (const Link& link : fed_by(*subject_, {0, i})) {
      deltas.push_back(delta(link.to));
      weights.push_back(weight_in_11(link));
    }
    pass_.dE_dx.push_back(derivation::equation_11_dE_da<double>(deltas, weights));
  }
  derivation::detail::weight_slopes(subject_->graph, pass_);
}

bool is_trained(const Subject& subject, const Link& link) {
  return !link.bias || subject.graph.layers()[link.to.layer()].train_bias;
}

}  // namespace deltarule::explain
