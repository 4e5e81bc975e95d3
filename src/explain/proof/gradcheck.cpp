#include "explain/proof/gradcheck.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "explain/proof/probe.hpp"
#include "explain/step/learner.hpp"
#include "explain/trace/trace.hpp"
#include "network/address.hpp"

namespace deltarule::explain {
namespace {

constexpr double kComplexTolerance = 1e-12, kCentralTolerance = 1e-7, kEngineTolerance = 1e-12;
constexpr std::size_t kMostFailures = 10;

/// Every number that training moves by its slope; running statistics are none.
std::vector<Link> parameters_of(const Subject& subject) {
  std::vector<Link> all;
  const auto& layers = subject.graph.layers();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    for (const base::Block& block : layers[l].blocks)
      for (std::size_t j = 0; j < layers[l].units; ++j)
        for (std::size_t i = 0; i < block.sending; ++i)
          if (block.connected(j, i))
            all.push_back({{block.source, i}, {l + 1, j}, false, block.first_weight + j * block.sending + i});
    for (const base::UnitRow& row : layers[l].rows)
      if (row.kind == base::ParameterKind::biases || row.kind == base::ParameterKind::gains)
        for (std::size_t j = 0; j < layers[l].units; ++j) all.push_back({{}, {l + 1, j}, true, row.first + j});
  }
  return all;
}

/// A probe costs some six forward passes: as many as keep the whole check to some seconds, spread over all parameters.
std::size_t how_many(std::size_t parameters, std::size_t patterns) {
  constexpr double kMultiplyAdds = 2e9, kLeast = 20;
  const double affordable = kMultiplyAdds / (6.0 * static_cast<double>(parameters) * static_cast<double>(patterns));
  return std::min(parameters, static_cast<std::size_t>(std::max(affordable, kLeast)));
}

class Check {
 public:
  Check(const Subject& subject, GradientCheck& result)
      : subject_(subject), trace_(subject, 1.0), probe_(subject), result_(result) {
    for (const auto& layer : trace_.pass().layers)
      for (const double one : layer.delta) largest_ = std::max(largest_, std::fabs(one));
  }

  void parameter(const Link& link) {
    const double slope = trace_.pass().slopes[link.position];
    const double carried = link.bias ? 1.0 : trace_.a(link.from);
    const double scale = std::max({1.0, std::fabs(slope), largest_ * std::max(1.0, std::fabs(carried))});
    const ProbedSlope probed = probe_.E_by_weight(link);
    if (probed.complex_step) {
      ++result_.complex_steps;
      judge("complex step", link.position, slope, *probed.complex_step, kComplexTolerance * scale,
            result_.worst_complex);
    }
    if (!probed.central) {
      ++result_.at_corners;
      return;
    }
    ++result_.central_differences;
    judge("central difference", link.position, slope, *probed.central,
          kCentralTolerance * std::max(scale, std::fabs(trace_.E())), result_.worst_central);
  }

  Result<void> engine() {
    const auto slopes = engine_slopes(subject_);
    if (!slopes) return slopes.error();
    double largest = 1.0;
    for (const double one : trace_.pass().slopes) largest = std::max(largest, std::fabs(one));
    for (const Link& link : parameters_of(subject_)) {
      ++result_.engine_slopes;
      judge("the engine", link.position, trace_.pass().slopes[link.position], (*slopes)[link.position],
            kEngineTolerance * std::max(largest, largest_), result_.worst_engine);
    }
    return {};
  }

 private:
  void judge(const char* by, std::size_t position, double slope, double other, double tolerance, double& worst) {
    const double difference = std::fabs(slope - other);
    worst = std::max(worst, difference / std::max(1.0, std::fabs(slope)));
    if (difference <= tolerance) return;
    ++result_.failed;
    if (result_.failures.size() >= kMostFailures) return;
    result_.failures.push_back(network::weight_address(subject_.graph, position) + ", pattern " +
                               std::to_string(result_.patterns + 1) + ": the derivation has " + std::to_string(slope) +
                               ", " + by + " " + std::to_string(other));
  }

  const Subject& subject_;
  Trace trace_;
  Probe probe_;
  GradientCheck& result_;
  double largest_ = 1.0;
};

}  // namespace

Result<void> check_pattern(const Subject& subject, std::size_t patterns, GradientCheck& result) {
  const std::vector<Link> all = parameters_of(subject);
  result.parameters = all.size();
  result.checked = how_many(all.size(), patterns);
  Check check(subject, result);
  for (std::size_t k = 0; k < result.checked; ++k) check.parameter(all[k * all.size() / result.checked]);
  if (const auto done = check.engine(); !done) return done;
  ++result.patterns;
  return {};
}

}  // namespace deltarule::explain
