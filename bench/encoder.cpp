// The 10-5-10 encoder of Fahlman (1988) and of Riedmiller & Braun (1993): epochs until ten patterns with one unit on
// each go through five hidden units, for rules of which it is known how many they take. A check of the rules, not of
// speed: prints a table, and exits with 1 when a figure is outside. `bench_encoder [starts]`.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "deltarule/engine.hpp"

namespace dr = deltarule;

namespace {

constexpr std::size_t kSize = 10, kHidden = 5, kMostEpochs = 1500;
constexpr double kTolerance = 0.15, kFewestSolved = 0.97;

struct Trial {
  const char* name;
  dr::Optimizer rule;
  double expected;  // epochs; 0: not known
};

// Slopes are summed over the ten patterns, of half the squared error, and sigmoid units have no offset on f′.
const std::array kTrials{
    Trial{"delta rule, eta 1.9", dr::DeltaRule{1.9}, 127},
    Trial{"quickprop, epsilon 1.5, mu 1.75", dr::Quickprop{.learning_rate = 1.5, .mu = 1.75}, 20},
    Trial{"rprop+", dr::RpropPlus{}, 24},
    Trial{"rprop-", dr::RpropMinus{}, 0},
    Trial{"irprop+", dr::IRpropPlus{}, 0},
    Trial{"irprop-", dr::IRpropMinus{}, 0},
};

struct Outcome {
  std::size_t solved = 0;
  double mean = 0, deviation = 0;  // of the epochs of those that were solved
};

/// Row p: one at p, else zero. Inputs and targets alike.
std::vector<double> patterns() {
  std::vector<double> rows(kSize * kSize, 0.0);
  for (std::size_t p = 0; p < kSize; ++p) rows[p * kSize + p] = 1.0;
  return rows;
}

/// The 40-20-40 criterion: above 0.6 where the target is 1, below 0.4 where it is 0.
bool is_learnt(const dr::NetworkF64& network, dr::Rows<double> rows, std::vector<double>& y) {
  if (!network.predict(rows, y)) return false;
  for (std::size_t k = 0; k < y.size(); ++k)
    if (rows.data[k] > 0.5 ? !(y[k] > 0.6) : !(y[k] < 0.4)) return false;
  return true;
}

/// Weight changes until the patterns are learnt; more than kMostEpochs when they are not.
std::size_t epochs_of(const dr::Optimizer& rule, std::size_t start, const std::vector<double>& numbers) {
  const dr::NetworkSpec spec{.inputs = kSize, .layers = {{kHidden, "sigmoid"}, {kSize, "sigmoid"}}};
  dr::NetworkF64 network(spec, dr::Seed{start}, "uniform(1)");  // biases, too
  dr::TrainerF64 trainer(network, {.optimizer = rule, .reduction = dr::Reduction::sum});
  const auto rows = dr::rows(std::span<const double>(numbers), kSize);
  std::vector<double> y(kSize * kSize);
  for (std::size_t epoch = 0; epoch <= kMostEpochs; ++epoch) {
    if (is_learnt(network, rows, y)) return epoch;
    if (!trainer.step(rows, rows)) break;
  }
  return kMostEpochs + 1;
}

Outcome run(const dr::Optimizer& rule, std::size_t starts) {
  const std::vector<double> numbers = patterns();
  Outcome outcome;
  double sum = 0, squares = 0;
  for (std::size_t start = 0; start < starts; ++start) {
    const std::size_t epochs = epochs_of(rule, start, numbers);
    if (epochs > kMostEpochs) continue;
    ++outcome.solved;
    sum += static_cast<double>(epochs);
    squares += static_cast<double>(epochs) * static_cast<double>(epochs);
  }
  const double solved = static_cast<double>(outcome.solved);
  outcome.mean = sum / solved;
  outcome.deviation = std::sqrt(squares / solved - outcome.mean * outcome.mean);
  return outcome;
}

bool is_inside(const Trial& trial, const Outcome& outcome, std::size_t starts) {
  if (trial.expected == 0) return true;
  return std::fabs(outcome.mean / trial.expected - 1) <= kTolerance &&
         static_cast<double>(outcome.solved) >= kFewestSolved * static_cast<double>(starts);
}

}  // namespace

int main(int count, char** arguments) {
  const long asked = count > 1 ? std::strtol(arguments[1], nullptr, 10) : 200;
  const std::size_t starts = asked > 0 ? static_cast<std::size_t>(asked) : 200;
  bool all_inside = true;
  std::printf("%-32s %9s %8s %10s %9s\n", "10-5-10 encoder", "expected", "epochs", "deviation", "solved");
  for (const Trial& trial : kTrials) {
    const Outcome outcome = run(trial.rule, starts);
    const bool inside = is_inside(trial, outcome, starts);
    char expected[16] = "";
    if (trial.expected > 0) std::snprintf(expected, sizeof expected, "%.0f", trial.expected);
    std::printf("%-32s %9s %8.1f %10.1f %4zu/%-4zu %s\n", trial.name, expected, outcome.mean, outcome.deviation,
                outcome.solved, starts,
                trial.expected == 0 ? ""
                : inside            ? "ok"
                                    : "OUTSIDE");
    all_inside = all_inside && inside;
  }
  return all_inside ? 0 : 1;
}
