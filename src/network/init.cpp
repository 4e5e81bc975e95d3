#include "network/init.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "base/finite_number.hpp"
#include "base/random.hpp"

namespace deltarule::network {
namespace {

struct NamedInit {
  std::string_view name;
  InitKind kind;
  bool has_parameter;
};
constexpr std::array<NamedInit, 9> kInits{{{"auto", InitKind::automatic, false},
                                           {"glorot_uniform", InitKind::glorot_uniform, false},
                                           {"glorot_normal", InitKind::glorot_normal, false},
                                           {"he_uniform", InitKind::he_uniform, false},
                                           {"he_normal", InitKind::he_normal, false},
                                           {"lecun_uniform", InitKind::lecun_uniform, false},
                                           {"lecun_normal", InitKind::lecun_normal, false},
                                           {"uniform", InitKind::uniform, true},
                                           {"constant", InitKind::constant, true}}};

Error bad_init(std::string_view text, std::string needed) {
  return {ErrorCode::spec, "init", "\"" + std::string(text) + "\"", std::move(needed), {}};
}

/// The number between the brackets, the whole of it.
Result<double> parameter_of(std::string_view text, std::string_view inside) {
  if (const std::optional<double> value = base::finite_number(inside)) return *value;
  return bad_init(text, "a finite number in the brackets");
}

InitKind by_activation(base::ActivationKind kind) {
  using enum base::ActivationKind;
  switch (kind) {
    case relu:
    case leaky_relu:
    case elu:
    case gelu:
    case swish:
    case softplus:
      return InitKind::he_uniform;
    case selu:
      return InitKind::lecun_normal;
    default:
      return InitKind::glorot_uniform;
  }
}

/// How one unit's weights are drawn: uniform in ±scale, normal with deviation scale, or always scale.
struct Draw {
  enum class Form { uniform, normal, constant } form;
  double scale;
};

Draw draw_for(InitKind kind, double parameter, double fan_in, double fan_out) {
  using enum InitKind;
  switch (kind) {
    case glorot_uniform:
      return {Draw::Form::uniform, std::sqrt(6.0 / (fan_in + fan_out))};
    case glorot_normal:
      return {Draw::Form::normal, std::sqrt(2.0 / (fan_in + fan_out))};
    case he_uniform:
      return {Draw::Form::uniform, std::sqrt(6.0 / fan_in)};
    case he_normal:
      return {Draw::Form::normal, std::sqrt(2.0 / fan_in)};
    case lecun_uniform:
      return {Draw::Form::uniform, std::sqrt(3.0 / fan_in)};
    case lecun_normal:
      return {Draw::Form::normal, std::sqrt(1.0 / fan_in)};
    case uniform:
      return {Draw::Form::uniform, parameter};
    case constant:
    case automatic:
      break;
  }
  return {Draw::Form::constant, parameter};
}

double draw_one(const Draw& draw, base::Random& random) {
  switch (draw.form) {
    case Draw::Form::uniform:
      return random.uniform(-draw.scale, draw.scale);
    case Draw::Form::normal:
      return draw.scale * random.normal();
    case Draw::Form::constant:
      break;
  }
  return draw.scale;
}

double fan_in_of(const base::Layer& layer, std::size_t unit) {
  std::size_t count = 0;
  for (const base::Block& block : layer.blocks)
    for (std::size_t i = 0; i < block.sending; ++i) count += block.connected(unit, i) ? 1 : 0;
  return static_cast<double>(count == 0 ? 1 : count);
}

/// A number for every place of the layer, masked ones too, so that a mask does not shift the draws of its neighbours.
template <class T>
void draw_layer(const base::Layer& layer, std::size_t index, Seed seed, InitKind kind, double parameter,
                std::vector<T>& weights) {
  base::Random random(seed.value, base::Stream::weights, static_cast<std::uint32_t>(index));
  for (const base::Block& block : layer.blocks)
    for (std::size_t u = 0; u < layer.units; ++u) {
      const Draw draw = draw_for(kind, parameter, fan_in_of(layer, u), static_cast<double>(layer.units));
      for (std::size_t i = 0; i < block.sending; ++i)
        weights[block.first_weight + u * block.sending + i] = static_cast<T>(draw_one(draw, random));
    }
  for (const auto one : {ParameterKind::gains, ParameterKind::running_variances})
    if (const base::UnitRow* row = layer.row(one)) std::fill_n(weights.data() + row->first, layer.units, T{1});
  const bool draws_biases = kind == InitKind::uniform || kind == InitKind::constant;
  if (!layer.bias || !draws_biases) return;
  const Draw draw = draw_for(kind, parameter, 1, 1);
  for (std::size_t u = 0; u < layer.units; ++u) weights[layer.first_bias + u] = static_cast<T>(draw_one(draw, random));
}

}  // namespace

Result<Init> find_init(std::string_view text) {
  std::string name(text.substr(0, text.find('(')));
  for (char& c : name)
    if (c == '-') c = '_';
  const bool has_brackets = name.size() < text.size();
  if (has_brackets && text.back() != ')') return bad_init(text, "a closing bracket at the end");
  for (const NamedInit& known : kInits) {
    if (known.name != name) continue;
    if (known.has_parameter != has_brackets)
      return bad_init(text,
                      known.has_parameter ? "a number in brackets: " + name + "(0.5)" : name + " without brackets");
    if (!has_brackets) return Init{known.kind, 0.0};
    const auto value = parameter_of(text, text.substr(name.size() + 1, text.size() - name.size() - 2));
    if (!value) return value.error();
    if (known.kind == InitKind::uniform && *value < 0) return bad_init(text, "a range that is not negative");
    return Init{known.kind, *value};
  }
  std::string names;
  for (const NamedInit& known : kInits) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return bad_init(text, "one of " + names + " (the last two with a number in brackets)");
}

template <class T>
void draw_weights(Network<T>& network, Seed seed, const Init& init) {
  std::vector<T> weights(network.graph().weight_count(), T{0});
  for (std::size_t l = 0; l < network.graph().layers().size(); ++l) {
    const InitKind kind = init.kind == InitKind::automatic ? by_activation(network.activation(l).kind) : init.kind;
    draw_layer(network.graph().layers()[l], l, seed, kind, init.parameter, weights);
  }
  network.from_canonical(weights, network.parameters());
}

template void draw_weights<float>(Network<float>&, Seed, const Init&);
template void draw_weights<double>(Network<double>&, Seed, const Init&);

}  // namespace deltarule::network
