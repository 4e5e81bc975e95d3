// replay FILE…: trains each deltarule-case-1 file with the engine in f64 and compares every number that the file
// states. Exit code 0 when every file passes; 1 when a number missed its tolerance; 2 when a file could not be replayed
// at all (damaged, a feature that the engine does not have) or a stated expectation was never compared.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "base/pattern_source.hpp"
#include "case.hpp"
#include "network/address.hpp"
#include "network/network.hpp"
#include "training/evaluate.hpp"
#include "training/trainer.hpp"

namespace replay {
namespace {

using deltarule::training::Evaluation;
using Network = deltarule::network::Network<double>;
using Trainer = deltarule::training::Trainer<double>;

/// Compares, counts, and remembers the worst.
class Comparison {
 public:
  Comparison(double relative, double absolute) : relative_(relative), absolute_(absolute) {}

  void number(double got, double expected, const std::string& what) {
    ++count_;
    const double allowed = absolute_ + relative_ * std::fabs(expected);
    const double deviation = std::fabs(got - expected);
    double fraction = deviation == 0 ? 0 : deviation / allowed;
    if (std::isnan(fraction)) fraction = std::numeric_limits<double>::infinity();
    if (fraction > 1) ++misses_;
    if (fraction <= worst_) return;
    worst_ = fraction;
    char text[160];
    std::snprintf(text, sizeof text, ": got %.17g, expected %.17g", got, expected);
    worst_place_ = what + text;
  }
  /// Something that a case must state and the run be held to, and that was not.
  void never_compared(const std::string& what) { not_compared_.push_back(what); }

  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] std::size_t misses() const { return misses_; }
  [[nodiscard]] double worst() const { return worst_; }
  [[nodiscard]] const std::string& worst_place() const { return worst_place_; }
  [[nodiscard]] const std::vector<std::string>& not_compared() const { return not_compared_; }

 private:
  double relative_, absolute_;
  std::size_t count_ = 0, misses_ = 0;
  double worst_ = 0;
  std::string worst_place_;
  std::vector<std::string> not_compared_;
};

/// The patterns of a case.
class CaseSource final : public deltarule::base::PatternSource<double> {
 public:
  explicit CaseSource(const Case& replayed) : case_(replayed) {}
  [[nodiscard]] std::size_t size() const override { return case_.x.size(); }
  [[nodiscard]] std::size_t inputs() const override { return case_.x[0].size(); }
  [[nodiscard]] std::size_t targets() const override { return case_.t[0].size(); }
  void gather(std::span<const std::uint32_t> patterns, deltarule::base::MatrixView<double> x,
              deltarule::base::MatrixView<double> t) const override {
    for (std::size_t r = 0; r < patterns.size(); ++r) {
      std::copy(case_.x[patterns[r]].begin(), case_.x[patterns[r]].end(), x.row(r));
      std::copy(case_.t[patterns[r]].begin(), case_.t[patterns[r]].end(), t.row(r));
    }
  }

 private:
  const Case& case_;
};

/// One run of a case through the engine.
class Run {
 public:
  Run(const Case& replayed, Network& network, Trainer& trainer, Comparison& comparison)
      : case_(replayed), source_(replayed), network_(network), trainer_(trainer), compare_(comparison) {}

  void all() {
    compare_state(case_.expected.initial, "initial");
    compare_gradient();
    for (std::size_t epoch = 1; epoch <= case_.epochs; ++epoch) {
      run_epoch(epoch);
      after_epoch(epoch);
    }
    if (case_.expected.final) compare_state(*case_.expected.final, "final");
    note_what_never_came();
    const Expected& expected = case_.expected;
    const bool states_learning = expected.first_batch_gradient || !expected.after_step.empty() ||
                                 !expected.after_epoch.empty() || expected.first_below || expected.final;
    if (case_.epochs > 0 && !states_learning) compare_.never_compared("anything that learning changes");
  }

 private:
  std::vector<std::uint32_t> patterns_of(std::size_t epoch) const {
    if (!case_.order.empty()) return case_.order[(epoch - 1) % case_.order.size()];
    std::vector<std::uint32_t> all(case_.x.size());
    std::iota(all.begin(), all.end(), std::uint32_t{0});
    return all;
  }
  std::span<const std::uint32_t> batch(const std::vector<std::uint32_t>& patterns, std::size_t first) const {
    const std::size_t size = case_.batch_size == 0 ? patterns.size() : case_.batch_size;
    return std::span(patterns).subspan(first, std::min(size, patterns.size() - first));
  }

  void run_epoch(std::size_t epoch) {
    const std::vector<std::uint32_t> patterns = patterns_of(epoch);
    for (std::size_t first = 0; first < patterns.size();) {
      const auto now = batch(patterns, first);
      if (const auto loss = trainer_.step(source_, now); !loss)
        throw std::runtime_error("epoch " + std::to_string(epoch) + ": " + loss.error().message());
      first += now.size();
      ++steps_;
      for (const State& state : case_.expected.after_step)
        if (state.when == steps_) compare_state(state, "after_step " + std::to_string(steps_));
    }
  }

