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

double mean_of(double sum, std::size_t patterns) {
  return patterns == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(patterns);
}

}  // namespace

template <class T>
Evaluation evaluate(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team) {
  const std::size_t outputs = network.outputs();
  Evaluation result{source.size(), outputs, 0.0, {}, {}};
  result.predicted.reserve(source.size() * outputs);
  result.target.reserve(source.size() * outputs);
  double sum = 0;
  for_all_rows(network, source, team, [&](Workspace<T>& workspace, std::size_t row, std::size_t /*pattern*/) {
    sum += workspace.loss(row);
    const auto a = workspace.outputs(), t = workspace.targets();
    for (std::size_t j = 0; j < outputs; ++j) {
      result.predicted.push_back(static_cast<double>(a(row, j)));
      result.target.push_back(static_cast<double>(t(row, j)));
    }
  });
  result.mean_loss = mean_of(sum, source.size());
  return result;
}

template <class T>
double mean_loss(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team) {
  double sum = 0;
  for_all_rows(network, source, team,
               [&](Workspace<T>& workspace, std::size_t row, std::size_t /*pattern*/) { sum += workspace.loss(row); });
  return mean_of(sum, source.size());
}

template <class T>
double total_squared_error(const network::Network<T>& network, const base::PatternSource<T>& source,
                           base::ThreadTeam& team) {
  double sum = 0;
  for_all_rows(network, source, team, [&](Workspace<T>& workspace, std::size_t row, std::size_t /*pattern*/) {
    const auto a = workspace.outputs(), t = workspace.targets();
    for (std::size_t j = 0; j < a.units; ++j) {
      const double d = static_cast<double>(t(row, j)) - static_cast<double>(a(row, j));
      sum += d * d;
    }
  });
  return sum;
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
