// The classic mistakes by name: where each can be made, and which equation each breaks. How they are made is in
// trace.cpp.
#include <algorithm>
#include <array>

#include "derivation/loss_functions.hpp"
#include "explain/trace/trace.hpp"

namespace deltarule::explain {
namespace {

constexpr std::array<MistakeInWords, 9> kMistakes = {{
    {Mistake::none, "none", "no mistake"},
    {Mistake::sign, "sign", "(9) without its minus: every delta points uphill"},
    {Mistake::transpose, "transpose", "(11) and (12) read the weights with their two indices swapped"},
    {Mistake::no_derivative, "no-derivative", "(10) and (12) leave f′ out"},
    {Mistake::derivative_of_output, "derivative-of-output", "(8) takes f′ at the activation, not at the net input"},
    {Mistake::forgot_bias, "forgot-bias", "(4) leaves the bias out of the sum"},
    {Mistake::updated_weights, "updated-weights", "(12) uses weights that have been changed already"},
    {Mistake::wrong_index, "wrong-index", "(6) takes the activation of the receiving unit, not of the sending one"},
    {Mistake::missing_half, "missing-half", "(1) without its ½, the slopes being those with it"},
}};

Error cannot(Mistake mistake, std::string got, std::string needed) {
  return {ErrorCode::spec, "--break " + std::string(words_of(mistake).name), std::move(got), std::move(needed),
          "Choose another mistake, or --demo mazur, where each can be made"};
}

}  // namespace

std::span<const MistakeInWords> mistakes() { return std::span(kMistakes).subspan(1); }

const MistakeInWords& words_of(Mistake mistake) { return kMistakes[static_cast<std::size_t>(mistake)]; }

Result<void> check_mistake(const Subject& subject, Mistake mistake) {
  if (mistake == Mistake::none) return {};
  const auto& layers = subject.graph.layers();
  if (std::any_of(layers.begin(), layers.end(), [](const base::Layer& layer) { return layer.is_normalised(); }))
    return cannot(mistake, "a network with normalised layers", "plain layers, of which (1) to (12) speak");
  if (mistake == Mistake::missing_half && subject.resolved.loss.kind != base::LossKind::half_squared_error)
    return cannot(mistake, "the loss " + subject.resolved.loss.name + ", which has no ½", "half_squared_error");
  return {};
}

int broken_equation(const Subject& subject, Mistake mistake) {
  switch (mistake) {
    case Mistake::none:
      return 0;
    case Mistake::sign:
      return 9;
    case Mistake::transpose:
      return 11;
    case Mistake::no_derivative: {
      const bool has_f_prime = !derivation::is_from_net_inputs(subject.resolved.loss) &&
                               subject.resolved.activations.back().kind != base::ActivationKind::identity;
      return has_f_prime ? 10 : 12;
    }
    case Mistake::derivative_of_output:
      return 8;
    case Mistake::forgot_bias:
      return 4;
    case Mistake::updated_weights:
      return 12;
    case Mistake::wrong_index:
      return 6;
    case Mistake::missing_half:
      return 1;
  }
  return 0;
}

}  // namespace deltarule::explain
