#include "training/rollback.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "base/text.hpp"
#include "kernels/kernels.hpp"
#include "training/evaluate.hpp"
#include "training/updates/registry.hpp"

namespace deltarule::training {
namespace {

Error astray(std::size_t epoch, std::string got, std::string needed) {
  return {ErrorCode::diverged, "epoch " + std::to_string(epoch), std::move(got), std::move(needed),
          "use a lower learning rate, or scale inputs and targets to about 1"};
}

/// The first patterns of a source.
template <class T>
class Beginning final : public base::PatternSource<T> {
 public:
  explicit Beginning(const base::PatternSource<T>& source) : source_(source) {}
  [[nodiscard]] std::size_t size() const override { return std::min(source_.size(), kPatternsOfFirstLoss); }
  [[nodiscard]] std::size_t inputs() const override { return source_.inputs(); }
  [[nodiscard]] std::size_t targets() const override { return source_.targets(); }
  void gather(std::span<const std::uint32_t> patterns, base::MatrixView<T> x, base::MatrixView<T> t) const override {
    source_.gather(patterns, x, t);
  }
  [[nodiscard]] std::span<const T> weights() const override {
    return source_.weights().empty() ? source_.weights() : source_.weights().first(size());
  }

 private:
  const base::PatternSource<T>& source_;
};

}  // namespace

template <class T>
double first_loss(Trainer<T>& trainer, const base::PatternSource<T>& source) {
  const double loss = mean_loss<T>(trainer.network(), Beginning<T>(source), trainer.team());
  return std::isfinite(loss) ? loss : std::numeric_limits<double>::quiet_NaN();
}

double smallest_loss(double first, const FitResult& result) {
  double smallest = std::fmin(std::numeric_limits<double>::infinity(), first);  // NaN is no loss
  for (const EpochReport& report : result.history) smallest = std::fmin(smallest, report.training_loss);
  return smallest;
}

double largest_loss(double first, double smallest) {
  // Losses of the caller's own may be negative; 1 keeps a run that began with hardly any loss from being called astray.
  const double by_smallest = smallest + (kRunawayLoss - 1) * std::fabs(smallest);
  return std::fmax(std::fmax(by_smallest, 1.0), first + std::fabs(first));
}

Error runaway_loss(std::size_t epoch, double loss, double most) {
  return astray(epoch, "a training loss of " + base::rounded(loss),
                "at most " + base::rounded(most) +
                    ": 1000 times the smallest so far, twice that of the first weights, or 1, whichever is most");
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
  return astray(epoch, "weights with a norm of " + base::rounded(norm),
                "at most " + base::rounded(most) + ": a million times what it was at first");
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

template double first_loss<float>(Trainer<float>&, const base::PatternSource<float>&);
template double first_loss<double>(Trainer<double>&, const base::PatternSource<double>&);
template double weight_norm<float>(Trainer<float>&);
template double weight_norm<double>(Trainer<double>&);

}  // namespace deltarule::training
