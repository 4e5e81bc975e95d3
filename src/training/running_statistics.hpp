// Running means and variances of layers that are normalised by batches: each chunk of a batch that is normalised by its
// own statistics moves a copy of them by a tenth of the way, and a step that was taken takes the copy over. So a
// refused step, and slopes that are only asked for, leave no trace. The variance is that of the chunk itself, which is
// what the weights have learnt with.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/aligned.hpp"
#include "network/network.hpp"
#include "network/workspace.hpp"

namespace deltarule::training {

/// How far a chunk moves them.
inline constexpr double kStatisticsMomentum = 0.1;

template <class T>
class RunningStatistics {
 public:
  explicit RunningStatistics(const network::Network<T>& network) {
    if (network.needs_batches()) moved_ = base::AlignedBuffer<T>(network.parameters().size());
  }

  /// For each batch anew.
  void begin(const network::Network<T>& network) {
    for (const network::View& view : network.views())
      if (is_running(view))
        std::copy_n(network.parameters().data() + view.offset, view.size, moved_.data() + view.offset);
  }
  /// After the passes of a chunk, in order: r ← r + 0.1 (s − r).
  void add(const network::Network<T>& network, network::Workspace<T>& workspace) {
    if (!workspace.has_own_statistics()) return;
    for (const network::View& view : network.views()) {
      if (!is_running(view)) continue;
      const auto& chunk = workspace.normalised(view.layer);
      const auto& s = view.kind == network::ParameterKind::running_means ? chunk.means : chunk.variances;
      T* const r = moved_.data() + view.offset;
      for (std::size_t u = 0; u < view.units; ++u) r[u] += static_cast<T>(kStatisticsMomentum) * (s[u] - r[u]);
    }
  }
  /// After a step that was taken.
  void take_over(network::Network<T>& network) const {
    for (const network::View& view : network.views())
      if (is_running(view))
        std::copy_n(moved_.data() + view.offset, view.size, network.parameters().data() + view.offset);
  }

 private:
  [[nodiscard]] static bool is_running(const network::View& view) {
    return view.kind == network::ParameterKind::running_means || view.kind == network::ParameterKind::running_variances;
  }

  base::AlignedBuffer<T> moved_;  // as the flat block; only the places of running statistics are used
};

}  // namespace deltarule::training
