// The 1-5-1 sine: y = sin(πx) at 101 points of [−1, 1] by five tanh units, from 30 starts, with every rule: seconds of
// the thread (on a core of its own, those of the wall) to a mean squared error of 2e-3 and of 1e-6. Rules with a rate
// get the best of a printed grid, on starts of its own. A start that does not get there within so many steps counts as
// 60 s. Exits with 1 when Levenberg-Marquardt is not 4 times as quick as every first-order rule at 2e-3, or gets to
// 1e-6 from fewer than 25 of 30. `bench_sine [--quick]`, pinned to a core: `taskset -c 1`.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "clock.hpp"
#include "deltarule/engine.hpp"

namespace dr = deltarule;

namespace {

constexpr std::size_t kPoints = 101, kHidden = 5;
constexpr double kCoarse = 2e-3, kFine = 1e-6;
constexpr double kMissSeconds = 60.0, kLeastRatio = 4.0;
constexpr std::size_t kTuningSeed = 1000;

/// How long and how often. Steps bound the real time of a miss; what it counts as is kMissSeconds all the same.
struct Effort {
  std::size_t starts = 30, tuning_starts = 5;
  std::size_t steps = 50000, tuning_steps = 20000;
  double least_solved = 25.0 / 30.0;
};
constexpr Effort kQuick{
    .starts = 6, .tuning_starts = 2, .steps = 10000, .tuning_steps = 4000, .least_solved = 4.0 / 6.0};

struct Points {
  std::vector<double> x, t;
};

Points points() {
  Points all;
  for (std::size_t p = 0; p < kPoints; ++p) {
    all.x.push_back(2.0 * static_cast<double>(p) / static_cast<double>(kPoints - 1) - 1.0);
    all.t.push_back(std::sin(std::numbers::pi * all.x.back()));
  }
  return all;
}

/// A rule, and the same at another rate.
struct Contender {
  std::string name;
  dr::Optimizer (*at)(double rate);
  std::vector<double> rates;  // none: there is nothing to tune
  bool first_order = true;
};

template <class Rule>
dr::Optimizer with_rate(double rate) {
  Rule rule;
  rule.learning_rate = rate;
  return rule;
}
template <class Rule>
dr::Optimizer with_first_step(double delta0) {
  Rule rule;
  rule.delta0 = delta0;
  return rule;
}
template <class Rule>
dr::Optimizer as_it_is(double) {
  return Rule{};
}

std::vector<Contender> contenders() {
  const std::vector<double> plain{0.05, 0.1, 0.2, 0.5, 1.0, 2.0}, scaled{0.001, 0.003, 0.01, 0.03, 0.1, 0.3};
  const std::vector<double> first{0.001, 0.01, 0.03, 0.1};
  return {
      {"delta-rule", with_rate<dr::DeltaRule>, plain},
      {"momentum", with_rate<dr::Momentum>, {0.01, 0.02, 0.05, 0.1, 0.2, 0.5}},
      {"nesterov", with_rate<dr::Nesterov>, {0.01, 0.02, 0.05, 0.1, 0.2, 0.5}},
      {"adam", with_rate<dr::Adam>, scaled},
      {"adamw", [](double rate) { return dr::Optimizer(dr::AdamW{.learning_rate = rate, .weight_decay = 0}); }, scaled},
      {"rmsprop", with_rate<dr::RMSProp>, {0.0003, 0.001, 0.003, 0.01, 0.03}},
      {"adagrad", with_rate<dr::Adagrad>, {0.03, 0.1, 0.3, 1.0}},
      {"adadelta", with_rate<dr::Adadelta>, {1.0, 3.0, 10.0, 30.0}},
      {"lion", with_rate<dr::Lion>, {0.0001, 0.0003, 0.001, 0.003, 0.01}},
      {"rprop-", with_first_step<dr::RpropMinus>, first},
      {"rprop+", with_first_step<dr::RpropPlus>, first},
      {"irprop-", with_first_step<dr::IRpropMinus>, first},
      {"irprop+", with_first_step<dr::IRpropPlus>, first},
      {"quickprop", with_rate<dr::Quickprop>, {0.01, 0.03, 0.1, 0.3, 1.0}},
      {"scg", as_it_is<dr::ScaledConjugateGradient>, {}, false},
      {"lbfgs", as_it_is<dr::LBFGS>, {}, false},
      {"lm", as_it_is<dr::LevenbergMarquardt>, {}, false}};
}

/// Seconds and steps until a mean squared error was reached; kMissSeconds where it was not.
struct Reached {
  double seconds = kMissSeconds;
  std::size_t steps = 0;
  bool solved = false;
};
struct Run {
  Reached coarse, fine;
};

/// One start. The step gives half the mean squared error that it began from, so that is what is looked at.
Run run(const dr::Optimizer& rule, std::size_t start, std::size_t most_steps, double goal, const Points& data) {
  const dr::NetworkSpec spec{.inputs = 1, .layers = {{kHidden, "tanh"}, {1, "identity"}}};
  dr::NetworkF64 network(spec, dr::Seed{start}, "uniform(1)");  // biases, too
  dr::TrainerF64 trainer(network, {.optimizer = rule});
  const auto x = dr::rows(std::span<const double>(data.x), 1), t = dr::rows(std::span<const double>(data.t), 1);
  Run reached;
  const double begin = dr::bench::thread_seconds();
  for (std::size_t step = 0; step <= most_steps; ++step) {
    const auto loss = trainer.step(x, t);
    if (!loss) break;
    const double error = 2 * *loss;
    for (auto& [limit, place] : {std::pair{kCoarse, &reached.coarse}, std::pair{kFine, &reached.fine}})
      if (!place->solved && error <= limit) *place = {dr::bench::thread_seconds() - begin, step, true};
    if (error <= goal) break;
  }
  return reached;
}

double mean_seconds(const std::vector<Run>& runs, Reached Run::* which) {
  double sum = 0;
  for (const Run& one : runs) sum += (one.*which).seconds;
  return sum / static_cast<double>(runs.size());
}
double median_seconds(const std::vector<Run>& runs, Reached Run::* which) {
  std::vector<double> all;
  for (const Run& one : runs) all.push_back((one.*which).seconds);
  std::sort(all.begin(), all.end());
  return 0.5 * (all[(all.size() - 1) / 2] + all[all.size() / 2]);
}
std::size_t solved(const std::vector<Run>& runs, Reached Run::* which) {
  return static_cast<std::size_t>(
      std::count_if(runs.begin(), runs.end(), [&](const Run& one) { return (one.*which).solved; }));
}
double mean_steps(const std::vector<Run>& runs, Reached Run::* which) {
  double sum = 0;
  for (const Run& one : runs) sum += static_cast<double>((one.*which).steps);
  return sum / static_cast<double>(std::max<std::size_t>(1, solved(runs, which)));
}

/// The rate with the least mean time to the coarse error, on starts that are not measured.
double tuned(const Contender& one, const Effort& effort, const Points& data) {
  double best = 0, least = 0;
  for (const double rate : one.rates) {
    std::vector<Run> runs;
    for (std::size_t s = 0; s < effort.tuning_starts; ++s)
      runs.push_back(run(one.at(rate), kTuningSeed + s, effort.tuning_steps, kCoarse, data));
    const double seconds = mean_seconds(runs, &Run::coarse);
    if (best == 0 || seconds < least) {
      best = rate;
      least = seconds;
    }
  }
  return best;
}

struct Measured {
  std::string name;
  bool first_order = true;
  double rate = 0;
  std::vector<Run> runs;
};

void print(const Measured& one) {
  char rate[24] = "";
  if (one.rate > 0) std::snprintf(rate, sizeof rate, "%g", one.rate);
  std::printf("%-11s %6s", one.name.c_str(), rate);
  for (Reached Run::* which : {&Run::coarse, &Run::fine})
    std::printf(" | %3zu/%-3zu %8.0f %10.3f %12.1f", solved(one.runs, which), one.runs.size(),
                mean_steps(one.runs, which), 1e3 * median_seconds(one.runs, which),
                1e3 * mean_seconds(one.runs, which));
  std::printf("\n");
  std::fflush(stdout);
}

void print_grid(const std::vector<Contender>& all) {
  std::printf("rates tried (delta0 for the Rprop family):\n");
  for (const Contender& one : all) {
    if (one.rates.empty()) continue;
    std::printf("  %-11s", one.name.c_str());
    for (const double rate : one.rates) std::printf(" %g", rate);
    std::printf("\n");
  }
}

/// True when the promises of Levenberg-Marquardt hold.
bool judge(const std::vector<Measured>& all, const Effort& effort) {
  const Measured& lm = all.back();
  double median_ratio = 0, mean_ratio = 0;
  for (const Measured& one : all) {
    if (!one.first_order) continue;
    const double median = median_seconds(one.runs, &Run::coarse) / median_seconds(lm.runs, &Run::coarse);
    const double mean = mean_seconds(one.runs, &Run::coarse) / mean_seconds(lm.runs, &Run::coarse);
    median_ratio = median_ratio == 0 ? median : std::min(median_ratio, median);
    mean_ratio = mean_ratio == 0 ? mean : std::min(mean_ratio, mean);
  }
  const std::size_t fine = solved(lm.runs, &Run::fine);
  const bool holds = median_ratio >= kLeastRatio && mean_ratio >= kLeastRatio &&
                     static_cast<double>(fine) >= effort.least_solved * static_cast<double>(lm.runs.size());
  std::printf(
      "to 2e-3 the quickest first-order rule takes %.1f times as long as lm (medians), %.1f times (means); "
      "lm gets to 1e-6 from %zu of %zu: %s\n",
      median_ratio, mean_ratio, fine, lm.runs.size(), holds ? "ok" : "OUTSIDE");
  return holds;
}

}  // namespace

int main(int count, char** arguments) {
  const Effort effort = count > 1 && std::strcmp(arguments[1], "--quick") == 0 ? kQuick : Effort{};
  const Points data = points();
  const std::vector<Contender> all = contenders();
  print_grid(all);
  std::printf("%zu starts; a start that takes more than %zu steps counts as %.0f s\n\n", effort.starts, effort.steps,
              kMissSeconds);
  std::printf("%-11s %6s | %7s %8s %10s %12s | %7s %8s %10s %12s\n", "1-5-1 sine", "rate", "to 2e-3", "steps",
              "median ms", "mean ms", "to 1e-6", "steps", "median ms", "mean ms");
  std::vector<Measured> measured;
  for (const Contender& one : all) {
    const double rate = one.rates.empty() ? 0.0 : tuned(one, effort, data);
    Measured now{one.name, one.first_order, rate, {}};
    for (std::size_t start = 0; start < effort.starts; ++start)
      now.runs.push_back(run(one.at(rate), start, effort.steps, kFine, data));
    print(now);
    measured.push_back(std::move(now));
  }
  std::printf("\n");
  return judge(measured, effort) ? 0 : 1;
}
