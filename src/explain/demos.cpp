// Lessons that need no files: small, well known, with their weights spelled out or drawn from a fixed seed.
#include <algorithm>

#include "base/text.hpp"
#include "explain/explain.hpp"
#include "network/init.hpp"

namespace deltarule::explain {
namespace {

using Row = std::vector<double>;

struct Demo {
  std::string_view name;
  std::string_view about;
  NetworkSpec network;
  Row weights;  // canonical order; empty: drawn
  std::vector<Row> x, t;
  double rate = 0.5;
  std::size_t pattern = 1;  // that teaches most, from 1
};

LayerSpec sigmoids(std::size_t units, bool train_bias = true) {
  LayerSpec layer;
  layer.units = units;
  layer.activation = "sigmoid";
  layer.train_bias = train_bias;
  return layer;
}

/// The network of the worked example of docs/derivation.md, on exclusive or. With both inputs 0 no weight from an input
/// would move, so another pattern is shown first.
Demo exclusive_or() {
  Demo demo;
  demo.name = "xor";
  demo.about = "exclusive or by two hidden units";
  demo.network = {2, {sigmoids(2), sigmoids(1)}};
  demo.weights = {0.2, -0.4, 0.6, 0.3, 0.1, -0.2, 0.7, -0.5, 0.3};
  demo.x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  demo.t = {{0}, {1}, {1}, {0}};
  demo.pattern = 3;
  return demo;
}

/// "A Step by Step Backpropagation Example", M. Mazur, 2015.
Demo step_by_step() {
  Demo demo;
  demo.name = "mazur";
  demo.about = "the step-by-step example of M. Mazur (2015), biases kept";
  demo.network = {2, {sigmoids(2, false), sigmoids(2, false)}};
  demo.weights = {0.15, 0.20, 0.25, 0.30, 0.35, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.60};
  demo.x = {{0.05, 0.10}};
  demo.t = {{0.01, 0.99}};
  return demo;
}

/// One of eight through three hidden units (Rumelhart, Hinton & Williams 1986).
Demo encoder() {
  constexpr std::size_t kWide = 8, kNarrow = 3;
  Demo demo;
  demo.name = "encoder";
  demo.about = "the 8-3-8 encoder: eight patterns through three hidden units";
  demo.network = {kWide, {sigmoids(kNarrow), sigmoids(kWide)}};
  for (std::size_t p = 0; p < kWide; ++p) {
    Row row(kWide, 0.0);
    row[p] = 1.0;
    demo.x.push_back(row);
    demo.t.push_back(row);
  }
  return demo;
}

std::vector<Demo> demos() { return {exclusive_or(), step_by_step(), encoder()}; }

Result<Row> drawn_weights(const NetworkSpec& spec) {
  auto network = network::Network<double>::create(spec);
  if (!network) return network.error();
  network::draw_weights(*network, Seed{1}, {network::InitKind::uniform, 0.5});
  return network->weights();
}

}  // namespace

std::vector<std::string> demo_names() {
  std::vector<std::string> names;
  for (const Demo& demo : demos()) names.emplace_back(demo.name);
  return names;
}

Result<Lesson> demo(std::string_view name, std::size_t pattern) {
  const std::vector<Demo> all = demos();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Demo& one) { return one.name == name; });
  if (found == all.end())
    return Error{ErrorCode::spec, "--demo", base::quoted(name), "xor, mazur or encoder",
                 base::did_you_mean(name, demo_names())};
  const std::size_t number = pattern == 0 ? found->pattern : pattern;
  if (number > found->x.size())
    return Error{ErrorCode::spec,
                 "--pattern",
                 std::to_string(number),
                 "a pattern from 1 to " + std::to_string(found->x.size()) + ", which are those of this demo",
                 {}};
  Row weights = found->weights;
  if (weights.empty()) {
    auto drawn = drawn_weights(found->network);
    if (!drawn) return drawn.error();
    weights = *std::move(drawn);
  }
  auto subject = make_subject(found->network, std::move(weights), found->x[number - 1], found->t[number - 1]);
  if (!subject) return subject.error();
  Lesson lesson{*std::move(subject)};
  lesson.trainer.optimizer = DeltaRule{found->rate};
  lesson.title =
      "pattern " + std::to_string(number) + " of " + std::to_string(found->x.size()) + ", " + std::string(found->about);
  lesson.earlier_x = found->x;
  lesson.earlier_t = found->t;
  return lesson;
}

}  // namespace deltarule::explain
