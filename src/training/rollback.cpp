#include "training/rollback.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.hpp"
#include "kernels/kernels.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

Error astray(std::size_t epoch, std::string got, std::string needed) {
  return {ErrorCode::diverged, "epoch " + std::to_string(epoch), std::move(got), std::move(needed),
          "use a lower learning rate, or scale inputs and targets to about 1"};
}

}  // namespace

double smallest_loss(const FitResult& result) {
  double smallest = std::numeric_limits<double>::infinity();
  for (const EpochReport& report : result.history) smallest = std::fmin(smallest, report.training_loss);
  return smallest;
}

double largest_loss(const FitResult& result, double smallest) {
  if (result.history.empty()) return std::numeric_limits<double>::infinity();
  const double first = result.history.front().training_loss;
  // Losses of the caller's own may be negative.
  return std::max(smallest + (kRunawayLoss - 1) * std::fabs(smallest), first + std::fabs(first));
}

Error runaway_loss(std::size_t epoch, double loss, double most) {
  return astray(
      epoch, "a training loss of " + base::rough(loss),
      "at most " + base::rough(most) + ": 1000 times the smallest so far, or twice the first where that is more");
}

template <class T>
double weight_norm(Trainer<T>& trainer) {
  const network::Network<T>& network = trainer.network();  // makes what is pending
  double sum = 0;
  for (const network::Tile& tile : network.tiles())
    sum +=
        static_cast<double>(kernels::kernels<T>().square_sum(network.parameters().data() + tile.offset, tile.size()));
  return std::isfinite(sum) ? std::sqrt(sum) : std::numeric_limits<double>::infinity();
}

Error runaway_norm(std::size_t epoch, double norm, double most) {
  return astray(epoch, "weights with a norm of " + base::rough(norm),
                "at most " + base::rough(most) + ": a million times what it was at first");
}

bool may_go_back(const FitSettings& settings, const Optimizer& rule, const FitResult& result, const Error& error) {
  return settings.on_divergence == OnDivergence::rollback && error.code == ErrorCode::diverged &&
         !entry_of(rule).together && result.rollbacks.size() < kMostRollbacks;
}

Error given_up(Error error, const FitResult& result) {
  if (result.rollbacks.empty() || error.code != ErrorCode::diverged) return error;
  error.got += ", after going back " + std::to_string(result.rollbacks.size()) + " times, each with half the rate";
  return error;
}

template double weight_norm<float>(Trainer<float>&);
template double weight_norm<double>(Trainer<double>&);

}  // namespace deltarule::training
