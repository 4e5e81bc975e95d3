// The engine in somebody else's program: XOR by every rung of the ladder, and input slopes out of backward().
#include <array>
#include <cmath>
#include <cstdio>
#include <deltarule/engine.hpp>
#include <span>
#include <vector>

namespace dr = deltarule;

namespace {

int faults = 0;

void require(bool holds, const char* what) {
  if (holds) return;
  std::printf("uses_engine: %s\n", what);
  ++faults;
}

const std::vector<float> kInputs = {0, 0, 0, 1, 1, 0, 1, 1};
const std::vector<float> kTargets = {0, 1, 1, 0};

dr::NetworkSpec xor_spec() {
  return {.inputs = 2, .layers = {{.units = 4, .activation = "tanh"}, {.units = 1, .activation = "sigmoid"}}};
}

bool solves_xor(const dr::Network& network) {
  std::vector<float> outputs(4);
  if (!network.predict(dr::rows(std::span<const float>(kInputs), 2), outputs)) return false;
  for (std::size_t p = 0; p < 4; ++p)
    if (std::fabs(outputs[p] - kTargets[p]) > 0.2F) return false;
  return true;
}

void fit_learns_xor() {
  dr::Network network(xor_spec(), dr::Seed{1});
  require(!solves_xor(network), "XOR was solved before training");
  dr::Trainer trainer(network, {.optimizer = dr::Momentum{.learning_rate = 0.5, .momentum = 0.9}});
  const dr::FitResult result =
      trainer.fit(dr::rows(std::span<const float>(kInputs), 2), dr::rows(std::span<const float>(kTargets), 1),
                  {.epochs = 2000, .batch_size = 1, .until_tss = 0.01});
  require(result.reason == dr::StopReason::error_below, "fit did not reach tss < 0.01 in 2000 epochs");
  require(solves_xor(network), "fit did not learn XOR");
}

/// learn_one, and forward with backward(a − t), change the weights by the same bits.
void backward_with_the_textbook_slope_is_learn_one() {
  dr::Network one(xor_spec(), dr::Seed{7});
  dr::Network two(xor_spec(), dr::Seed{7});
  dr::Trainer first(one, {.optimizer = dr::DeltaRule{.learning_rate = 0.5}});
  dr::Trainer second(two, {.optimizer = dr::DeltaRule{.learning_rate = 0.5}});
  const std::span<const float> x(kInputs);
  const std::span<const float> t(kTargets);
  std::array<float, 2> input_slopes{};
  for (std::size_t step = 0; step < 400; ++step) {
    const std::size_t p = step % 4;
    require(first.learn_one(x.subspan(2 * p, 2), t.subspan(p, 1)) == dr::LearnStatus::learned, "learn_one refused");
    const std::span<const float> y = second.forward(x.subspan(2 * p, 2));
    const std::array<float, 1> slope{y[0] - t[p]};
    require(second.backward(slope, input_slopes) == dr::LearnStatus::learned, "backward refused");
  }
  require(one.weights() == two.weights(), "backward(a - t) and learn_one gave different weights");
  require(input_slopes[0] != 0.0F && input_slopes[1] != 0.0F, "no input slopes came out of backward");
}

void a_bad_spec_is_an_exception_with_a_message() {
  try {
    const dr::Network network({.inputs = 2, .layers = {{.units = 1, .activation = "sigmiod"}}}, dr::Seed{1});
    require(false, "an unknown activation was accepted");
  } catch (const dr::Exception& fault) {
    require(fault.error().code == dr::ErrorCode::spec, "an unknown activation is not a spec error");
  }
}

}  // namespace

int main() {
  fit_learns_xor();
  backward_with_the_textbook_slope_is_learn_one();
  a_bad_spec_is_an_exception_with_a_message();
  if (faults == 0) std::printf("uses_engine: ok\n");
  return faults;
}
