// What is chosen when the user chooses nothing: one rule by the size of the table and the task, never by data set.
// The numbers were found on held-out seeds with bench/defaults, which prints what they lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/schema.hpp"
#include "deltarule/rules.hpp"

namespace deltarule::app {

/// What the rule looks at.
struct Size {
  data::Task task = data::Task::regression;
  std::size_t rows = 0;  // with a target, before the split
  std::size_t training_rows = 0;
  std::size_t inputs = 0;  // units of the input
  bool validates = false;  // there are validation rows
  bool textbook = false;
  bool linear = false;  // no hidden layer was asked for
};

struct Defaults {
  std::vector<std::size_t> hidden;
  std::string activation;
  std::string optimizer;
  double learning_rate = 0.0;  // of that optimizer
  double weight_decay = 0.0;   // of a rule that decays apart from the slope, as adamw
  std::size_t batch_size = 0;
  std::size_t epochs = 0;
  std::size_t patience = 0;
  std::uint64_t patience_steps = 0;
  std::string init;
  std::string scale;
  std::string precision;
  bool refit = false;
};

[[nodiscard]] Defaults defaults_for(const Size& size, bool has_goal);

/// Shares held out when nothing is said. Below kFewRows rows nothing is: a handful of rows measures nothing.
inline constexpr std::size_t kFewRows = 50;
inline constexpr double kTestShare = 0.2;
inline constexpr double kValidationShare = 0.15;

/// The learning rate of a rule that the user chose without a rate, its decay, and the momentum of one without a
/// momentum.
[[nodiscard]] double default_rate(const Optimizer& rule, const Defaults& defaults);
[[nodiscard]] double default_decay(const Optimizer& rule, const Defaults& defaults);
/// Fewer epochs where each is a step of a rule that moves all weights together.
void hasten_for(const Optimizer& rule, Defaults& defaults);
/// True for a rule whose decay is apart from the slope.
[[nodiscard]] bool decays_apart(const Optimizer& rule);
inline constexpr double kMomentum = 0.9;

}  // namespace deltarule::app