  void after_epoch(std::size_t epoch) {
    for (const State& state : case_.expected.after_epoch)
      if (state.when == epoch) compare_state(state, "after_epoch " + std::to_string(epoch));
    const auto& below = case_.expected.first_below;
    if (!below || found_below_) return;
    const double loss = evaluate().mean_loss * static_cast<double>(case_.x.size());
    if (!(loss < below->threshold)) return;
    found_below_ = true;
    // An epoch is right or wrong; no tolerance would make another one right.
    compare_.number(epoch == below->epoch ? 0.0 : std::numeric_limits<double>::infinity(), 0.0,
                    "first_epoch_with_loss_below, epoch " + std::to_string(epoch));
    if (below->loss_sum) compare_.number(loss, *below->loss_sum, "first_epoch_with_loss_below, loss_sum");
  }

  Evaluation evaluate() { return deltarule::training::evaluate(network_, source_, trainer_.team()); }

  void compare_state(const State& state, const std::string& where) {
    if (state.weights) compare_weights(network_.weights(), *state.weights, where);
    if (!state.loss_sum && !state.outputs) return;
    const Evaluation now = evaluate();
    if (state.loss_sum)
      compare_.number(now.mean_loss * static_cast<double>(now.patterns), *state.loss_sum, where + ", loss_sum");
    if (!state.outputs) return;
    for (std::size_t p = 0; p < state.outputs->size(); ++p)
      for (std::size_t j = 0; j < now.outputs; ++j)
        compare_.number(now.a().row(p)[j], (*state.outputs)[p][j],
                        where + ", output y" + std::to_string(j + 1) + " of pattern " + std::to_string(p + 1));
  }

  void compare_weights(const std::vector<double>& got, const std::vector<double>& expected, const std::string& where) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!std::isnan(expected[i]))
        compare_.number(got[i], expected[i], where + ", " + deltarule::network::weight_address(network_.graph(), i));
  }

  void compare_gradient() {
    if (!case_.expected.first_batch_gradient) return;
    const std::vector<std::uint32_t> patterns = patterns_of(1);
    const auto slopes = trainer_.slopes(source_, batch(patterns, 0));
    if (!slopes) throw std::runtime_error("first batch: " + slopes.error().message());
    compare_weights(*slopes, *case_.expected.first_batch_gradient, "first_batch_gradient");
  }

  void note_what_never_came() {
    for (const State& state : case_.expected.after_step)
      if (state.when == 0 || state.when > steps_) compare_.never_compared("after_step " + std::to_string(state.when));
    for (const State& state : case_.expected.after_epoch)
      if (state.when == 0 || state.when > case_.epochs)
        compare_.never_compared("after_epoch " + std::to_string(state.when));
    if (case_.expected.first_below && !found_below_)
      compare_.number(std::numeric_limits<double>::infinity(), 0.0, "first_epoch_with_loss_below never came, epoch");
  }

  const Case& case_;
  CaseSource source_;
  Network& network_;
  Trainer& trainer_;
  Comparison& compare_;
  std::size_t steps_ = 0;
  bool found_below_ = false;
};

template <class T>
T supported(deltarule::Result<T> result) {
  if (!result) throw Unsupported(result.error().message());
  return std::move(result).value();
}

int verdict(const std::string& path, const Comparison& compared) {
  const std::string& place = compared.worst_place();
  if (compared.misses() > 0) {
    std::printf("MISS %s: %zu of %zu comparisons beyond the tolerance, worst %.3g of it at %s\n", path.c_str(),
                compared.misses(), compared.count(), compared.worst(), place.c_str());
    return 1;
  }
  if (compared.count() == 0 || !compared.not_compared().empty()) {
    std::printf("TOO FEW %s: %zu comparisons; never compared: %s\n", path.c_str(), compared.count(),
                compared.not_compared().empty() ? "anything" : compared.not_compared()[0].c_str());
    return 2;
  }
  std::printf("PASS %s: %zu comparisons, worst %.3g of the tolerance\n", path.c_str(), compared.count(),
              compared.worst());
  return 0;
}

int replay_file(const std::string& path) {
  try {
    const Case replayed = read_case(path);
    Network network = supported(Network::create(replayed.network));
    if (const auto set = network.set_weights(replayed.initial); !set) throw Damaged(set.error().message());
    Trainer trainer = supported(Trainer::create(network, replayed.options));
    Comparison compared(replayed.relative, replayed.absolute);
    Run(replayed, network, trainer, compared).all();
    return verdict(path, compared);
  } catch (const Unsupported& unsupported) {
    std::printf("UNSUPPORTED %s: %s\n", path.c_str(), unsupported.what());
    return 2;
  } catch (const Damaged& damaged) {
    std::printf("DAMAGED %s: %s\n", path.c_str(), damaged.what());
    return 2;
  } catch (const std::exception& failed) {
    std::printf("MISS %s: %s\n", path.c_str(), failed.what());
    return 1;
  }
}

}  // namespace
}  // namespace replay

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: replay FILE…   (deltarule-case-1 files; tests/cases/README.md)\n");
    return 2;
  }
  int worst = 0;
  for (int i = 1; i < argc; ++i) worst = std::max(worst, replay::replay_file(argv[i]));
  return worst;
}
