// The engine from a translation unit without exceptions and run-time type information: the Result-returning half.
#include <cstdio>
#include <deltarule/engine.hpp>
#include <span>
#include <utility>
#include <vector>

namespace dr = deltarule;

int main() {
  const dr::NetworkSpec spec{.inputs = 2,
                             .layers = {{.units = 4, .activation = "tanh"}, {.units = 1, .activation = "sigmoid"}}};
  auto network = dr::NetworkF64::create(spec, dr::Seed{3});
  if (!network) return 1;
  auto trainer = dr::TrainerF64::create(*network, {.optimizer = dr::DeltaRule{.learning_rate = 0.5}});
  if (!trainer) return 2;

  const std::vector<double> inputs = {0, 0, 0, 1, 1, 0, 1, 1};
  const std::vector<double> targets = {0, 1, 1, 0};
  const auto x = dr::rows(std::span<const double>(inputs), 2);
  const auto t = dr::rows(std::span<const double>(targets), 1);
  const auto result = trainer->try_fit(x, t, {.epochs = 20000, .batch_size = 1, .until_tss = 0.04});
  if (!result || result->reason != dr::StopReason::error_below) return 3;

  if (dr::NetworkF64::create({.inputs = 0}, dr::Seed{3}).ok()) return 4;  // no inputs: an Error, no abort
  if (trainer->try_fit(x, dr::rows(std::span<const double>(targets), 2)).ok()) return 5;  // shapes that do not fit
  std::printf("uses_engine_without_exceptions: ok\n");
  return 0;
}
