#include "training/evaluate.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>

#include "base/floating_point_mode.hpp"
#include "network/passes.hpp"
#include "network/workspace.hpp"

namespace deltarule::training {
namespace {

using network::RowRange;
using network::Workspace;

/// Runs all patterns of a source forward, in order, in chunks whose rows are split over the team, and calls
/// each_row(workspace, row, pattern) for one after the other.
template <class T, class EachRow>
void for_all_rows(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team,
                  const EachRow& each_row) {
  const std::size_t size = source.size();
  const std::size_t capacity = std::min<std::size_t>(size, network::kChunk * team.members());
  Workspace<T> workspace(network, capacity, false);
  std::vector<std::uint32_t> patterns(capacity);
  const network::SettledParameters<T> parameters(network);
  for (std::size_t begin = 0; begin < size; begin += capacity) {
    const std::size_t count = std::min(capacity, size - begin);
    std::iota(patterns.begin(), patterns.end(), static_cast<std::uint32_t>(begin));
    team.split(count, [&](std::size_t first, std::size_t last) {
      const base::FlushDenormals mode;
      const RowRange rows{first, last - first};
      workspace.load(source, std::span<const std::uint32_t>(patterns).subspan(first, rows.count), first);
      network::forward(network, parameters.span(), workspace, rows);
      for (std::size_t r = first; r < last; ++r) workspace.loss(r) = network::loss_of_row(network, workspace, r);
    });
    for (std::size_t r = 0; r < count; ++r) each_row(workspace, r, begin + r);
  }
}

/// Means over patterns, each as often as its weight says. One of weight 0 is not there, whatever its numbers are.
class WeightedSum {
 public:
  void add(double weight, double value) {
    weight_ += weight;
    if (weight != 0) sum_ += weight * value;
  }
  [[nodiscard]] double sum() const { return sum_; }
  [[nodiscard]] double mean() const { return weight_ == 0 ? std::numeric_limits<double>::quiet_NaN() : sum_ / weight_; }

 private:
  double weight_ = 0, sum_ = 0;
};

template <class T>
double weight_of(const base::PatternSource<T>& source, std::size_t pattern) {
  return static_cast<double>(source.weight(pattern));
}

}  // namespace

template <class T>
Evaluation evaluate(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team) {
  const std::size_t outputs = network.outputs();
  Evaluation result{source.size(), outputs, 0.0, {}, {}};
  result.predicted.reserve(source.size() * outputs);
  result.target.reserve(source.size() * outputs);
  WeightedSum loss;
  for_all_rows(network, source, team, [&](Workspace<T>& workspace, std::size_t row, std::size_t pattern) {
    loss.add(weight_of(source, pattern), workspace.loss(row));
    const auto a = workspace.outputs(), t = workspace.targets();
    for (std::size_t j = 0; j < outputs; ++j) {
      result.predicted.push_back(static_cast<double>(a(row, j)));
      result.target.push_back(static_cast<double>(t(row, j)));
    }
  });
  result.mean_loss = loss.mean();
  return result;
}

template <class T>
double mean_loss(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team) {
  WeightedSum loss;
  for_all_rows(network, source, team, [&](Workspace<T>& workspace, std::size_t row, std::size_t pattern) {
    loss.add(weight_of(source, pattern), workspace.loss(row));
  });
  return loss.mean();
}

template <class T>
double total_squared_error(const network::Network<T>& network, const base::PatternSource<T>& source,
                           base::ThreadTeam& team) {
  WeightedSum error;
  for_all_rows(network, source, team, [&](Workspace<T>& workspace, std::size_t row, std::size_t pattern) {
    const auto a = workspace.outputs(), t = workspace.targets();
    for (std::size_t j = 0; j < a.units; ++j) {
      const double d = static_cast<double>(t(row, j)) - static_cast<double>(a(row, j));
      error.add(weight_of(source, pattern), d * d);
    }
  });
  return error.sum();
}

template Evaluation evaluate<float>(const network::Network<float>&, const base::PatternSource<float>&,
                                    base::ThreadTeam&);
template Evaluation evaluate<double>(const network::Network<double>&, const base::PatternSource<double>&,
                                     base::ThreadTeam&);
template double mean_loss<float>(const network::Network<float>&, const base::PatternSource<float>&, base::ThreadTeam&);
template double mean_loss<double>(const network::Network<double>&, const base::PatternSource<double>&,
                                  base::ThreadTeam&);
template double total_squared_error<float>(const network::Network<float>&, const base::PatternSource<float>&,
                                           base::ThreadTeam&);
template double total_squared_error<double>(const network::Network<double>&, const base::PatternSource<double>&,
                                            base::ThreadTeam&);

}  // namespace deltarule::training
