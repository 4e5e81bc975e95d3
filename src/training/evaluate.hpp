// What a network makes of patterns, without learning: outputs, targets and the loss, means over weighted patterns. Any
// number of threads gives the same bits. Instantiated for float and double. Measures of quality are in
// network/metrics.hpp.
#pragma once

#include <cstddef>
#include <vector>

#include "base/pattern_source.hpp"
#include "base/thread_team.hpp"
#include "network/metrics.hpp"
#include "network/network.hpp"

namespace deltarule::training {

struct Evaluation {
  std::size_t patterns = 0;
  std::size_t outputs = 0;
  double mean_loss = 0.0;         // Σ weight · E_p / Σ weight, without penalties; NaN for no patterns
  std::vector<double> predicted;  // [patterns × outputs]
  std::vector<double> target;     // [patterns × outputs]
  [[nodiscard]] network::Outputs a() const { return {predicted.data(), patterns, outputs, outputs}; }
  [[nodiscard]] network::Outputs t() const { return {target.data(), patterns, outputs, outputs}; }
};

/// Every pattern of the source, in order.
template <class T>
Evaluation evaluate(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team);

/// Mean of E_p alone, in constant memory.
template <class T>
double mean_loss(const network::Network<T>& network, const base::PatternSource<T>& source, base::ThreadTeam& team);

/// tss = Σ weight · (t−a)² in f64, patterns in order, in constant memory.
template <class T>
double total_squared_error(const network::Network<T>& network, const base::PatternSource<T>& source,
                           base::ThreadTeam& team);

}  // namespace deltarule::training
